# %% [markdown]
# K > m (a + b) / (a b), strictly, and odd. The visible check has the case of equality, a middle with K = 1 and an odd
# answer after an even bound. It has no large number, no bound that is an even whole number but 2, and no width of 1. The
# hidden tests have bounds that floating point cannot tell from a whole number.

# %% solution
def pays_from(c_in, c_mid, c_out):
    """The smallest odd kernel for which the pair saves weights."""
    kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
    return kernel + (kernel % 2 == 0)

# %% test name="Any widths" points=1 hint="Compare with the number of weights, kernel by kernel."
import random

from lightnets_edu import checks


def searched(a, m, b):
    kernel = 1
    while kernel * m * (a + b) >= kernel * kernel * a * b:
        kernel += 2
    return kernel


cases = [(8, 40, 8), (7, 11, 13), (100, 3, 9), (9, 3, 100), (16, 50, 80), (5, 100, 6), (48, 48, 16), (16, 48, 48)]
cases += [tuple(random.randint(1, 200) for _ in range(3)) for _ in range(30)]
for a, m, b in cases:
    checks.equal(pays_from(a, m, b), searched(a, m, b))

# %% test name="Where both cost the same, and widths of one" points=1 hint="Fewer is not as many: take 6, 6, 6 and 6, 12, 6."
from lightnets_edu import checks

cases = {
    (6, 6, 6): 3, (6, 12, 6): 5, (6, 18, 6): 7, (6, 3, 6): 3, (2, 4, 4): 5, (4, 4, 2): 5, (8, 4, 8): 3, (8, 3, 8): 1, (8, 5, 8): 3,
    (1, 1, 1): 3, (1, 2, 1): 5, (10, 1, 10): 1, (2, 1, 2): 3, (1, 1, 10): 3, (10, 10, 1): 13, (20, 60, 30): 7, (8, 7, 8): 3,
}  # fmt: skip
for widths, expected in cases.items():
    checks.equal(pays_from(*widths), expected)

# %% test name="Large widths" points=1 hint="Fractions lose digits, and a search from 1 takes long. Whole numbers do neither."
import random

from lightnets_edu import checks

million = 10**6
cases = [
    (10**12, 10**12, 10**12), (10**12, 1, 10**12), (1, 10**12, 1), (10**12, 5 * 10**11, 10**12), (10**12, 5 * 10**11 - 1, 10**12),
    (999_999_999_989, 2 * 999_999_999_989, 999_999_999_989), (10**12 - 1, 10**12, 10**12 - 1), (10**12, 10**12 - 1, 10**12),
    (million, 10**12, million + 3), (3, 10**12, 7), (10**12, 10**12, 3),
]  # fmt: skip
cases += [tuple(random.randint(1, 10**12) for _ in range(3)) for _ in range(20)]
# a bound that is less than an odd whole number by 1 / (a b): floating point takes it for that number
for a, b in [(7001, 9000), (9973, 8192), (8999, 7000), (9001, 9002)]:
    m = -pow(a + b, -1, a * b) % (a * b) + (10**12 // (a * b) - 1) * a * b
    while (m * (a + b) + 1) // (a * b) % 2 == 0:
        m -= a * b
    cases.append((a, m, b))
for a, m, b in cases:
    above = m * (a + b) // (a * b) + 1
    checks.equal(pays_from(a, m, b), above if above % 2 else above + 1)

# %% right name="with fractions"
def pays_from(c_in, c_mid, c_out):
    from fractions import Fraction

    bound = c_mid * (Fraction(1, c_in) + Fraction(1, c_out))
    kernel = math.floor(bound) + 1
    if kernel % 2 == 0:
        kernel += 1
    return kernel

# %% right name="by halving an interval"
def pays_from(c_in, c_mid, c_out):
    def saves(half):
        k = 2 * half + 1
        return c_mid * (c_in + c_out) < k * c_in * c_out

    low, high = 0, 1
    while not saves(high):
        high *= 2
    while low < high:
        middle = (low + high) // 2
        if saves(middle):
            high = middle
        else:
            low = middle + 1
    return 2 * low + 1

# %% right name="odd numbers counted"
def pays_from(c_in, c_mid, c_out):
    odd = (c_mid * (c_in + c_out) + c_in * c_out) // (2 * c_in * c_out)
    return 2 * odd + 1

# %% wrong mistake="Takes as many for fewer." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = -(-c_mid * (c_in + c_out) // (c_in * c_out))

# %% wrong mistake="Says that every pair saves from 3 on."
def pays_from(c_in, c_mid, c_out):
    return 3

# %% wrong mistake="Takes the middle for as wide as the output." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = c_out * (c_in + c_out) // (c_in * c_out) + 1

# %% wrong mistake="Takes the middle for as wide as the input." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = c_in * (c_in + c_out) // (c_in * c_out) + 1

# %% wrong mistake="Gives even kernels too." from="solution"
# -     return kernel + (kernel % 2 == 0)
# +     return kernel

# %% wrong mistake="Rounds an even kernel down." from="solution"
# -     return kernel + (kernel % 2 == 0)
# +     return kernel - (kernel % 2 == 0)

# %% wrong mistake="Does not know that K = 1 can save." from="solution"
# -     return kernel + (kernel % 2 == 0)
# +     return max(3, kernel + (kernel % 2 == 0))

# %% wrong mistake="Divides in floating point; passes the visible check." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = math.floor(c_mid / c_in + c_mid / c_out) + 1

# %% wrong mistake="Divides once, in floating point; passes the visible check." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = math.floor(c_mid * (c_in + c_out) / (c_in * c_out)) + 1

# %% wrong mistake="Tries kernel after kernel, and gives up at a hundred; passes the visible check."
def pays_from(c_in, c_mid, c_out):
    for k in range(1, 100, 2):
        if k * c_mid * (c_in + c_out) < k * k * c_in * c_out:
            return k

# %% wrong mistake="Rounds each of the two terms down; passes the visible check." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = c_mid // c_in + c_mid // c_out + 1

# %% wrong mistake="Adds the two widths of the layer, and forgets to multiply them." from="solution"
# -     kernel = c_mid * (c_in + c_out) // (c_in * c_out) + 1  # the smallest above the bound
# +     kernel = c_mid * 2 // (c_in + c_out) + 1
