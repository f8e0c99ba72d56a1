# %% [markdown]
# The layer that expands works on the large map, the other two on the small one; t = 1 has no such layer. The visible
# check has one odd side, 11, which is rounded to an even number of positions: Python's `round` gives the right number
# there and the wrong one for 9.

# %% solution
def block_bill(c_in, c_out, t, stride, h, w):
    """Parameters and multiply-adds of an inverted residual block."""
    wide = c_in * t
    large, small = h * w, -(-h // stride) * -(-w // stride)
    params = 9 * wide + wide * c_out + 2 * (wide + c_out)
    macs = (9 * wide + wide * c_out) * small
    if t > 1:
        params += c_in * wide + 2 * wide
        macs += c_in * wide * large
    return params, macs

# %% test name="Parameters" points=1 hint="Count the layers and the norms of InvertedResidual(8, 12, 1, 1) and (8, 12, 1, 2)."
import random

from lightnets_edu import checks, cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

for t in (1, 2, 6, 9):
    for stride in (1, 2):
        a, b = random.sample(range(3, 60), 2)
        real = cost.total(cost.layer_costs(InvertedResidual(a, b, stride, t), (1, a, 8, 8)))
        checks.equal(int(block_bill(a, b, t, stride, 8, 8)[0] + 0), real.params)

# %% test name="Multiply-adds, stride 1" points=1 hint="Try t = 1 and an oblong map."
import random

from lightnets_edu import checks, cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

for t in (1, 3, 6):
    for h, w in ((7, 12), (9, 9), (20_001, 30_011), (random.randint(3, 20), random.randint(21, 40))):
        a, b = random.sample(range(3, 60), 2)
        real = cost.total(cost.layer_costs(InvertedResidual(a, b, 1, t), (1, a, h, w)))
        checks.equal(int(block_bill(a, b, t, 1, h, w)[1] + 0), real.macs)

# %% test name="Multiply-adds, stride 2" points=1 hint="Which layers see the large map? Try sides 5, 9 and 13."
import random

from lightnets_edu import checks, cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

for t in (1, 4, 6):
    for h, w in ((9, 14), (5, 13), (1, 2), (random.randint(3, 20), random.randint(21, 40)), (12, 8)):
        a, b = random.sample(range(3, 60), 2)
        real = cost.total(cost.layer_costs(InvertedResidual(a, b, 2, t), (1, a, h, w)))
        checks.equal(int(block_bill(a, b, t, 2, h, w)[1] + 0), real.macs)

# %% right name="by counting a real block"
def block_bill(c_in, c_out, t, stride, h, w):
    block = InvertedResidual(c_in, c_out, stride, t)
    found = cost.total(cost.layer_costs(block, (1, c_in, h, w)))
    return found.params, found.macs

# %% right name="with the package's formulas, as a list"
def block_bill(c_in, c_out, t, stride, h, w):
    m, large = t * c_in, (h, w)
    small = ((h + stride - 1) // stride, (w + stride - 1) // stride)
    layers = [(m, m, 3, small, m), (m, c_out, 1, small, 1)]
    if t != 1:
        layers.append((c_in, m, 1, large, 1))
    params = sum(cost.conv_params(a, b, k, g) + 2 * b for a, b, k, _, g in layers)
    return [params, sum(cost.conv_macs(a, b, k, size, g) for a, b, k, size, g in layers)]

# %% wrong mistake="Expands with t = 1 too." from="solution"
# -     if t > 1:
# +     if t >= 1:

# %% wrong mistake="Lets the expanding layer work on the small map." from="solution"
# -         macs += c_in * wide * large
# +         macs += c_in * wide * small

# %% wrong mistake="Lets the depthwise layer work on the large map." from="solution"
# -     macs = (9 * wide + wide * c_out) * small
# +     macs = 9 * wide * large + wide * c_out * small

# %% wrong mistake="Rounds the small map down." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * w, (h // stride) * (w // stride)

# %% wrong mistake="Rounds to the nearest, halves to even; passes the visible check." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * w, round(h / stride) * round(w / stride)

# %% wrong mistake="Takes every map for a square one." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * h, (-(-h // stride)) ** 2

# %% wrong mistake="Forgets the batch norms." from="solution"
# -     params = 9 * wide + wide * c_out + 2 * (wide + c_out)
# +     params = 9 * wide + wide * c_out
# -         params += c_in * wide + 2 * wide
# +         params += c_in * wide

# %% wrong mistake="Counts a batch norm behind the projection only." from="solution"
# -     params = 9 * wide + wide * c_out + 2 * (wide + c_out)
# +     params = 9 * wide + wide * c_out + 2 * c_out
# -         params += c_in * wide + 2 * wide
# +         params += c_in * wide

# %% wrong mistake="Lets the depthwise layer be a dense one." from="solution"
# -     params = 9 * wide + wide * c_out + 2 * (wide + c_out)
# +     params = 9 * wide * wide + wide * c_out + 2 * (wide + c_out)

# %% wrong mistake="Expands the output's channels, not the input's." from="solution"
# -     wide = c_in * t
# +     wide = c_out * t

# %% wrong mistake="Knows t = 1 and t = 6 only; passes the visible check." from="solution"
# -     wide = c_in * t
# +     wide = c_in * (6 if t > 1 else 1)

# %% wrong mistake="Rounds the number of positions, not each side." from="solution"
# -     large, small = h * w, -(-h // stride) * -(-w // stride)
# +     large, small = h * w, -(-h * w // stride**2)

# %% wrong mistake="Leaves out the multiply-adds of a shortcut's 1×1 layer that the block does not have." from="solution"
# -     return params, macs
# +     return params, macs + (c_in * c_out * small if stride == 1 and c_in != c_out else 0)
