# %% [markdown]
# All choices are tried: 924 at most. Adding the best map at each step fails where the best single map stands between
# two groups. Numbers are halves and quarters where equality decides, so that sums are exact in any order.

# %% solution
def intrinsic(r2, m):
    """The m maps that make the others best, in rising order."""
    from itertools import combinations

    best, kept = None, None
    for chosen in combinations(range(len(r2)), m):
        others = [j for j in range(len(r2)) if j not in chosen]
        total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
        if best is None or total > best:
            best, kept = total, chosen
    return list(kept)

# %% test name="One map kept: from row to column" points=1 hint="r2[i, j] says how well j is made from i. Make one map that makes all others, and nothing makes it."
import random

import torch
from lightnets_edu import checks

for count, place in [(2, 1), (3, 0), (5, 2), (8, 7), (12, 11), (12, random.randrange(12))]:
    r2 = torch.eye(count)
    r2[place] = 0.5
    r2[place, place] = 1
    r2[(place + 1) % count, place] = 0.25
    checks.equal([int(i) for i in intrinsic(r2, 1)], [place])
    for _ in range(3):
        r2 = torch.rand(count, count).fill_diagonal_(1)
        rows = [sum(float(r2[i, j]) for j in range(count) if j != i) for i in range(count)]
        checks.equal([int(i) for i in intrinsic(r2, 1)], [rows.index(max(rows))])

# %% test name="Several, not one after the other" points=1 hint="Try every choice. The best single map need not be among the best two."
import random
from itertools import combinations

import torch
from lightnets_edu import checks


def expected(r2, m):
    """From numbers in a plain table, a choice at a time."""
    table = r2.tolist()
    count = len(table)
    found = []
    for kept in combinations(range(count), m):
        found.append((-sum(max(table[i][j] for i in kept) for j in set(range(count)) - set(kept)), list(kept)))
    return min(found)[1]


for count, m in [(5, 2), (6, 3), (7, 2), (8, 4), (9, 5), (12, 6), (12, 2), (10, 9), (12, 10), (12, 11)]:
    r2 = (torch.rand(count, count) ** 3).fill_diagonal_(1)
    checks.equal([int(i) for i in intrinsic(r2, m)], expected(r2, m))
for _ in range(4):    # the best single map stands between two groups
    order = torch.randperm(7)
    r2 = torch.eye(7)
    r2[0, 1:] = 0.625
    r2[1, 2:4] = r2[4, 5:] = 1
    r2[1, 0] = r2[4, 0] = 0.75
    r2 = r2[order][:, order]
    checks.equal([int(i) for i in intrinsic(r2, 2)], expected(r2, 2))

# %% test name="Below zero, and equal choices" points=1 hint="The best parent of a map may be worse than its mean; it still counts, with its sign. Which of equal choices comes first?"
from itertools import combinations

import torch
from lightnets_edu import checks

for count in (3, 6, 9):
    for m in range(1, count + 1):
        checks.equal([int(i) for i in intrinsic(torch.eye(count), m)], list(range(m)))
        checks.equal([int(i) for i in intrinsic(3 * torch.eye(count) - 2, m)], list(range(m)))
for count in (4, 7, 12):    # all below zero
    r2 = torch.full((count, count), -2.0)
    r2[count - 2] = -0.25
    checks.equal([int(i) for i in intrinsic(r2.fill_diagonal_(1), 1)], [count - 2])
draw = torch.Generator().manual_seed(7)    # the same for everyone: many ties, which luck should not decide
for count, m in [(4, 1), (4, 2), (5, 3), (6, 2), (7, 3), (8, 4), (8, 2), (6, 5), (5, 2), (7, 2), (6, 3), (8, 3)]:
    r2 = (torch.randint(-12, 5, (count, count), generator=draw) / 4).fill_diagonal_(1)
    table = r2.tolist()
    best = max(
        sum(max(table[i][j] for i in kept) for j in range(count) if j not in kept)
        for kept in combinations(range(count), m)
    )
    first = next(
        list(kept) for kept in combinations(range(count), m)
        if sum(max(table[i][j] for i in kept) for j in range(count) if j not in kept) == best
    )
    checks.equal([int(i) for i in intrinsic(r2, m)], first)
low = torch.full((4, 4), -900.0).fill_diagonal_(1)
low[2] = -800
checks.equal([int(i) for i in intrinsic(low.fill_diagonal_(1), 1)], [2])
draw, met = torch.Generator().manual_seed(3), 0
while met < 4:    # where lists are compared another comes first than where the last numbers are
    r2 = (torch.randint(0, 4, (5, 5), generator=draw) / 8).fill_diagonal_(1)
    table = r2.tolist()
    sums = {kept: sum(max(table[i][j] for i in kept) for j in range(5) if j not in kept) for kept in combinations(range(5), 2)}
    ties = [kept for kept in sums if sums[kept] == max(sums.values())]
    if ties[0] != min(ties, key=lambda kept: kept[::-1]):
        met += 1
        checks.equal([int(i) for i in intrinsic(r2, 2)], list(ties[0]))

