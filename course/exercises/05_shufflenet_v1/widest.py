# %% solution
def widest(budget, h, w, g):
    """Most channels c of a stride-1 unit within `budget` multiply-adds."""
    per_position = budget // (h * w)
    c, bottleneck = 0, g  # the next width to try is 4g channels, with g in the middle
    while 2 * (4 * bottleneck) * bottleneck // g + 9 * bottleneck <= per_position:
        c = 4 * bottleneck
        bottleneck += g
    return c

# %% test name="Fits, and the next width does not" points=1 hint="Try a map of 7 × 14 positions with g=4, and with g=1."
import random

from lightnets_edu import checks

for groups in (1, 2, 3, 4, 8, random.randint(5, 12)):
    for height, width in ((7, 14), (28, 3), (random.randint(2, 9), random.randint(10, 40))):
        costs = [height * width * groups * k * (8 * k + 9) for k in range(60)]  # of 4 · groups · k channels
        budget = random.randint(costs[1], costs[-1] - 1)
        best = max(k for k in range(60) if costs[k] <= budget)
        checks.equal(widest(budget, height, width, groups), 4 * groups * best)
for groups in (1, 6):
    for k in (400, random.randint(2500, 3000)):  # up to 72,000 channels: no list of widths may end before
        wide = 7 * 14 * groups * k * (8 * k + 9)
        checks.equal(widest(wide + 5, 7, 14, groups), 4 * groups * k)

# %% test name="A budget met to the last multiply-add" points=1 hint="Try exactly the cost of a unit, then one less."
import random

from lightnets_edu import checks

for groups in (1, 2, 3, 4, 8):
    height, width, k = random.randint(3, 15), random.randint(16, 30), random.randint(2, 40)
    exact = height * width * groups * k * (8 * k + 9)
    for budget, steps in ((exact, k), (exact - 1, k - 1), (exact + 1, k)):
        checks.equal(widest(budget, height, width, groups), 4 * groups * steps)

# %% test name="0 when nothing fits" points=1 hint="Try budget=0, then one less than the narrowest unit costs."
import random

from lightnets_edu import checks

for groups in (1, 3, 8, random.randint(4, 7)):
    height, width = random.randint(2, 6), random.randint(7, 12)
    narrowest = 17 * groups * height * width
    for budget in (0, 1, narrowest // 2, narrowest - 1):
        checks.equal(widest(budget, height, width, groups), 0)
    checks.equal(widest(narrowest, height, width, groups), 4 * groups)

# %% right name="by trying widths with the package's own formula"
def widest(budget, h, w, g):
    c = 4 * g
    while cost.shufflenet_unit_macs(h, w, c, c // 4, g) <= budget:
        c += 4 * g
    return c - 4 * g

# %% right name="by halving the interval"
def widest(budget, h, w, g):
    low, high = 0, budget + 1
    while high - low > 1:
        middle = (low + high) // 2
        m = middle * g
        if h * w * (2 * (4 * m) * m // g + 9 * m) <= budget:
            low = middle
        else:
            high = middle
    return low * 4 * g

# %% right name="by the quadratic equation, in whole numbers"
def widest(budget, h, w, g):
    from math import isqrt

    steps = (isqrt(81 + 32 * (budget // (h * w * g))) - 9) // 16
    return 4 * g * steps

# %% right name="by the quadratic equation, in floating point"
def widest(budget, h, w, g):
    # h w (c² / (2g) + 9c / 4) = budget
    root = g * (-9 / 4 + (81 / 16 + 2 * budget / (g * h * w)) ** 0.5)
    return int(root / (4 * g) + 1e-9) * 4 * g

# %% wrong mistake="Takes every map for a square one."
def widest(budget, h, w, g):
    c = 0
    while cost.shufflenet_unit_macs(h, h, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Stops one width early when the budget is met exactly."
def widest(budget, h, w, g):
    c = 0
    while cost.shufflenet_unit_macs(h, w, c + 4 * g, c // 4 + g, g) < budget:
        c += 4 * g
    return c

# %% wrong mistake="Starts from the narrowest unit without asking whether it fits."
def widest(budget, h, w, g):
    c = 4 * g
    while cost.shufflenet_unit_macs(h, w, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Returns the first width that no longer fits." from="by trying widths with the package's own formula"
# -     return c - 4 * g
# +     return c

# %% wrong mistake="Rounds to the nearest width instead of down."
def widest(budget, h, w, g):
    root = g * (-9 / 4 + (81 / 16 + 2 * budget / (g * h * w)) ** 0.5)
    return round(root / (4 * g)) * 4 * g

# %% wrong mistake="Steps by 4 channels, so the groups need not divide the middle."
def widest(budget, h, w, g):
    c = 0
    while h * w * (2 * (c + 4) * (c + 4) // 4 // g + 9 * (c + 4) // 4) <= budget:
        c += 4
    return c

# %% wrong mistake="Counts one of the two 1×1 layers."
def widest(budget, h, w, g):
    c = 0
    while h * w * ((c + 4 * g) ** 2 // (4 * g) + 9 * (c // 4 + g)) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Counts the 3×3 layer as grouped, not as depthwise: the ResNeXt unit."
def widest(budget, h, w, g):
    c = 0
    while cost.resnext_unit_macs(h, w, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Groups one 1×1 layer only."
def widest(budget, h, w, g):
    c = 0
    while h * w * ((c + 4 * g) ** 2 // 4 + (c + 4 * g) ** 2 // (4 * g) + 9 * (c // 4 + g)) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Forgets the size of the map."
def widest(budget, h, w, g):
    c = 0
    while cost.shufflenet_unit_macs(1, 1, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Returns the width of the middle, a quarter of what was asked."
def widest(budget, h, w, g):
    c = 0
    while cost.shufflenet_unit_macs(h, w, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c // 4

# %% wrong mistake="Looks at widths up to three thousand and no further."
def widest(budget, h, w, g):
    widths = range(4 * g, 3000, 4 * g)
    return max((c for c in widths if cost.shufflenet_unit_macs(h, w, c, c // 4, g) <= budget), default=0)

# %% wrong mistake="Says 0 only where there is no budget at all."
def widest(budget, h, w, g):
    if budget == 0:
        return 0
    c = 4 * g
    while cost.shufflenet_unit_macs(h, w, c + 4 * g, c // 4 + g, g) <= budget:
        c += 4 * g
    return c

# %% wrong mistake="Gives up after two thousand widths."
def widest(budget, h, w, g):
    widths = range(0, 8000 * g, 4 * g)
    return max(c for c in widths if cost.shufflenet_unit_macs(h, w, c, c // 4, g) <= budget)

# %% wrong mistake="Counts in 32 bits, in which a wide unit's cost overflows and seems to fit."
def widest(budget, h, w, g):
    middle = g * torch.arange(3100, dtype=torch.int32)
    spent = h * w * (8 * middle * middle // g + 9 * middle)
    return 4 * int(middle[spent <= budget].max())

# %% wrong mistake="Gives the width as text." from="by the quadratic equation, in whole numbers"
# -     return 4 * g * steps
# +     return f"{4 * g * steps}"

# %% wrong mistake="Gives the root itself, a fraction." from="by the quadratic equation, in floating point"
# -     return int(root / (4 * g) + 1e-9) * 4 * g
# +     return 4 * root / 4
