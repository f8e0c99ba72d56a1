# %% [markdown]
# Choosing and judging on the same draws flatters the winner. The task is the split, the pairs, and that "not told apart" and
# "worse" both mean: not shown to be better. The visible check has lists of four and six.

# %% solution
def fair_winner(accuracies):
    """The winner on the first half, and who is not beaten on the other."""
    half = len(next(iter(accuracies.values()))) // 2
    best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
    others = []
    for name in accuracies:
        if name != best:
            found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
            if found.words("better", "", "") != "better":
                others.append(name)
    return best, others

# %% test name="The choice" points=1 hint="Only the first half counts, and its mean: not its best value, not the whole."
from lightnets_edu import checks

cases = [
    ({"a": [.5, .7, .1, .1], "b": [.59, .59, .9, .9], "c": [.4, .4, .4, .4]}, "a"),
    ({"a": [.9, .1, .5, .6], "b": [.6, .6, .5, .6]}, "b"),
    ({"z": [.50, .51, .52, .9, .9, .8], "y": [.53, .5, .53, .1, .1, .2], "x": [.1, .9, .1, .9, .9, .9]}, "y"),
    ({"one": [.2, .3, .9, .8]}, "one"),
    ({"near": [.801, .801, .1, .1], "top": [.804, .804, .1, .2]}, "top"),
    ({"k": [.9, .9, .1, .1, .5, .6, .5, .6], "l": [.7, .7, .7, .7, .5, .6, .6, .5]}, "l"),
    ({"near": [.8012, .8012, .1, .1], "top": [.8014, .8014, .1, .2]}, "top"),
    ({"none": [0, 0, .1, .2], "nothing": [0, 0, .3, .1]}, "none"),
    ({"up": [.9, .3, .5, .5, .6, .7], "down": [.3, .5, .9, .5, .6, .7]}, "up"),    # equal, by verdict.mean
    ({"down": [.3, .5, .9, .5, .6, .7], "up": [.9, .3, .5, .5, .6, .7]}, "down"),
    ({"p": [.7, .7, .7, .7, .1, .1, .1, .2], "q": [.7, .7, .7, .69, .9, .9, .9, .8]}, "p"),
]
for given, expected in cases:
    checks.equal(fair_winner(given)[0], expected)

# %% test name="The judgement, in pairs" points=1 hint="Pairs of the same seed: a small gap that is there each time is enough, the same numbers in another order are not."
import random

from lightnets_edu import checks, verdict

