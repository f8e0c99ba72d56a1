# %% [markdown]
# What is held does not always fall with more slices: from one slice to two the sum of the shares comes in, and where
# the output is large two slices hold more than one. Numbers that do not divide are left out; a search that doubles,
# or stops at twelve, passes the visible check.

# %% solution
def fewest_slices(c_in, c_mid, c_out, h, w, stride, budget):
    """The fewest equal slices that keep to the budget, or None."""
    large, small = h * w, -(-h // stride) * -(-w // stride)
    out = c_out * small
    for n in range(1, c_mid + 1):
        if c_mid % n:
            continue
        size = c_mid // n
        held = c_in * large + size * small + max(size * large, out)
        if n > 1:
            held += out
        if held <= budget:
            return n
    return None

# %% test name="Any budget" points=1 hint="Is a budget that is met exactly enough? Which numbers divide 60?"
import random

from lightnets_edu import checks, cost


def fewest(c_in, c_mid, c_out, h, w, stride, budget):
    out = (-(-h // stride), -(-w // stride))
    numbers = [n for n in range(1, c_mid + 1) if c_mid % n == 0]
    return next((n for n in numbers if cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n) <= budget), None)


for c_in, c_mid, c_out, h, w, stride in ((10, 60, 12, 14, 9, 1), (8, 56, 8, 20, 20, 1), (24, 144, 24, 28, 28, 1)):
    out = (-(-h // stride), -(-w // stride))
    for n in (k for k in range(1, c_mid + 1) if c_mid % k == 0):
        peak = cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n)
        for budget in (peak, peak - 1, peak + random.randint(1, 50)):
            checks.equal(fewest_slices(c_in, c_mid, c_out, h, w, stride, budget), fewest(c_in, c_mid, c_out, h, w, stride, budget))

# %% test name="Strides, odd and oblong maps" points=1 hint="Try a map of 9 × 14 with stride 2."
import random

from lightnets_edu import checks, cost


def fewest(c_in, c_mid, c_out, h, w, stride, budget):
    out = (-(-h // stride), -(-w // stride))
    numbers = [n for n in range(1, c_mid + 1) if c_mid % n == 0]
    return next((n for n in numbers if cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n) <= budget), None)


for c_in, c_mid, c_out, h, w in ((16, 96, 24, 9, 14), (5, 45, 7, 13, 5), (12, 72, 20, 31, 11), (4, 30, 6, 7, 7)):
    out = (-(-h // 2), -(-w // 2))
    for n in (k for k in range(1, c_mid + 1) if c_mid % k == 0):
        peak = cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n)
        for budget in (peak, peak - 1):
            checks.equal(fewest_slices(c_in, c_mid, c_out, h, w, 2, budget), fewest(c_in, c_mid, c_out, h, w, 2, budget))

# %% test name="Where more slices hold more" points=1 hint="Try a block that gives more channels than it expands to."
from lightnets_edu import checks, cost


def fewest(c_in, c_mid, c_out, h, w, stride, budget):
    out = (-(-h // stride), -(-w // stride))
    numbers = [n for n in range(1, c_mid + 1) if c_mid % n == 0]
    return next((n for n in numbers if cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n) <= budget), None)


for c_in, c_mid, c_out in ((8, 16, 40), (12, 24, 24), (10, 30, 64), (6, 12, 13), (96, 192, 320)):
    for n in (1, 2, 3, 6, c_mid):
        if c_mid % n == 0:
            peak = cost.inverted_residual_peak(c_in, c_mid, c_out, (8, 6), (8, 6), n)
            for budget in (peak, peak - 1, peak + 1):
                checks.equal(fewest_slices(c_in, c_mid, c_out, 8, 6, 1, budget), fewest(c_in, c_mid, c_out, 8, 6, 1, budget))

# %% right name="with the package's function"
def fewest_slices(c_in, c_mid, c_out, h, w, stride, budget):
    out = (-(-h // stride), -(-w // stride))
    for n in range(1, c_mid + 1):
        if c_mid % n == 0 and cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n) <= budget:
            return n

# %% right name="all numbers, then the smallest"
def fewest_slices(c_in, c_mid, c_out, h, w, stride, budget):
    def held(n):
        small = ((h + stride - 1) // stride) * ((w + stride - 1) // stride)
        size, share = c_mid // n, c_out * small
        return c_in * h * w + (share if n > 1 else 0) + size * small + max(size * h * w, share)

    good = {n for n in range(1, c_mid + 1) if c_mid % n == 0 and held(n) <= budget}
    return min(good) if good else None

# %% wrong mistake="Must stay below the budget." from="solution"
# -         if held <= budget:
# +         if held < budget:

# %% wrong mistake="Takes numbers that do not divide." from="solution"
# -         if c_mid % n:
# -             continue
# -         size = c_mid // n
# +         size = c_mid / n

# %% wrong mistake="Forgets the sum of the shares." from="solution"
# -         if n > 1:
# -             held += out
# +         held += 0

# %% wrong mistake="Holds the sum of the shares with one slice too; passes the visible check." from="solution"
# -         if n > 1:
# -             held += out
# +         held += out

# %% wrong mistake="Forgets the share beside the slice; passes the visible check." from="solution"
# -         held = c_in * large + size * small + max(size * large, out)
# +         held = c_in * large + size * small + size * large

# %% wrong mistake="Lets the input go." from="solution"
# -         held = c_in * large + size * small + max(size * large, out)
# +         held = size * small + max(size * large, out)

# %% wrong mistake="Gives 0 where nothing is enough." from="solution"
# -     return None
# +     return 0

# %% wrong mistake="Looks at no more than twelve slices; passes the visible check." from="solution"
# -     for n in range(1, c_mid + 1):
# +     for n in range(1, min(c_mid, 12) + 1):

# %% wrong mistake="Never comes to slices of one channel; passes the visible check." from="solution"
# -     for n in range(1, c_mid + 1):
# +     for n in range(1, c_mid):

# %% wrong mistake="Goes down from the most slices and stops at the first that is too much; passes the visible check."
def fewest_slices(c_in, c_mid, c_out, h, w, stride, budget):
    best, out = None, (-(-h // stride), -(-w // stride))
    for n in range(c_mid, 0, -1):
        if c_mid % n == 0:
            if cost.inverted_residual_peak(c_in, c_mid, c_out, (h, w), out, n) > budget:
                break
            best = n
    return best

# %% wrong mistake="Rounds the small map down; passes the visible check." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * w, (h // stride) * (w // stride)

# %% wrong mistake="Forgets the stride." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * w, h * w

# %% wrong mistake="Takes every map for a square one." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * h, (-(-h // stride)) ** 2

# %% wrong mistake="Lets the filtered slice go." from="solution"
# -         held = c_in * large + size * small + max(size * large, out)
# +         held = c_in * large + max(size * large, out)
