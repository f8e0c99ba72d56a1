# %% [markdown]
# The cost does not only fall with s: rounding up makes surplus ghosts. So a search by halves is wrong, and so is the
# first s that an approximation gives. With few inputs ghosts are dearer than plain maps; then s = 1 is cheapest.

# %% solution
def fewest_ghosts(c_in, c_out, kernel, d, budget):
    """The smallest s within the budget, or None."""
    for s in range(1, c_out + 1):
        m = -(-c_out // s)
        if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
            return s
    return None

# %% test name="Where s divides the outputs" points=1 hint="Reckon with real numbers: 64 to 128, 1×1 and 3×3. At most the budget: it may be met exactly."
import random

from lightnets_edu import checks

for kernel, d in [(1, 3), (3, 3), (1, 5), (5, 3), (3, 7)]:
    c_in, half = random.randint(60, 200), random.randint(20, 60)
    exact = half * (c_in * kernel**2 + d**2)
    found = fewest_ghosts(c_in, 2 * half, kernel, d, exact)
    checks.equal(found, 2)
    checks.true(not isinstance(found, float), f"got {found}, expected a whole number")
    checks.true(fewest_ghosts(c_in, 2 * half, kernel, d, exact - 1) != 2, "one multiply-add too few is not enough")
    checks.equal(fewest_ghosts(c_in, 2 * half, kernel, d, 2 * half * c_in * kernel**2), 1)
    checks.equal(fewest_ghosts(c_in, 2 * half, kernel, d, 2 * half * c_in * kernel**2 - 1), 2)

# %% test name="Where it does not: surplus ghosts cost too" points=1 hint="How many primary maps has a module with ten outputs and s = 4, and how many ghosts are computed? Does the next s always cost less?"
import random

from lightnets_edu import checks


def cost_of(c_in, c_out, kernel, s, d):
    """Counted map by map."""
    primary = 0
    while primary * s < c_out:
        primary += 1
    return sum(c_in * kernel * kernel + sum(d * d for _ in range(s - 1)) for _ in range(primary))


cases = [(16, 10, 1, 3), (12, 7, 1, 3), (20, 11, 1, 3), (30, 23, 1, 5), (17, 13, 3, 3), (40, 25, 1, 3), (11, 31, 1, 3)]
for _ in range(6):
    cases.append((random.randint(10, 40), random.randint(5, 40), random.choice([1, 3]), random.choice([3, 5])))
for c_in, c_out, kernel, d in cases:
    costs = [cost_of(c_in, c_out, kernel, s, d) for s in range(1, c_out + 1)]
    for budget in {*costs, *(c - 1 for c in costs)}:
        expected = next((s for s, c in enumerate(costs, start=1) if c <= budget), None)
        checks.equal(fewest_ghosts(c_in, c_out, kernel, d, budget), expected)

# %% test name="Nothing fits, or only a single primary map" points=1 hint="Try a budget of 0, and the cost of s = c_out, for many outputs."
import random

from lightnets_edu import checks

for c_out in (1, 2, 12, 13, 64, 300, 3000):
    c_in = random.randint(100, 400)
    least = c_in + (c_out - 1) * 9
    checks.equal(fewest_ghosts(c_in, c_out, 1, 3, 0), None)
    checks.equal(fewest_ghosts(c_in, c_out, 1, 3, least - 1), None)
    found = fewest_ghosts(5000, c_out, 1, 3, 5000 + (c_out - 1) * 9)
    checks.equal(found, c_out)

# %% test name="Few inputs, and large layers" points=1 hint="With four inputs and 1×1 primaries a plain map is cheaper than a ghost. What fits then?"
import random

from lightnets_edu import checks

for c_in, c_out in [(4, 10), (1, 9), (9, 12), (8, 7)]:
    checks.equal(fewest_ghosts(c_in, c_out, 1, 3, c_in * c_out), 1)
    checks.equal(fewest_ghosts(c_in, c_out, 1, 3, c_in * c_out - 1), None)
c_in, c_out = random.randint(500, 900), 960
for s in (2, 3, 4, 5, 6, 8):
    exact = c_out // s * (c_in * 9 + (s - 1) * 25)
    checks.equal(fewest_ghosts(c_in, c_out, 3, 5, exact), s)
checks.equal(fewest_ghosts(70_000, 60_000, 1, 3, 30_000 * 70_009), 2)
for less in (0, 1):    # beyond what single precision tells apart
    checks.equal(fewest_ghosts(9001, 8190, 1, 3, 4095 * 9010 - less), 2 + less)
for c_out, s in [(273, 91), (351, 117), (633, 211)]:    # s divides c_out, though the product with 1/s is not whole
    checks.equal(fewest_ghosts(5000, c_out, 1, 3, 3 * (5000 + (s - 1) * 9)), s)

# %% right name="by building modules and counting"
def fewest_ghosts(c_in, c_out, kernel, d, budget):
    if c_in * c_out * kernel * kernel <= budget:
        return 1
    smallest = budget + 1
    for s in range(2, c_out + 1):
        m = (c_out + s - 1) // s
        smallest = cost.conv_macs(c_in, m, kernel, (1, 1))
        smallest += cost.conv_macs(m, m * (s - 1), d, (1, 1), groups=m)
        if smallest <= budget:
            return s
    return None

# %% right name="with ceil and a list"
def fewest_ghosts(c_in, c_out, kernel, d, budget):
    from math import ceil
    fits = [s for s in range(1, c_out + 1)
            if ceil(c_out / s) * (kernel * kernel * c_in + (s - 1) * d * d) <= budget]
    return min(fits, default=None)

# %% wrong mistake="Rounds the primary maps down." from="solution"
# -         m = -(-c_out // s)
# +         m = c_out // s

# %% wrong mistake="Counts only the ghosts that are kept." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * c_in * kernel**2 + (c_out - m) * d**2 <= budget:

# %% wrong mistake="Takes ghosts for free." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * c_in * kernel**2 <= budget:

# %% wrong mistake="Gives each primary map s ghosts." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel**2 + (s if s > 1 else 0) * d**2) <= budget:

# %% wrong mistake="Gives each primary map one ghost, whatever s." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel**2 + (s > 1) * d**2) <= budget:

# %% wrong mistake="Lets ghosts read all primary maps." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel**2 + m * (s - 1) * d**2) <= budget:

# %% wrong mistake="Takes the kernel's side for its area." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel + (s - 1) * d**2) <= budget:

# %% wrong mistake="Takes the side of the cheap kernel for its area." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel**2 + (s - 1) * d) <= budget:

# %% wrong mistake="Takes both kernels for 3×3 and 1×1." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in + (s - 1) * 9) <= budget:

# %% wrong mistake="Wants less than the budget." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if m * (c_in * kernel**2 + (s - 1) * d**2) < budget:

# %% wrong mistake="Leaves the plain layer out." from="solution"
# -     for s in range(1, c_out + 1):
# +     for s in range(2, c_out + 1):

# %% wrong mistake="Stops before the single primary map." from="solution"
# -     for s in range(1, c_out + 1):
# +     for s in range(1, max(2, c_out)):

# %% wrong mistake="Gives up after s = 12." from="solution"
# -     for s in range(1, c_out + 1):
# +     for s in range(1, min(c_out, 12) + 1):

# %% wrong mistake="Gives up after s = 100." from="solution"
# -     for s in range(1, c_out + 1):
# +     for s in range(1, min(c_out, 100) + 1):

# %% wrong mistake="Tries only an s that divides the outputs." from="solution"
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# +         if c_out % s == 0 and m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:

# %% wrong mistake="Looks for the cheapest s, not the smallest that fits." from="solution"
# -     for s in range(1, c_out + 1):
# -         m = -(-c_out // s)
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# -             return s
# -     return None
# +     costs = {s: -(-c_out // s) * (c_in * kernel**2 + (s - 1) * d**2) for s in range(1, c_out + 1)}
# +     best = min(costs, key=costs.get)
# +     return best if costs[best] <= budget else None

# %% wrong mistake="Searches by halves, as if the cost fell with every s." from="solution"
# -     for s in range(1, c_out + 1):
# -         m = -(-c_out // s)
# -         if m * (c_in * kernel**2 + (s - 1) * d**2) <= budget:
# -             return s
# -     return None
# +     def total(s):
# +         return -(-c_out // s) * (c_in * kernel**2 + (s - 1) * d**2)
# +     if total(1) <= budget:
# +         return 1
# +     low, high = 1, c_out
# +     if total(high) > budget:
# +         return None
# +     while high - low > 1:
# +         middle = (low + high) // 2
# +         low, high = (low, middle) if total(middle) <= budget else (middle, high)
# +     return high

# %% wrong mistake="Says 0 where nothing fits." from="solution"
# -     return None
# +     return 0

# %% wrong mistake="Takes the largest s where nothing fits." from="solution"
# -     return None
# +     return c_out

# %% wrong mistake="Gives a float." from="solution"
# -             return s
# +             return float(s)
