# %% [markdown]
# The widths are multiples of the groups, so the work must be one too; what is left is the pair of divisors nearest the
# root. The visible check has small work only: searches that give up pass it. Nor has it many
# groups: a search over all widths up to the root of `work * groups` passes it, and does not end where groups are a million.
# It stands among no wrong answers, since only the clock refuses it.

# %% solution
def balanced(work, groups):
    """Widths (c_in, c_out) with the least memory access, or None."""
    import math

    if work % groups:
        return None
    product = work // groups
    a = math.isqrt(product)
    while product % a:
        a -= 1
    return groups * a, groups * (product // a)

# %% test name="One group" points=1 hint="Try 36, 37 and 38."
import math
import random

from lightnets_edu import checks

for work in [1, 2, 36, 37, 38, 4, 9, 72, 120, 1800, 961, 2 * 961, 37 * 41, 2 * 43 * 47, *random.sample(range(2000, 9000), 8)]:
    widths = balanced(work, 1)
    a = max(d for d in range(1, math.isqrt(work) + 1) if work % d == 0)
    checks.equal(list(widths), [a, work // a])

# %% test name="Several groups" points=1 hint="Which widths do the groups divide? Try work 90 in 5 groups."
import math
import random

from lightnets_edu import checks

for groups in (2, 3, 5, 8, 12):
    for product in [1, 7, 36, *random.sample(range(40, 900), 3)]:
        widths = balanced(groups * product, groups)
        a = max(d for d in range(1, math.isqrt(product) + 1) if product % d == 0)
        checks.equal(list(widths), [groups * a, groups * (product // a)])

# %% test name="None where there is no such layer" points=1 hint="Try work 90 in 4 groups, 3 in 5, 12 in 6."
from lightnets_edu import checks

for work, groups in [(90, 4), (3, 5), (20, 16), (101, 2), (64, 128), (1, 2)]:
    checks.true(balanced(work, groups) is None, f"work {work} in {groups} groups")
checks.equal(list(balanced(12, 6)), [6, 12])
checks.equal(list(balanced(2, 2)), [2, 2])

# %% test name="Much work" points=1 hint="Try a prime near a thousand million, one near four, and a million squared."
from lightnets_edu import checks

cases = {(10**12, 1): [10**6, 10**6], (999_999_937, 1): [1, 999_999_937], (999_983 * 999_979, 1): [999_979, 999_983],
         (8 * 10_007 * 10_009, 8): [8 * 10_007, 8 * 10_009], (2 * 499_979, 1): [2, 499_979],
         (3 * 1009 * 100_003, 3): [3 * 1009, 3 * 100_003], (4_294_967_291, 1): [1, 4_294_967_291],
         (999_983 * 999_979, 999_983): [999_983, 999_983 * 999_979]}  # fmt: skip
for (work, groups), expected in cases.items():
    checks.equal(list(balanced(work, groups)), expected)

# %% right name="over all divisors up to the root"
def balanced(work, groups):
    product, rest = divmod(work, groups)
    if rest:
        return None
    best, a = None, 1
    while a * a <= product:
        if product % a == 0:
            best = [groups * a, work // a]
        a += 1
    return best

# %% right name="from the prime factors"
def balanced(work, groups):
    if work % groups != 0:
        return None
    product = rest = work // groups
    divisors, p = {1}, 2
    while p * p <= rest:
        while rest % p == 0:
            divisors |= {d * p for d in divisors}
            rest //= p
        p += 1
    if rest > 1:
        divisors |= {d * rest for d in divisors}
    a, b = min(((d, product // d) for d in divisors), key=sum)
    return groups * min(a, b), groups * max(a, b)

# %% right name="in floating point, with NumPy"
def balanced(work, groups):
    import numpy as np

    if work % groups:
        return None
    product = work // groups
    candidates = np.arange(1, int(product**0.5) + 2)
    a = candidates[(product % candidates == 0) & (candidates**2 <= product)].max()
    return groups * a, groups * (product / a)

# %% wrong mistake="Looks at widths up to a thousand only; passes the visible check." from="over all divisors up to the root"
# -     while a * a <= product:
# +     while a * a <= product and a <= 1000:

# %% wrong mistake="Gives up a thousand steps below the root; passes the visible check."
def balanced(work, groups):
    import math

    if work % groups:
        return None
    root = math.isqrt(work // groups)
    for a in range(root, max(root - 1000, 0), -1):
        if work // groups % a == 0:
            return groups * a, work // a
    return None

# %% wrong mistake="Leaves the square itself out." from="over all divisors up to the root"
# -     while a * a <= product:
# +     while a * a < product:

# %% wrong mistake="Counts the work of a layer without groups." from="over all divisors up to the root"
# -             best = [groups * a, work // a]
# +             best = [groups * a, groups * (work // a)]

# %% wrong mistake="Lets the groups divide the first width only."
def balanced(work, groups):
    best, a = None, groups
    while a * a <= work * groups:
        if work * groups % a == 0:
            best = (a, work * groups // a)
        a += groups
    return best

# %% wrong mistake="Does not ask that the groups divide the widths."
def balanced(work, groups):
    import math

    a = math.isqrt(work * groups)
    while work * groups % a:
        a -= 1
    return a, work * groups // a

# %% wrong mistake="Rounds the widths where the product has no whole root."
def balanced(work, groups):
    import math

    if work % groups:
        return None
    a = math.isqrt(work // groups)
    return groups * a, groups * -(-work // groups // a)

# %% wrong mistake="Gives the most lopsided pair." from="over all divisors up to the root"
# -         if product % a == 0:
# +         if product % a == 0 and best is None:

# %% wrong mistake="Gives the wider side first." from="over all divisors up to the root"
# -             best = [groups * a, work // a]
# +             best = [work // a, groups * a]

# %% wrong mistake="Refuses primes." from="solution"
# -     return groups * a, groups * (product // a)
# +     return None if a == 1 < product else (groups * a, groups * (product // a))

# %% wrong mistake="Takes the groups away twice." from="solution"
# -     if work % groups:
# -         return None
# -     product = work // groups
# +     if work % groups**2:
# +         return None
# +     product = work // groups**2

# %% wrong mistake="Refuses a layer of one channel a group; passes the visible check." from="solution"
# -     product = work // groups
# +     product = work // groups
# +     if groups > 1 and product == 1:
# +         return None

# %% wrong mistake="Counts in 32 bits; passes the visible check."
def balanced(work, groups):
    if work % groups:
        return None
    product = torch.tensor(work // groups).to(torch.int32)
    a = int(product.clamp(min=1).item() ** 0.5)
    while int(product) % a:
        a -= 1
    return groups * a, groups * (int(product) // a)

# %% wrong mistake="Knows widths that are a power of two times a small number only." from="over all divisors up to the root"
# -         if product % a == 0:
# +         if product % a == 0 and (a & -a) * 33 > a:

# %% wrong mistake="Gives two equal widths wherever there is room."
def balanced(work, groups):
    if work % groups:
        return None
    a = round((work // groups) ** 0.5)
    return groups * a, groups * a

# %% wrong mistake="Deals the prime factors out, each to the smaller side; passes the visible check."
def balanced(work, groups):
    if work % groups:
        return None
    rest, factors, p = work // groups, [], 2
    while p * p <= rest:
        while rest % p == 0:
            factors.append(p)
            rest //= p
        p += 1
    if rest > 1:
        factors.append(rest)
    a, b = 1, 1
    for p in reversed(factors):
        a, b = sorted((a, b))
        a *= p
    return groups * min(a, b), groups * max(a, b)

# %% wrong mistake="Takes the nearest pair, and asks only then whether the groups divide it."
def balanced(work, groups):
    import math

    a = math.isqrt(work * groups)
    while work * groups % a:
        a -= 1
    b = work * groups // a
    return None if a % groups or b % groups else (a, b)