# %% test name="Any size and type; the table stays as it was" points=1 hint="Try C = 1, m = C, float64, and look at r2 afterwards."
import torch
from lightnets_edu import checks

checks.equal([int(i) for i in intrinsic(torch.ones(1, 1), 1)], [0])
for dtype in (torch.float32, torch.float64):
    for count, m in [(4, 4), (6, 2), (12, 12), (12, 1)]:
        r2 = torch.rand(count, count, dtype=dtype).fill_diagonal_(1)
        before = r2.clone()
        found = intrinsic(r2, m)
        checks.true(not any(isinstance(i, str) for i in found), f"got {found!r}, expected whole numbers")
        found = [int(i) for i in found]
        checks.equal(r2, before)
        checks.equal((len(found), found), (m, sorted(set(found))))
halves = torch.eye(12)
halves[3, :6] = halves[8, 6:] = 1
checks.equal([int(i) for i in intrinsic(halves, 2)], [3, 8])    # in rising order
fine = torch.eye(4, dtype=torch.float64)
fine[1, 0], fine[2, 0] = 0.5, 0.5 + 1e-12
checks.equal([int(i) for i in intrinsic(fine, 1)], [2])

# %% right name="with tensors"
def intrinsic(r2, m):
    from itertools import combinations
    best = None
    for kept in combinations(range(len(r2)), m):
        rows = r2[list(kept)].double().amax(0)
        rows[list(kept)] = 0
        total = rows.sum().item()
        if best is None or total > best[0]:
            best = total, kept
    return tuple(best[1])

# %% right name="with min over keys"
def intrinsic(r2, m):
    from itertools import combinations
    table = r2.tolist()
    numbers = range(len(table))

    def lost(kept):
        return -sum(max(table[i][j] for i in kept) for j in numbers if j not in kept)

    return list(min(combinations(numbers, m), key=lost))

# %% wrong mistake="Reads the table the other way round." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = sum(max(float(r2[j, i]) for i in chosen) for j in others)

# %% wrong mistake="Adds the best map at each step."
def intrinsic(r2, m):
    kept = []
    for _ in range(m):
        def total(i):
            chosen = [*kept, i]
            return sum(max(float(r2[a, j]) for a in chosen) for j in range(len(r2)) if j not in chosen)
        left = [i for i in range(len(r2)) if i not in kept]
        kept.append(max(left, key=total))
    return sorted(kept)

# %% wrong mistake="Takes the rows with the largest sums."
def intrinsic(r2, m):
    sums = r2.double().sum(1)
    order = sorted(range(len(r2)), key=lambda i: (-float(sums[i]), i))
    return sorted(order[:m])

# %% wrong mistake="Drops the maps that are made best, one after the other."
def intrinsic(r2, m):
    kept = list(range(len(r2)))
    while len(kept) > m:
        def made(j):
            return max(float(r2[i, j]) for i in kept if i != j)
        kept.remove(max(reversed(kept), key=made))
    return kept

# %% wrong mistake="Adds up over parents, though a ghost has one." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = sum(sum(float(r2[i, j]) for i in chosen) for j in others)

# %% wrong mistake="Takes the worst parent." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = sum(min(float(r2[i, j]) for i in chosen) for j in others)

# %% wrong mistake="Looks at the worst ghost only." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = min((max(float(r2[i, j]) for i in chosen) for j in others), default=0)

# %% wrong mistake="Counts what is below zero as nothing." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = sum(max(0, *(float(r2[i, j]) for i in chosen)) for j in others)

# %% wrong mistake="Takes the size of a number, not its sign." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = sum(max(abs(float(r2[i, j])) for i in chosen) for j in others)

# %% wrong mistake="Of equal choices takes the last." from="solution"
# -         if best is None or total > best:
# +         if best is None or total >= best:

# %% wrong mistake="Begins at zero, so finds nothing where all are below." from="solution"
# -     best, kept = None, None
# +     best, kept = 0, range(m)

# %% wrong mistake="Rounds to six digits." from="solution"
# -         total = sum(max(float(r2[i, j]) for i in chosen) for j in others)
# +         total = round(sum(max(float(r2[i, j]) for i in chosen) for j in others), 6)

# %% wrong mistake="Gives the ghosts, not the maps that are kept." from="solution"
# -     return list(kept)
# +     return [j for j in range(len(r2)) if j not in kept]

# %% wrong mistake="Writes into the table." from="solution"
# -     best, kept = None, None
# +     best, kept = None, None
# +     r2.fill_diagonal_(0)

# %% wrong mistake="Makes the table symmetric." from="solution"
# -     best, kept = None, None
# +     best, kept = None, None
# +     r2 = (r2 + r2.T) / 2

# %% wrong mistake="Gives up on more than eight maps." from="solution"
# -     for chosen in combinations(range(len(r2)), m):
# +     for chosen in combinations(range(min(len(r2), max(8, m))), m):
