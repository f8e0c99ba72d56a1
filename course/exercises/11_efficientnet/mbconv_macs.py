# %% [markdown]
# Five layers on two maps: the 1×1 layers on the map before and behind, the depthwise one on the map behind, squeeze-and-excite
# on one position, from a quarter of the block's input, rounded down, and at least one.

# %% solution
def mbconv_macs(c_in, c_out, kernel, stride, expansion, h, w):
    """Multiply-adds of an MBConv block on a map of h × w."""
    wide = c_in * expansion
    after = (h + stride - 1) // stride * ((w + stride - 1) // stride)
    expand = h * w * c_in * wide if expansion > 1 else 0
    depthwise = after * kernel * kernel * wide
    squeeze = 2 * wide * max(1, c_in // 4)
    project = after * wide * c_out
    return expand + depthwise + squeeze + project

# %% test name="Blocks of B0 to B7" points=1 hint="Take the blocks of a network, and the map that each of them reads."
from lightnets_edu import checks

for c_in, c_out, k, s, t, side in [(32, 16, 3, 1, 1, 112), (16, 24, 3, 2, 6, 112), (24, 24, 3, 1, 6, 56), (24, 40, 5, 2, 6, 56),
                                   (80, 112, 5, 1, 6, 14), (112, 192, 5, 2, 6, 14), (192, 320, 3, 1, 6, 7), (640, 640, 3, 1, 6, 19)]:  # fmt: skip
    wide, after = t * c_in, -(-side // s)
    expected = after**2 * wide * (k * k + c_out) + 2 * wide * (c_in // 4) + (side**2 * c_in * wide if t > 1 else 0)
    checks.equal(mbconv_macs(c_in, c_out, k, s, t, side, side), expected)

# %% test name="Oblong maps, odd sides" points=1 hint="Which layers see the map before the stride, which behind it? 15 becomes 8."
import random

from lightnets_edu import checks

for _ in range(30):
    c_in, c_out = random.sample(range(4, 200), 2)
    k, s, t = random.choice((1, 3, 5, 7)), random.choice((1, 2)), random.randrange(2, 9)
    h, w = random.sample(range(1, 60), 2)
    wide, after = t * c_in, ((h - 1) // s + 1) * ((w - 1) // s + 1)
    expected = h * w * c_in * wide + after * k * k * wide + 2 * wide * (c_in // 4) + after * wide * c_out
    checks.equal(mbconv_macs(c_in, c_out, k, s, t, h, w), expected)

# %% test name="No expansion" points=1 hint="With an expansion of 1 the first layer is not there; all others are."
import random

from lightnets_edu import checks

for _ in range(20):
    c_in, c_out = random.sample(range(4, 200), 2)
    k, s = random.choice((3, 5)), random.choice((1, 2))
    h, w = random.sample(range(2, 60), 2)
    after = (-(-h // s)) * (-(-w // s))
    checks.equal(mbconv_macs(c_in, c_out, k, s, 1, h, w), after * c_in * (k * k + c_out) + 2 * c_in * (c_in // 4))
    checks.equal(mbconv_macs(c_in, c_in, k, 1, 1, h, w), h * w * c_in * (k * k + c_in) + 2 * c_in * (c_in // 4))

# %% test name="What is squeezed, and large numbers" points=1 hint="A quarter of the block's input, rounded down, at least one: 1, 3, 5, 7 and 10 channels."
from lightnets_edu import checks

for c_in, narrow in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 2), (10, 2), (11, 2), (13, 3), (40, 10), (1001, 250)]:
    for t in (1, 2, 6):
        wide = t * c_in
        expected = 9 * wide + 2 * wide * narrow + wide * 5 + (c_in * wide if t > 1 else 0)
        checks.equal(mbconv_macs(c_in, 5, 3, 1, t, 1, 1), expected)
c = 999_983
big = mbconv_macs(c, c + 1, 3, 2, 6, 1_000_001, 3)
checks.equal(big, 1_000_001 * 3 * 6 * c * c + 500_001 * 2 * 6 * c * (9 + c + 1) + 12 * c * 249_995)
checks.equal(mbconv_macs(4, 6, 3, 1, 1, 2_000_000, 1_000_000), 2 * 10**12 * 4 * 15 + 8)    # by formula, not place by place

# %% right name="layer by layer with the package's function"
def mbconv_macs(c_in, c_out, kernel, stride, expansion, h, w):
    wide, out = c_in * expansion, (-(-h // stride), -(-w // stride))
    total = 0
    if expansion != 1:
        total += cost.conv_macs(c_in, wide, 1, (h, w))
    total += cost.conv_macs(wide, wide, kernel, out, groups=wide)
    narrow = c_in // 4 or 1
    total += cost.conv_macs(wide, narrow, 1, 1) + cost.conv_macs(narrow, wide, 1, 1)
    return total + cost.conv_macs(wide, c_out, 1, out)

# %% right name="a list of layers"
def mbconv_macs(c_in, c_out, kernel, stride, expansion, h, w):
    wide = c_in * expansion
    before, behind = h * w, len(range(0, h, stride)) * len(range(0, w, stride))
    narrow = max(c_in // 4, 1)
    layers = [(wide * kernel**2, behind), (wide * narrow, 1), (narrow * wide, 1), (wide * c_out, behind)]
    if expansion > 1:
        layers.insert(0, (c_in * wide, before))
    return sum(weights * positions for weights, positions in layers)

# %% wrong mistake="Leaves squeeze-and-excite out." from="solution"
# -     return expand + depthwise + squeeze + project
# +     return expand + depthwise + project

# %% wrong mistake="Squeezes to a quarter of the expanded channels." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * max(1, wide // 4)

# %% wrong mistake="Squeezes to a quarter of the output." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * max(1, c_out // 4)

# %% wrong mistake="Counts the squeeze once, not the way back." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = wide * max(1, c_in // 4)

# %% wrong mistake="Lets squeeze-and-excite work at every position." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * max(1, c_in // 4) * after

# %% wrong mistake="Rounds the quarter to the nearest; passes the visible check." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * max(1, int(c_in / 4 + 0.25))

# %% wrong mistake="Rounds the quarter to eights, as channels are." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * round_channels(c_in / 4)

# %% wrong mistake="Rounds the quarter up." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * -(-c_in // 4)

# %% wrong mistake="Squeezes three channels to none." from="solution"
# -     squeeze = 2 * wide * max(1, c_in // 4)
# +     squeeze = 2 * wide * (c_in // 4)

# %% wrong mistake="Counts the first layer at an expansion of 1 as well." from="solution"
# -     expand = h * w * c_in * wide if expansion > 1 else 0
# +     expand = h * w * c_in * wide

# %% wrong mistake="Lets the first layer work on the map behind the stride." from="solution"
# -     expand = h * w * c_in * wide if expansion > 1 else 0
# +     expand = after * c_in * wide if expansion > 1 else 0

# %% wrong mistake="Lets the depthwise layer work on the map before the stride." from="solution"
# -     depthwise = after * kernel * kernel * wide
# +     depthwise = h * w * kernel * kernel * wide

# %% wrong mistake="Cuts odd sides down." from="solution"
# -     after = (h + stride - 1) // stride * ((w + stride - 1) // stride)
# +     after = h // stride * (w // stride)

# %% wrong mistake="Rounds the product of the sides up, not each side." from="solution"
# -     after = (h + stride - 1) // stride * ((w + stride - 1) // stride)
# +     after = -(-h * w // stride**2)

# %% wrong mistake="Takes the map for square." from="solution"
# -     after = (h + stride - 1) // stride * ((w + stride - 1) // stride)
# +     after = ((h + stride - 1) // stride) ** 2

# %% wrong mistake="Filters the narrow channels." from="solution"
# -     depthwise = after * kernel * kernel * wide
# +     depthwise = after * kernel * kernel * c_in

# %% wrong mistake="Has a dense layer in the place of the depthwise one." from="solution"
# -     depthwise = after * kernel * kernel * wide
# +     depthwise = after * kernel * kernel * wide * wide

# %% wrong mistake="Counts in floating point: large numbers lose their end; passes the visible check." from="solution"
# -     return expand + depthwise + squeeze + project
# +     return int(float(expand) + depthwise + squeeze + project)
