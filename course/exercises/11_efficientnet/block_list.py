# %% [markdown]
# The way from B0's table to B1 to B7: two rounding rules, and who reads what. The visible check knows B0, B3 and one small
# table of two stages; widths below one, a width below eight, many stages, and the table afterwards it does not look at.

# %% solution
def block_list(stages, stem, width, depth):
    """(c_in, c_out, kernel, stride, expansion) of every block."""
    import math

    def rounded(channels):
        wanted = channels * width
        near = max(8, int(wanted + 4) // 8 * 8)
        return near if near >= 0.9 * wanted else near + 8

    blocks, c_in = [], rounded(stem)
    for expansion, kernel, stride, channels, layers in stages:
        c_out = rounded(channels)
        for i in range(math.ceil(layers * depth)):
            blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
            c_in = c_out
    return blocks

# %% test name="B0 to B7" points=1 hint="Print B3 block by block beside blocks_in(EfficientNet(1.2, 1.4))."
import math

from lightnets_edu import checks
from lightnets_edu.layers import round_channels
from lightnets_edu.models.efficientnet import STAGES, VARIANTS

for width, depth, _ in VARIANTS.values():
    expected, c_in = [], round_channels(32 * width)
    for t, k, s, c, n in STAGES:
        for i in range(math.ceil(n * depth)):
            expected.append((c_in, round_channels(c * width), k, s if i == 0 else 1, t))
            c_in = round_channels(c * width)
    given = block_list(STAGES, 32, width, depth)
    checks.equal([tuple(block) for block in given], expected)

# %% test name="Any width" points=1 hint="Try widths below one: 12 and 11 channels both become 16, and nothing goes below 8."
import random

from lightnets_edu import checks
from lightnets_edu.layers import round_channels

sure = [(1, 8), (3, 8), (8, 8), (9, 16), (10, 16), (11, 16), (12, 16), (17, 16), (18, 24), (19, 24), (20, 24), (28, 32), (36, 40), (44, 48), (35, 32),
        (52, 56), (68, 72), (84, 88), (51, 48), (53, 56)]
for channels, expected in sure:
    checks.equal([tuple(b) for b in block_list([(6, 3, 1, channels, 1)], 64, 1.0, 1.0)], [(64, expected, 3, 1, 6)])
    checks.equal([tuple(b) for b in block_list([(1, 5, 2, 64, 1)], channels, 1.0, 1.0)], [(expected, 64, 5, 2, 1)])
for channels, width, expected in [(10, 0.895, 16), (20, 0.895, 24), (30, 0.8966, 32)]:    # the product is not cut first
    checks.equal(block_list([(6, 3, 1, channels, 1)], 64, width, 1.0)[0][1], expected)
for width in (0.05, 0.1, 0.25, 0.35, 0.5, 0.75, 0.9, 1.3, 1.75, 2.6, 7.5, 12.0):
    row = [(6, 5, 2, random.randrange(1, 700), 2), (4, 3, 1, random.randrange(1, 700), 1)]
    a, b, c = (round_channels(n * width) for n in (40, row[0][3], row[1][3]))
    checks.equal([tuple(x) for x in block_list(row, 40, width, 1.0)],
                 [(a, b, 5, 2, 6), (b, b, 5, 1, 6), (b, c, 3, 1, 4)])

# %% test name="Any depth" points=1 hint="Up, stage by stage, also below one: half of one layer is one layer."
import math
import random

from lightnets_edu import checks

for depth in (0.1, 0.5, 0.7, 1.0, 1.01, 1.1, 1.2, 1.4, 1.5, 1.8, 2.0, 2.5, 3.1):
    layers = [random.randrange(1, 12) for _ in range(6)] + [1, 2, 5, 10, 50]    # 50 times 1.1 is a little above 55
    rows = [(6, 3, random.choice((1, 2)), 8 * random.randrange(1, 30), n) for n in layers]
    expected, c_in = [], 16
    for t, k, s, c, n in rows:
        expected += [(c_in, c, k, s, t)] + [(c, c, k, 1, t)] * (math.ceil(n * depth) - 1)
        c_in = c
    checks.equal([tuple(block) for block in block_list(rows, 16, 1.0, depth)], expected)

# %% test name="Other tables, left as they were" points=1 hint="A table of one stage, of lists, with a stride of 2 and many layers; print it before and after."
from copy import deepcopy

from lightnets_edu import checks

tables = [
    [[3, 7, 2, 24, 3], [1, 5, 2, 40, 1]],
    [[2, 3, 2, 32, 4]],
    [[6, 9, 1, 16, 2], [4, 1, 2, 16, 2], [5, 3, 2, 8, 3], [1, 3, 1, 72, 1]],
]
for rows in tables:
    before, given = deepcopy(rows), deepcopy(rows)
    found = [tuple(block) for block in block_list(given, 20, 1.0, 1.0)]
    expected, c_in = [], 24
    for t, k, s, c, n in before:
        for i in range(n):
            expected.append((c_in, c, k, 1 if i else s, t))
            c_in = c
    checks.equal(found, expected)
    checks.equal(given, before)
checks.equal(list(block_list([], 32, 1.0, 1.0)), [])

# %% right name="stage by stage, with the package's rules"
def block_list(stages, stem, width, depth):
    found = []
    c = round_channels(stem * width)
    for t, k, s, channels, n in stages:
        wide = round_channels(channels * width)
        found += [(c, wide, k, s, t)]
        found += [(wide, wide, k, 1, t)] * (math.ceil(n * depth) - 1)
        c = wide
    return found

# %% right name="by whole eights, as lists"
def block_list(stages, stem, width, depth):
    def eights(value):
        n = max(1, math.floor(value / 8 + 0.5))
        if 8 * n < 0.9 * value:
            n += 1
        return 8 * n

    widths = [eights(stem * width)] + [eights(row[3] * width) for row in stages]
    out = []
    for number, row in enumerate(stages):
        todo = -int(-(row[4] * depth) // 1)
        reads, strides = widths[number], row[2]
        for _ in range(todo):
            out.append([reads, widths[number + 1], row[1], strides, row[0]])
            reads, strides = widths[number + 1], 1
    return out

# %% wrong mistake="Rounds layers to the nearest." from="solution"
# -         for i in range(math.ceil(layers * depth)):
# +         for i in range(max(1, round(layers * depth))):

# %% wrong mistake="Cuts layers down." from="solution"
# -         for i in range(math.ceil(layers * depth)):
# +         for i in range(int(layers * depth)):

# %% wrong mistake="Adds one layer wherever the depth is not one; passes the visible check." from="solution"
# -         for i in range(math.ceil(layers * depth)):
# +         for i in range(int(layers * depth) + (depth != 1)):

# %% wrong mistake="Cuts channels down to eights." from="solution"
# -         near = max(8, int(wanted + 4) // 8 * 8)
# +         near = max(8, int(wanted) // 8 * 8)

# %% wrong mistake="Forgets the nine tenths." from="solution"
# -         return near if near >= 0.9 * wanted else near + 8
# +         return near

# %% wrong mistake="Compares the nine tenths with what was before the width." from="solution"
# -         return near if near >= 0.9 * wanted else near + 8
# +         return near if near >= 0.9 * channels else near + 8

# %% wrong mistake="Rounds a half to the even neighbour." from="solution"
# -         near = max(8, int(wanted + 4) // 8 * 8)
# +         near = max(8, round(wanted / 8) * 8)

# %% wrong mistake="Rounds channels up; passes the visible check." from="solution"
# -         near = max(8, int(wanted + 4) // 8 * 8)
# +         near = math.ceil(wanted / 8) * 8

# %% wrong mistake="Lets channels go to zero." from="solution"
# -         near = max(8, int(wanted + 4) // 8 * 8)
# -         return near if near >= 0.9 * wanted else near + 8
# +         near = int(wanted + 4) // 8 * 8
# +         return near if near >= 0.9 * wanted else near + 4

# %% wrong mistake="Never goes below sixteen; passes the visible check." from="solution"
# -         near = max(8, int(wanted + 4) // 8 * 8)
# +         near = max(16, int(wanted + 4) // 8 * 8)

# %% wrong mistake="Leaves the stem unscaled." from="solution"
# -     blocks, c_in = [], rounded(stem)
# +     blocks, c_in = [], stem

# %% wrong mistake="Knows the stem of B0 only, whatever is given; passes the visible check." from="solution"
# -     blocks, c_in = [], rounded(stem)
# +     blocks, c_in = [], rounded(32)

# %% wrong mistake="Gives every block of a stage its stride." from="solution"
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +             blocks.append((c_in, c_out, kernel, stride, expansion))

# %% wrong mistake="Puts the stride into the last block." from="solution"
# -         for i in range(math.ceil(layers * depth)):
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +         n = math.ceil(layers * depth)
# +         for i in range(n):
# +             blocks.append((c_in, c_out, kernel, stride if i == n - 1 else 1, expansion))

# %% wrong mistake="Lets every block of a stage read what the stage before gave." from="solution"
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# -             c_in = c_out
# +             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +         c_in = c_out

# %% wrong mistake="Scales the depth of the whole, and shares what is more out from the front."
def block_list(stages, stem, width, depth):
    more = math.ceil(sum(row[4] for row in stages) * depth) - sum(row[4] for row in stages)
    found, c = [], round_channels(stem * width)
    for number, (t, k, s, channels, n) in enumerate(stages):
        wide = round_channels(channels * width)
        extra = more // len(stages) + (number < more % len(stages))
        for i in range(n + extra):
            found.append((c, wide, k, 1 if i else s, t))
            c = wide
    return found

# %% wrong mistake="Exchanges kernel and stride." from="solution"
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +             blocks.append((c_in, c_out, 1 if i else stride, kernel, expansion))

# %% wrong mistake="Gives the expanded channels in the place of the expansion." from="solution"
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion * c_in))

# %% wrong mistake="Empties the table as it goes; passes the visible check." from="solution"
# -     for expansion, kernel, stride, channels, layers in stages:
# +     rows = list(stages)
# +     if isinstance(stages, list):
# +         stages.clear()
# +     for expansion, kernel, stride, channels, layers in rows:

# %% wrong mistake="Knows kernels of three and five only; passes the visible check." from="solution"
# -             blocks.append((c_in, c_out, kernel, 1 if i else stride, expansion))
# +             blocks.append((c_in, c_out, 5 if kernel > 3 else 3, 1 if i else stride, expansion))
