# %% [markdown]
# K²C / (K² + C) ≥ f means C (K² − f) ≥ f K². Where f ≥ K² no C is enough; else C is f K² / (K² − f), rounded up.
# Floating point misses exact hits: 1 / (1/f − 1/K²) rounded up gives 49 for K = 4, f = 12; a loop that compares
# 1 / (1/C + 1/K²) with f gives 4901 for K = 10, f = 98. K²C / (K² + C) is exact where it is whole, and right.

# %% solution
def least_width(kernel, factor):
    """Fewest output channels that save `factor` times, or None."""
    area = kernel * kernel
    if factor >= area:
        return None
    return -(-factor * area // (area - factor))

# %% test name="Any kernel, any factor" points=1 hint="Try kernel=7, factor=20, and kernel=2, factor=1."
from lightnets_edu import checks

for kernel in (2, 3, 5, 6, 7, 9):
    area = kernel * kernel
    for factor in sorted({1, 2, area // 3, area // 2, area - 1}):
        expected = next(c for c in range(1, area * area + 1) if area * c >= factor * (area + c))
        checks.equal(least_width(kernel, factor), expected)

# %% test name="Factors that are met exactly" points=1 hint="Try kernel=4 with factor=12, and kernel=10 with factor=98."
from lightnets_edu import checks

exact = {(3, 6): 18, (4, 12): 48, (4, 14): 112, (4, 15): 240, (5, 24): 600, (8, 48): 192, (8, 63): 4032, (10, 84): 525}
exact |= {(10, 98): 4900, (10, 99): 9900, (15, 210): 3150, (15, 224): 50400}
for (kernel, factor), width in exact.items():
    checks.equal(least_width(kernel, factor), width)

# %% test name="None where it is never reached" points=1 hint="Try kernel=3 with factor=9, and kernel=1 with factor=1."
from lightnets_edu import checks

for kernel in (3, 4, 7):
    area = kernel * kernel
    checks.equal(least_width(kernel, area - 1), area * (area - 1))
    for factor in (area, area + 1, 5 * area):
        checks.equal(least_width(kernel, factor), None)
for factor in (1, 2, 10):
    checks.equal(least_width(1, factor), None)

# %% right name="by trying one width after another, in whole numbers"
def least_width(kernel, factor):
    k2 = kernel**2
    if factor >= k2:
        return None
    c = 1
    while k2 * c < factor * (k2 + c):
        c += 1
    return c

# %% right name="in floating point, with one division of whole numbers"
def least_width(kernel, factor):
    area = kernel**2
    if factor >= area:
        return None
    c = 1
    while area * c / (area + c) < factor:
        c += 1
    return c

# %% right name="with exact fractions"
def least_width(kernel, factor):
    from fractions import Fraction
    from math import ceil

    left = Fraction(1, factor) - Fraction(1, kernel**2)
    return ceil(1 / left) if left > 0 else None

# %% right name="by asking the package's counts"
def least_width(kernel, factor):
    def saves(c):
        two = cost.conv_macs(1, 1, kernel, 1) + cost.conv_macs(1, c, 1, 1)
        return cost.conv_macs(1, c, kernel, 1) >= factor * two

    limit = kernel**4
    if not saves(limit):
        return None
    low, high = 0, limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if saves(middle) else (middle, high)
    return high

# %% wrong mistake="Compares in floating point: misses factors that are met exactly."
def least_width(kernel, factor):
    if factor >= kernel**2:
        return None
    c = 1
    while 1 / (1 / c + 1 / kernel**2) < factor:
        c += 1
    return c

# %% wrong mistake="Solves in floating point and rounds up."
def least_width(kernel, factor):
    import math

    left = 1 / factor - 1 / kernel**2
    return math.ceil(1 / left) if left > 1e-12 else None

# %% wrong mistake="Asks for more than the factor where reaching it is enough."
def least_width(kernel, factor):
    if factor >= kernel**2:
        return None
    c = 1
    while kernel**2 * c <= factor * (kernel**2 + c):
        c += 1
    return c

# %% wrong mistake="Rounds down."
def least_width(kernel, factor):
    area = kernel**2
    return factor * area // (area - factor) if factor < area else None

# %% wrong mistake="Rounds down and adds one, also where nothing was cut off."
def least_width(kernel, factor):
    area = kernel**2
    return factor * area // (area - factor) + 1 if factor < area else None

# %% wrong mistake="Knows the limit of 3×3 kernels only."
def least_width(kernel, factor):
    if factor >= 9:
        return 17 if kernel == 5 else None
    return -(-factor * 9 // (9 - factor))

# %% wrong mistake="Gives up after a thousand channels, and takes that for never."
def least_width(kernel, factor):
    return next((c for c in range(1, 1001) if kernel**2 * c >= factor * (kernel**2 + c)), None)

# %% wrong mistake="Believes that K² times is reached."
def least_width(kernel, factor):
    area = kernel**2
    if factor > area:
        return None
    if factor == area:
        return area**2
    return -(-factor * area // (area - factor))

# %% wrong mistake="Lets a 1×1 kernel save once, with one channel."
def least_width(kernel, factor):
    area = kernel**2
    if kernel == 1 and factor == 1:
        return 1
    return -(-factor * area // (area - factor)) if factor < area else None

# %% wrong mistake="Leaves the depthwise step out: takes the ratio for 1/C_out."
def least_width(kernel, factor):
    return factor if factor < kernel**2 else None

# %% wrong mistake="Gives up after twenty thousand channels: farther than the visible check goes."
def least_width(kernel, factor):
    return next((c for c in range(1, 20001) if kernel**2 * c >= factor * (kernel**2 + c)), None)

# %% wrong mistake="Rounds to the nearest whole number, which may be the one below." from="solution"
# -     return -(-factor * area // (area - factor))
# +     return round(factor * area / (area - factor))

# %% wrong mistake="Gives the number as text." from="solution"
# -     return -(-factor * area // (area - factor))
# +     return str(-(-factor * area // (area - factor)))

# %% wrong mistake="Says 0 where it is never reached: Python takes 0 and None for False, a caller does not." from="solution"
# -         return None
# +         return 0

# %% wrong mistake="Multiplies in 16 bits, which the product of the factor and a large kernel overflows." from="solution"
# -     return -(-factor * area // (area - factor))
# +     product = torch.tensor(factor, dtype=torch.int16) * area
# +     return -(-int(product) // (area - factor))
