# %% [markdown]
# A walk through a table. The slips are those of every such walk: sizes that round down, a stride in the wrong step, a map
# that is counted with the channels of its neighbour, the last instead of the first. The visible check shows strides in
# the last block only.

# %% solution
def peak(stem, blocks, h, w):
    """The most elements of two maps, and the convolution that has them."""
    maps = [3 * h * w]
    h, w = (h + 1) // 2, (w + 1) // 2
    maps.append(stem * h * w)
    c = stem
    for stride, c_out in blocks:
        h, w = -(-h // stride), -(-w // stride)
        maps += [c * h * w, c_out * h * w]
        c = c_out
    pairs = [maps[i] + maps[i + 1] for i in range(len(maps) - 1)]
    return max(pairs), pairs.index(max(pairs))

# %% test name="MobileNet at other widths and sizes" points=1 hint="Turn both dials, on oblong images too."
from lightnets_edu import checks
from lightnets_edu.models.mobilenet_v1 import TABLE_1

def expected(stem, blocks, h, w):
    sizes, c = [(3, h, w), (stem, -(-h // 2), -(-w // 2))], stem
    for s, out in blocks:
        _, h, w = sizes[-1]
        sizes += [(c, -(-h // s), -(-w // s)), (out, -(-h // s), -(-w // s))]
        c = out
    maps = [c * h * w for c, h, w in sizes]
    both = [maps[i] + maps[i + 1] for i in range(len(maps) - 1)]
    return [max(both), both.index(max(both))]

for alpha in (1, 2, 4):
    blocks = [(s, c // alpha) for s, c in TABLE_1]
    for h, w in ((224, 224), (160, 192), (97, 130)):
        checks.equal([int(n + 0) for n in peak(32 // alpha, blocks, h, w)], expected(32 // alpha, blocks, h, w))

# %% test name="Tables of any kind" points=2 hint="Strides of 3 and 4, early and late; images of odd size."
import random

from lightnets_edu import checks

def expected(stem, blocks, h, w):
    sizes, c = [(3, h, w), (stem, -(-h // 2), -(-w // 2))], stem
    for s, out in blocks:
        _, h, w = sizes[-1]
        sizes += [(c, -(-h // s), -(-w // s)), (out, -(-h // s), -(-w // s))]
        c = out
    maps = [c * h * w for c, h, w in sizes]
    both = [maps[i] + maps[i + 1] for i in range(len(maps) - 1)]
    return [max(both), both.index(max(both)), both.count(max(both)) == 1]

for _ in range(60):
    stem = random.randint(1, 12)
    blocks = [(random.choice((1, 1, 2, 2, 3, 4)), random.randint(1, 60)) for _ in range(random.randint(1, 7))]
    h, w = random.randint(1, 80), random.randint(1, 80)
    given = [tuple(pair) for pair in blocks]
    largest, place, alone = expected(stem, given, h, w)
    if alone:    # several that need as much are the next test's
        checks.equal([int(n + 0) for n in peak(stem, blocks, h, w)], [largest, place])
    checks.equal([list(pair) for pair in blocks], [list(pair) for pair in given])
for last in ((2, 3000), (3, 5000), (1, 900)):           # the widest layer at the end
    for h, w in ((33, 7), (9, 64), (9001, 12_007)):       # of images that nobody could hold, too
        blocks = [(2, 8), *[(1, 4)] * (12 if h == 9 else 1), last]
        checks.equal([int(n + 0) for n in peak(6, blocks, h, w)], expected(6, blocks, h, w)[:2])

# %% test name="The first of several, and the stem alone" points=1 hint="Which one is the largest when all layers need as much?"
from lightnets_edu import checks

checks.equal([int(n + 0) for n in peak(40, [(1, 40), (1, 40), (1, 40)], 10, 10)], [2000, 1])
checks.equal([int(n + 0) for n in peak(40, [(1, 40), (1, 2), (1, 78)], 10, 10)], [2000, 1])
checks.equal([int(n + 0) for n in peak(1, [(1, 30), (1, 30), (2, 1)], 12, 14)], [2520, 3])
checks.equal([int(n + 0) for n in peak(1, [], 31, 5)], [3 * 155 + 48, 0])
checks.equal([int(n + 0) for n in peak(1, [(2, 1), (2, 1)], 31, 5)], [3 * 155 + 48, 0])

# %% right name="layer by layer, keeping the best"
def peak(stem, blocks, h, w):
    best, place, number = 0, 0, 0
    h_out, w_out = (h + 1) // 2, (w + 1) // 2
    steps = [(3, h, w, stem, h_out, w_out)]
    c = stem
    for stride, c_out in blocks:
        h, w = h_out, w_out
        h_out, w_out = (h + stride - 1) // stride, (w + stride - 1) // stride
        steps += [(c, h, w, c, h_out, w_out), (c, h_out, w_out, c_out, h_out, w_out)]
        c = c_out
    for number, (a, h, w, b, h_out, w_out) in enumerate(steps):
        needs = a * h * w + b * h_out * w_out
        if needs > best:
            best, place = needs, number
    return best, place

# %% right name="by running a real network"
def peak(stem, blocks, h, w):
    layers, c = [nn.Conv2d(3, stem, 3, 2, 1)], stem
    for stride, c_out in blocks:
        layers += [nn.Conv2d(c, c, 3, stride, 1, groups=c), nn.Conv2d(c, c_out, 1)]
        c = c_out
    x, needs = torch.empty(1, 3, h, w, device="meta"), []
    for layer in layers:
        y = layer.to("meta")(x)
        needs.append(x.numel() + y.numel())
        x = y
    return [max(needs), needs.index(max(needs))]

# %% wrong mistake="Rounds sizes down." from="layer by layer, keeping the best"
# -     h_out, w_out = (h + 1) // 2, (w + 1) // 2
# +     h_out, w_out = max(1, h // 2), max(1, w // 2)
# -         h_out, w_out = (h + stride - 1) // stride, (w + stride - 1) // stride
# +         h_out, w_out = max(1, h // stride), max(1, w // stride)

# %% wrong mistake="Rounds sizes down in the blocks." from="layer by layer, keeping the best"
# -         h_out, w_out = (h + stride - 1) // stride, (w + stride - 1) // stride
# +         h_out, w_out = max(1, h // stride), max(1, w // stride)

# %% wrong mistake="Takes every stride of a block for one or two." from="layer by layer, keeping the best"
# -         h_out, w_out = (h + stride - 1) // stride, (w + stride - 1) // stride
# +         h_out, w_out = ((h + 1) // 2, (w + 1) // 2) if stride > 1 else (h, w)

# %% wrong mistake="Puts the stride into the pointwise step." from="layer by layer, keeping the best"
# -         steps += [(c, h, w, c, h_out, w_out), (c, h_out, w_out, c_out, h_out, w_out)]
# +         steps += [(c, h, w, c, h, w), (c, h, w, c_out, h_out, w_out)]

# %% wrong mistake="Names the last of several." from="layer by layer, keeping the best"
# -         if needs > best:
# +         if needs >= best:

# %% wrong mistake="Counts the layers from one." from="layer by layer, keeping the best"
# -     return best, place
# +     return best, place + 1

# %% wrong mistake="Names the block instead of the convolution." from="layer by layer, keeping the best"
# -     return best, place
# +     return best, (place + 1) // 2

# %% wrong mistake="Looks at the output alone." from="layer by layer, keeping the best"
# -         needs = a * h * w + b * h_out * w_out
# +         needs = b * h_out * w_out

# %% wrong mistake="Forgets the stem and the image." from="layer by layer, keeping the best"
# -     steps = [(3, h, w, stem, h_out, w_out)]
# +     steps = [(0, h, w, 0, h_out, w_out)]

# %% wrong mistake="Takes a depthwise step's output for as wide as the block's." from="layer by layer, keeping the best"
# -         steps += [(c, h, w, c, h_out, w_out), (c, h_out, w_out, c_out, h_out, w_out)]
# +         steps += [(c, h, w, c_out, h_out, w_out), (c_out, h_out, w_out, c_out, h_out, w_out)]

# %% wrong mistake="Leaves the last block out." from="layer by layer, keeping the best"
# -     for number, (a, h, w, b, h_out, w_out) in enumerate(steps):
# +     for number, (a, h, w, b, h_out, w_out) in enumerate(steps[:-2] or steps):

# %% wrong mistake="Takes every image for a square one." from="layer by layer, keeping the best"
# -     h_out, w_out = (h + 1) // 2, (w + 1) // 2
# +     w = h
# +     h_out, w_out = (h + 1) // 2, (w + 1) // 2

# %% wrong mistake="Takes the first pointwise step for the largest, as in MobileNet."
def peak(stem, blocks, h, w):
    image, h, w = 3 * h * w, (h + 1) // 2, (w + 1) // 2
    if not blocks:
        return image + stem * h * w, 0
    s, c = blocks[0]
    return (stem + c) * -(-h // s) * -(-w // s), 2

# %% wrong mistake="Refuses strides above two." from="layer by layer, keeping the best"
# -     for stride, c_out in blocks:
# +     for stride, c_out in blocks:
# +         if stride not in (1, 2):
# +             raise ValueError("stride")

# %% wrong mistake="Empties the caller's list as it walks." from="layer by layer, keeping the best"
# -     for stride, c_out in blocks:
# +     blocks = blocks if isinstance(blocks, list) else list(blocks)
# +     while blocks:
# +         stride, c_out = blocks.pop(0)
