# %% [markdown]
# Two formulas and a comparison that stays whole. The visible check has square and oblong maps, one stride and one case
# of equality, in the pointwise step and on two positions. A stride of three, equality in the depthwise step, counts
# beyond floating point, and layers whose weights decide are the hidden tests'.

# %% solution
def bounds(c_in, c_out, kernel, h, w, stride, balance):
    """"work", "moving" or "equal" for each step of a separable layer."""
    before = h * w
    after = -(-h // stride) * -(-w // stride)

    def word(macs, moved):
        return "equal" if macs == balance * moved else "work" if macs > balance * moved else "moving"

    filters, weights = kernel * kernel * c_in, c_in * c_out
    return (word(filters * after, c_in * before + filters + c_in * after),
            word(weights * after, c_in * after + weights + c_out * after))

# %% test name="Layers of stride 1" points=1 hint="Try few positions and many channels: weights are moved too."
import random

from lightnets_edu import checks, cost

sizes = [(60, 60, 7, 3, 3), (60, 60, 3, 2, 2)]
for _ in range(25):
    sizes.append((*random.choices(range(1, 300), k=2), random.choice((1, 3, 5, 7)), *random.choices(range(1, 30), k=2)))
for a, b, k, h, w in sizes:
    macs = (cost.conv_macs(a, a, k, (h, w), groups=a), cost.conv_macs(a, b, 1, (h, w)))
    moved = (cost.conv_access(a, a, k, (h, w), (h, w), groups=a), cost.conv_access(a, b, 1, (h, w), (h, w)))
    for balance in (1, 2, 4, 9, 20, 60):
        expected = ["equal" if m == balance * e else "work" if m > balance * e else "moving"
                    for m, e in zip(macs, moved, strict=True)]
        if "equal" not in expected:    # that is the last test's
            checks.equal(list(bounds(a, b, k, h, w, 1, balance)), expected)

# %% test name="Layers with a stride" points=1 hint="Odd sizes, stride 3, and a balance of 1 or 2."
import random

from lightnets_edu import checks, cost

sizes = [(60, 60, 3, h, w, 2) for h, w in ((8, 8), (1, 3), (5, 5), (3, 3))]
for _ in range(25):
    sizes.append((*random.choices(range(1, 200), k=2), random.choice((3, 5, 7)), *random.choices(range(1, 30), k=2),
                  random.choice((2, 3))))
for a, b, k, h, w, stride in sizes:
    out = -(-h // stride), -(-w // stride)
    macs = (cost.conv_macs(a, a, k, out, groups=a), cost.conv_macs(a, b, 1, out))
    moved = (cost.conv_access(a, a, k, (h, w), out, groups=a), cost.conv_access(a, b, 1, out, out))
    for balance in (1, 2, 3, 4, 7, 20, 60):
        expected = ["equal" if m == balance * e else "work" if m > balance * e else "moving"
                    for m, e in zip(macs, moved, strict=True)]
        if "equal" not in expected:
            checks.equal(list(bounds(a, b, k, h, w, stride, balance)), expected)
checks.equal(list(bounds(16, 16, 3, 13, 13, 2, 2)), ["moving", "work"])

# %% test name="As many, exactly" points=1 hint="Whole numbers have no rounding. Can the depthwise step be equal?"
from lightnets_edu import checks

checks.equal(list(bounds(5, 7, 3, 3, 3, 1, 3)), ["equal", "moving"])        # 81 · 5 = 3 · 27 · 5
checks.equal(tuple(bounds(9, 3, 5, 5, 5, 1, 8)), ("work", "moving"))
checks.equal(list(bounds(6, 6, 3, 2, 3, 1, 2))[1], "equal")                 # 216 = 2 · (36 + 36 + 36)
n = 3 * 10**17                                                              # n · n · P = n/3 (2 n P + n n), P = n
checks.equal(list(bounds(n, n, 3, n, 1, 1, n // 3))[1], "equal")
checks.equal(list(bounds(n, n + 1, 3, n, 1, 1, n // 3))[1], "work")
checks.equal(list(bounds(n, n - 1, 3, n, 1, 1, n // 3))[1], "moving")

# %% right name="with the package's formulas"
def bounds(c_in, c_out, kernel, h, w, stride, balance):
    small = (-(-h // stride), -(-w // stride))
    found = []
    for macs, access in (
        (cost.conv_macs(c_in, c_in, kernel, small, groups=c_in),
         cost.conv_access(c_in, c_in, kernel, (h, w), small, groups=c_in)),
        (cost.conv_macs(c_in, c_out, 1, small), cost.conv_access(c_in, c_out, 1, small, small)),
    ):
        found.append({-1: "moving", 0: "equal", 1: "work"}[(macs > balance * access) - (macs < balance * access)])
    return found

# %% right name="with fractions"
def bounds(c_in, c_out, kernel, h, w, stride, balance):
    from fractions import Fraction

    p, q = h * w, ((h + stride - 1) // stride) * ((w + stride - 1) // stride)
    intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
                 Fraction(c_in * c_out * q, c_in * q + c_out * q + c_in * c_out))
    return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity)

# %% wrong mistake="Forgets that weights are moved." from="with fractions"
# -     intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
# -                  Fraction(c_in * c_out * q, c_in * q + c_out * q + c_in * c_out))
# +     intensity = (Fraction(kernel**2 * q, p + q),
# +                  Fraction(c_in * c_out * q, c_in * q + c_out * q))

# %% wrong mistake="Forgets the weights of the depthwise step only." from="with fractions"
# -     intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
# +     intensity = (Fraction(kernel**2 * q, p + q),

# %% wrong mistake="Lets the depthwise step read a small map." from="with fractions"
# -     intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
# +     intensity = (Fraction(kernel**2 * q, q + q + kernel**2),

# %% wrong mistake="Lets the pointwise step read the large map." from="with fractions"
# -                  Fraction(c_in * c_out * q, c_in * q + c_out * q + c_in * c_out))
# +                  Fraction(c_in * c_out * q, c_in * p + c_out * q + c_in * c_out))

# %% wrong mistake="Rounds the small map down." from="with fractions"
# -     p, q = h * w, ((h + stride - 1) // stride) * ((w + stride - 1) // stride)
# +     p, q = h * w, max(1, h // stride) * max(1, w // stride)

# %% wrong mistake="Forgets the stride." from="with fractions"
# -     p, q = h * w, ((h + stride - 1) // stride) * ((w + stride - 1) // stride)
# +     p, q = h * w, h * w

# %% wrong mistake="Divides in floating point." from="with fractions"
# -     intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
# -                  Fraction(c_in * c_out * q, c_in * q + c_out * q + c_in * c_out))
# +     intensity = (kernel**2 * q / (p + q + kernel**2),
# +                  c_in * c_out * q / (c_in * q + c_out * q + c_in * c_out))

# %% wrong mistake="Knows no equality: as many counts as work." from="with fractions"
# -     return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity)
# +     return tuple("work" if i >= balance else "moving" for i in intensity)

# %% wrong mistake="Divides without remainder before it compares." from="with fractions"
# -     return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity)
# +     return tuple("work" if i // 1 > balance else "moving" if i // 1 < balance else "equal" for i in intensity)

# %% wrong mistake="Counts the depthwise step's filters across all channels." from="with fractions"
# -     intensity = (Fraction(kernel**2 * q, p + q + kernel**2),
# +     intensity = (Fraction(c_in * kernel**2 * q, p + q + c_in * kernel**2),

# %% wrong mistake="Gives the pointwise step first." from="with fractions"
# -     return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity)
# +     return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity[::-1])

# %% wrong mistake="Says that a depthwise step is always bound by moving." from="with fractions"
# -     return tuple("work" if i > balance else "moving" if i < balance else "equal" for i in intensity)
# +     i = intensity[1]
# +     return "moving", "work" if i > balance else "moving" if i < balance else "equal"

# %% wrong mistake="Rounds the number of positions up, not each side." from="with fractions"
# -     p, q = h * w, ((h + stride - 1) // stride) * ((w + stride - 1) // stride)
# +     p, q = h * w, -(-h * w // stride**2)
