# %% [markdown]
# Three equations in three unknowns. The counts may be too large for floating point, and the middle part or the square
# may be missing. The visible check has counts below a thousand million only, all three parts of one law, and no law
# without a square.

# %% solution
def law(full, half, quarter):
    """The parts (a, b, c) of a α² + b α + c, from three counts."""
    first, second = full - half, half - quarter      # 3a/4 + b/2 and 3a/16 + b/4
    a = 8 * (first - 2 * second) // 3
    b = 2 * first - 3 * a // 2
    return a, b, full - a - b


def count_at(parts, alpha):
    """The cost at another width."""
    a, b, c = parts
    return a * alpha * alpha + b * alpha + c

# %% test name="Laws with all three parts" points=1 hint="Make up a law with whole parts that sixteen divides."
import random

from lightnets_edu import checks

for _ in range(20):
    a, b, c = 16 * random.randint(1, 40_000), 4 * random.randint(1, 90_000), random.randint(1, 5000)
    counts = [int(a / n**2 + b / n + c) for n in (1, 2, 4)]
    parts = law(*counts)
    checks.equal([int(part) for part in parts], [a, b, c])
    checks.true(all(part == int(part) for part in parts), "the parts are not whole")

# %% test name="Very large counts, and parts that are missing" points=1 hint="Try 10²⁰, and laws with one part alone."
import random

from lightnets_edu import checks

big = 16 * random.randint(10**20, 10**21)
odd = random.randint(10**20, 10**21)
laws = [(big, 4 * odd, odd), (0, 4 * odd, odd), (big, 0, odd), (big, 4 * odd, 0), (0, 0, odd), (0, 4 * odd, 0)]
laws += [(big, 0, 0), (0, 0, 0), (8, 2, 3), (8, 10, 0)]
for a, b, c in laws:
    counts = [(a + b * n + c * n * n) // (n * n) for n in (1, 2, 4)]
    if all((a + b * n) % (n * n) == 0 for n in (1, 2, 4)):
        checks.equal([int(part) for part in law(*counts)], [a, b, c])

# %% test name="The cost at another width" points=1 hint="Try α above one, and each part alone."
import random

from lightnets_edu import checks

for alpha in (0.1, 0.3, 0.6, 0.9, 1.4, 2):
    a, b, c = (random.randint(1, 1000) for _ in range(3))
    checks.close(count_at((a, b, c), alpha) + 0.0, a * alpha**2 + b * alpha + c, rel=1e-9, abs=1e-9)
checks.close(count_at((0, 0, 7), 0.5) + 0.0, 7.0)
parts = [0, 6, 0]
checks.close(count_at(parts, 0.5) + 0.0, 3.0)
checks.equal(parts, [0, 6, 0])
checks.close(count_at((10**12 + 1, 10**11 + 3, 7), 2) + 0.0, 4 * 10**12 + 2 * 10**11 + 17.0, rel=1e-9)

# %% right name="by clearing the denominators"
def law(full, half, quarter):
    a = (8 * full - 24 * half + 16 * quarter) // 3
    b = -2 * full + 10 * half - 8 * quarter
    c = (full - 6 * half + 8 * quarter) // 3
    return [a, b, c]


def count_at(parts, alpha):
    return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))

# %% right name="with fractions and elimination"
def law(full, half, quarter):
    from fractions import Fraction

    rows = [[Fraction(1, n * n), Fraction(1, n), Fraction(1), Fraction(v)]
            for n, v in ((1, full), (2, half), (4, quarter))]
    for i in range(3):
        pivot = next(r for r in range(i, 3) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(3):
            if r != i:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i], strict=True)]
    return tuple(int(row[3]) for row in rows)


def count_at(parts, alpha):
    return (parts[0] * alpha + parts[1]) * alpha + parts[2]

# %% wrong mistake="Takes the fixed part for nothing." from="by clearing the denominators"
# -     a = (8 * full - 24 * half + 16 * quarter) // 3
# -     b = -2 * full + 10 * half - 8 * quarter
# -     c = (full - 6 * half + 8 * quarter) // 3
# -     return [a, b, c]
# +     a = 2 * full - 4 * half
# +     return [a, full - a, 0]

# %% wrong mistake="Divides into floating point: large counts lose their last digits." from="by clearing the denominators"
# -     a = (8 * full - 24 * half + 16 * quarter) // 3
# +     a = int((8 * full - 24 * half + 16 * quarter) / 3)
# -     c = (full - 6 * half + 8 * quarter) // 3
# +     c = int((full - 6 * half + 8 * quarter) / 3)

# %% wrong mistake="Solves with NumPy and rounds."
def law(full, half, quarter):
    import numpy as np

    system = [[1 / n**2, 1 / n, 1] for n in (1, 2, 4)]
    return tuple(round(float(v)) for v in np.linalg.solve(system, [full, half, quarter]))

# %% wrong mistake="Gives the parts in the other order." from="by clearing the denominators"
# -     return [a, b, c]
# +     return [c, b, a]

# %% wrong mistake="Takes the last count for that of an eighth of the width."
def law(full, half, quarter):
    first, second = full - half, half - quarter      # 3a/4 + b/2 and 15a/64 + 3b/8
    a = (64 * second - 48 * first) // -21
    b = 2 * first - 3 * a // 2
    return a, b, full - a - b

# %% wrong mistake="Forgets the fixed part at other widths." from="by clearing the denominators"
# -     return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))
# +     return sum(part * alpha**power for part, power in zip(parts[:2], (2, 1), strict=True))

# %% wrong mistake="Lets the fixed part fall with α too." from="by clearing the denominators"
# -     return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))
# +     return (parts[0] * alpha + parts[1] + parts[2]) * alpha

# %% wrong mistake="Refuses widths above one." from="by clearing the denominators"
# -     return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))
# +     alpha = min(alpha, 1)
# +     return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))

# %% wrong mistake="Rounds the cost down to a whole number." from="by clearing the denominators"
# -     return sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True))
# +     return int(sum(part * alpha**power for part, power in zip(parts, (2, 1, 0), strict=True)))

# %% wrong mistake="Takes a part that is missing for a fault." from="by clearing the denominators"
# -     return [a, b, c]
# +     if a == 0 or b == 0:
# +         raise ValueError("no law")
# +     return [a, b, c]
