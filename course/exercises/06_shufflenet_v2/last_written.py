# %% [markdown]
# A list of tags and two slices. `tags[-taken:]` is the trap where nothing is taken; the visible check takes something.
# It has few units, so numbers that overflow pass it.

# %% solution
def last_written(c, taken, units):
    """For each place, the unit that last changed its channel."""
    tags = [0] * c
    for unit in range(1, units + 1):
        tags = tags[:c - taken] + [unit] * taken
        tags = tags[::2] + tags[1::2]
    return tags

# %% test name="Half taken" points=1 hint="Try 12 channels, one unit after another, on paper."
from lightnets_edu import checks

for c, units in [(2, 1), (4, 3), (12, 2), (30, 4), (232, 7), (24, 9)]:
    expected = list(range(-c, 0))    # places of their own, to follow each channel
    for unit in range(1, units + 1):
        expected[c // 2:] = [unit] * (c // 2)
        expected = [expected[k] for k in [*range(0, c, 2), *range(1, c, 2)]]
    checks.equal(list(last_written(c, c // 2, units)), [max(tag, 0) for tag in expected])

# %% test name="Other shares, and odd numbers of channels" points=2 hint="Try 9 channels, 2 taken, four units."
import random

from lightnets_edu import checks

cases = [(9, 2, 4), (15, 14, 3), (7, 3, 5), (40, 10, 6), (33, 1, 8), (10, 7, 2)]
cases += [(c, random.randint(1, c - 1), random.randint(2, 9)) for c in random.sample(range(20, 90), 6)]
for c, taken, units in cases:
    expected = [0] * c
    for unit in range(1, units + 1):
        for place in range(c - taken, c):
            expected[place] = unit
        expected = [expected[k] for k in [*range(0, c, 2), *range(1, c, 2)]]
    checks.equal(list(last_written(c, taken, units)), expected)

# %% test name="Nothing taken, all taken, no unit" points=1 hint="What is tags[-0:]?"
from lightnets_edu import checks

for c, taken, units, expected in [
    (6, 0, 3, [0] * 6), (5, 0, 1, [0] * 5), (6, 6, 3, [3] * 6), (5, 5, 1, [1] * 5), (7, 3, 0, [0] * 7), (1, 1, 2, [2]),
    (1, 0, 2, [0]), (2, 1, 1, [0, 1]),
]:
    checks.equal(list(last_written(c, taken, units)), expected)

# %% test name="Many units, wide stages" points=1 hint="Try 300 units, and 976 channels."
from lightnets_edu import checks

for c, taken, units in [(976, 488, 40), (12, 5, 300), (3, 1, 400), (65, 64, 260), (8, 3, 5000)]:
    expected = [0] * c
    for unit in range(1, units + 1):
        expected[c - taken:] = [unit] * taken
        expected = expected[::2] + expected[1::2]
    checks.equal(list(last_written(c, taken, units)), expected)

# %% right name="with a tensor and an order worked out once"
def last_written(c, taken, units):
    order = torch.tensor([*range(0, c, 2), *range(1, c, 2)])
    tags = torch.zeros(c, dtype=torch.long)
    for unit in range(1, units + 1):
        tags[c - taken:] = unit
        tags = tags[order]
    return tags.tolist()

# %% right name="with `join` where both parts have channels"
def last_written(c, taken, units):
    tags = torch.zeros(1, c, 1, 1)
    for unit in range(1, units + 1):
        short, y = tags[:, :c - taken], torch.full((1, taken, 1, 1), float(unit))
        together = torch.cat([short, y], dim=1)
        tags = join(short, y) if c % 2 == 0 else torch.cat([together[:, ::2], together[:, 1::2]], dim=1)
    return [int(tag) for tag in tags.flatten()]

# %% right name="backwards, place by place"
def last_written(c, taken, units):
    half = (c + 1) // 2    # how many even places there are

    def found(place):
        for unit in range(units, 0, -1):
            place = 2 * place if place < half else 2 * (place - half) + 1
            if place >= c - taken:
                return unit
        return 0

    return [found(place) for place in range(c)]

# %% right name="gives the tensor itself"
def last_written(c, taken, units):
    tags = torch.zeros(c, dtype=torch.long)
    for unit in range(1, units + 1):
        tags[c - taken:] = unit
        tags = torch.cat([tags[::2], tags[1::2]])
    return tags

# %% wrong mistake="Overwrites everything where nothing is taken; passes the visible check."
def last_written(c, taken, units):
    tags = [0] * c
    for unit in range(1, units + 1):
        tags[-taken:] = [unit] * len(tags[-taken:])
        tags = tags[::2] + tags[1::2]
    return tags

# %% wrong mistake="Brings the odd places first." from="solution"
# -         tags = tags[::2] + tags[1::2]
# +         tags = tags[1::2] + tags[::2]

# %% wrong mistake="Shuffles in V1's order, the inverse."
def last_written(c, taken, units):
    tags = [0] * c
    for unit in range(1, units + 1):
        tags = tags[:c - taken] + [unit] * taken
        half = (c + 1) // 2
        dealt = [0] * c
        dealt[::2], dealt[1::2] = tags[:half], tags[half:]
        tags = dealt
    return tags

# %% wrong mistake="Works on the first channels in place of the last." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# +         tags = [unit] * taken + tags[taken:]

# %% wrong mistake="Mixes up what is taken and what passes by." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# +         tags = tags[:taken] + [unit] * (c - taken)

# %% wrong mistake="Takes a half, whatever it is told." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# +         tags = tags[:c - c // 2] + [unit] * (c // 2)

# %% wrong mistake="Counts the units from 0." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# +         tags = tags[:c - taken] + [unit - 1] * taken

# %% wrong mistake="Says how many units ago, not which one." from="solution"
# -     return tags
# +     return [units - tag for tag in tags]

# %% wrong mistake="Does not shuffle after the last unit." from="solution"
# -         tags = tags[::2] + tags[1::2]
# +         if unit < units:
# +             tags = tags[::2] + tags[1::2]

# %% wrong mistake="Shuffles before the unit." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# -         tags = tags[::2] + tags[1::2]
# +         tags = tags[::2] + tags[1::2]
# +         tags = tags[:c - taken] + [unit] * taken

# %% wrong mistake="Counts in eight bits, which overflow after 127 units; passes the visible check." from="with a tensor and an order worked out once"
# -     tags = torch.zeros(c, dtype=torch.long)
# +     tags = torch.zeros(c, dtype=torch.int8)
# -         tags[c - taken:] = unit
# +         tags[c - taken:] = unit % 128

# %% wrong mistake="Loses the last channel of an odd number." from="solution"
# -         tags = tags[::2] + tags[1::2]
# +         tags = tags[:c // 2 * 2:2] + tags[1::2]

# %% wrong mistake="Looks at ten units and no more; passes the visible check." from="solution"
# -     for unit in range(1, units + 1):
# +     for unit in range(1, min(units, 10) + 1):

# %% wrong mistake="Says where channels came from, not who wrote them." from="solution"
# -     tags = [0] * c
# +     tags = list(range(c))

# %% wrong mistake="Keeps a tag that was written once; passes no check with two units." from="solution"
# -         tags = tags[:c - taken] + [unit] * taken
# +         tags = tags[:c - taken] + [tag or unit for tag in tags[c - taken:]]

# %% wrong mistake="Refuses a stage in which nothing passes by; passes the visible check." from="solution"
# -     tags = [0] * c
# +     tags = [0] * c
# +     assert taken < c

# %% wrong mistake="Calls itself for the unit before, too deep for thousands; passes the visible check."
def last_written(c, taken, units):
    if units == 0:
        return [0] * c
    tags = last_written(c, taken, units - 1)
    tags = tags[:c - taken] + [units] * taken
    return tags[::2] + tags[1::2]

# %% wrong mistake="Ends as soon as each channel has been written once; passes the visible check." from="solution"
# -         tags = tags[::2] + tags[1::2]
# +         tags = tags[::2] + tags[1::2]
# +         if 0 not in tags:
# +             break

# %% wrong mistake="Takes a half of an even number, whatever it is told; passes the visible check." from="solution"
# -     tags = [0] * c
# +     tags = [0] * c
# +     taken = taken if c % 2 else c // 2