for seed in range(12):
    draw = random.Random(seed)
    n = draw.choice((4, 6, 10, 20))
    level = [draw.uniform(.5, .9) for _ in range(n)]
    given = {"best": [v + .05 for v in level]}
    for i, gap in enumerate((.0, .002, .01, .03, .06)):
        given[f"c{i}"] = [v + .02 - gap + draw.gauss(0, .006) for v in level]
    given["mixed"] = level[: n // 2] + [v + .05 for v in draw.sample(level[n // 2:], n // 2)]
    shift = [v + .03 for v in draw.sample(level[n // 2:], n // 2)]
    given["shuffled"] = level[: n // 2] + shift
    given["ahead"] = level[: n // 2] + [v + .08 + draw.gauss(0, .0005) for v in level[n // 2:]]
    half = n // 2
    expected = [name for name in given if name != "best"
                and verdict.paired(given["best"][half:], given[name][half:]).low <= 0]
    name, others = fair_winner(given)
    checks.equal((name, list(others)), ("best", expected))

# %% test name="Worse is not better, and equal is not" points=1 hint="A winner may be beaten on the second half: those who beat it belong to the list as well. Where all is equal nothing is shown."
from lightnets_edu import checks

given = {"low": [.1, .1, .1, .9, .91, .9], "win": [.9, .9, .9, .5, .51, .5], "same": [.8, .8, .8, .5, .51, .5],
         "beaten": [.8, .8, .8, .4, .41, .4], "other": [.7, .7, .7, .2, .51, .8]}  # fmt: skip
name, others = fair_winner(given)
checks.equal((name, list(others)), ("win", ["low", "same", "other"]))
name, others = fair_winner({"a": [.5, .5, .5, .5], "b": [.5, .5, .5, .5]})
checks.equal((name, list(others)), ("a", ["b"]))
name, others = fair_winner({"b": [.6, .4, .7, .71], "a": [.4, .6, .6, .609], "c": [.5, .5, .1, .2]})
checks.equal((name, list(others)), ("b", ["c"]))

# %% test name="All at their places, left as they were" points=1 hint="The order of the dict, also when the winner stands last; print accuracies before and after."
from copy import deepcopy

from lightnets_edu import checks

given = {"e": [.2, .2, .3, .31], "d": [.1, .1, .3, .29], "z": [.15, .1, .1, .1], "w": [.9, .9, .3, .3], "a": [.1, .2, .3, .3]}
before = deepcopy(given)
name, others = fair_winner(given)
checks.equal((name, list(others)), ("w", ["e", "d", "a"]))
checks.equal(given, before)
checks.equal(list(given), list(before))
name, others = fair_winner({"wide": [.4, .4, .6, .7], "wider": [.5, .5, .6, .7], "wid": [.4, .4, .5, .71]})
checks.equal((name, list(others)), ("wider", ["wide", "wid"]))
name, others = fair_winner({"only": [.1, .2, .3, .4]})
checks.equal((name, list(others)), ("only", []))
# twenty candidates that are equal but for luck: the second half is asked, not the first
lucky = {f"n{i:02}": [.5 + .01 * i, .5 + .01 * i, .6, .6] for i in range(20)}
name, others = fair_winner(lucky)
checks.equal((name, list(others)), ("n19", [f"n{i:02}" for i in range(19)]))

# %% right name="by the interval's lower end"
def fair_winner(accuracies):
    names = list(accuracies)
    n = len(accuracies[names[0]]) // 2
    means = [verdict.mean(accuracies[name][:n]) for name in names]
    best = names[means.index(max(means))]
    return best, [name for name in names if name != best and verdict.paired(
        accuracies[best][n:], accuracies[name][n:]).low <= 0]

# %% right name="the other way round, as a tuple"
def fair_winner(accuracies):
    best, top = None, None
    for name, values in accuracies.items():
        first = values[:len(values) // 2]
        mean = sum(first) / len(first)
        if top is None or mean > top + 1e-12:
            best, top = name, mean
    kept = []
    for name, values in accuracies.items():
        half = len(values) // 2
        if name is not best:
            less = verdict.paired(values[half:], accuracies[best][half:])
            if less.high >= 0:
                kept.append(name)
    return [best, tuple(kept)]

# %% wrong mistake="Chooses on all seeds; passes the visible check." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name]))

# %% wrong mistake="Chooses on the second half." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][half:]))

# %% wrong mistake="Chooses the highest single value; passes the visible check." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = max(accuracies, key=lambda name: max(accuracies[name][:half]))

# %% wrong mistake="Judges on the seeds that chose." from="solution"
# -             found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
# +             found = verdict.paired(accuracies[best][:half], accuracies[name][:half])

# %% wrong mistake="Judges on all seeds; passes the visible check." from="solution"
# -             found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
# +             found = verdict.paired(accuracies[best], accuracies[name])

# %% wrong mistake="Chooses on the even seeds and judges on the odd ones." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][::2]))
# -             found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
# +             found = verdict.paired(accuracies[best][1::2], accuracies[name][1::2])

# %% wrong mistake="Leaves out those that beat the winner; passes the visible check." from="solution"
# -             if found.words("better", "", "") != "better":
# +             if found.words("better", "worse", "") == "":

# %% wrong mistake="Gives those that are beaten." from="solution"
# -             if found.words("better", "", "") != "better":
# +             if found.words("better", "", "") == "better":

# %% wrong mistake="Takes the sign of the mean for a verdict." from="solution"
# -             if found.words("better", "", "") != "better":
# +             if found.mean <= 0:

# %% wrong mistake="Counts the winner among those that are not beaten." from="solution"
# -         if name != best:
# +         if True:

# %% wrong mistake="Breaks the pairs: sorts each list; passes the visible check." from="solution"
# -             found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
# +             found = verdict.paired(sorted(accuracies[best][half:]), sorted(accuracies[name][half:]))

# %% wrong mistake="Sorts the lists of names by themselves; passes the visible check." from="solution"
# -     return best, others
# +     return best, sorted(others)

# %% wrong mistake="Takes the last of equal means." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = max(reversed(list(accuracies)), key=lambda name: verdict.mean(accuracies[name][:half]))

# %% wrong mistake="Takes the name that comes first in the alphabet among equal means; passes the visible check." from="solution"
# -     best = max(accuracies, key=lambda name: verdict.mean(accuracies[name][:half]))
# +     best = min(accuracies, key=lambda name: (-verdict.mean(accuracies[name][:half]), name))

# %% wrong mistake="Asks for an interval of nine tenths; passes the visible check." from="solution"
# -             found = verdict.paired(accuracies[best][half:], accuracies[name][half:])
# +             found = verdict.paired(accuracies[best][half:], accuracies[name][half:], level=0.9)

# %% wrong mistake="Takes the winner out of the dict and puts it back at the end; passes the visible check." from="solution"
# -     others = []
# +     others, accuracies[best] = [], list(accuracies[best])
# +     winner = accuracies.pop(best)
# +     accuracies[best] = winner
