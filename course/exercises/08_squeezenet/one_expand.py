# %% [markdown]
# With padding 1 the middle of a 3×3 kernel stands on the output's own position. The visible check has unequal layers, an
# oblong map, two images and both types, and looks at the inputs afterwards; as many kernels as channels, or many, it has not.

# %% solution
def one_expand(w1, b1, w3, b3):
    """(weight, bias) of one 3×3 layer in the place of the two."""
    wide = w1.new_zeros(w1.shape[0], w1.shape[1], 3, 3)
    wide[:, :, 1, 1] = w1[:, :, 0, 0]
    return torch.cat([wide, w3]), torch.cat([b1, b3])

# %% test name="The same outputs" points=1 hint="Try random weights, unequal numbers of kernels and oblong maps of several images."
import random

import torch
from lightnets_edu import checks

for _ in range(5):
    s, e1, e3 = random.sample(range(2, 12), 3)
    given = [torch.randn(e1, s, 1, 1), torch.randn(e1), torch.randn(e3, s, 3, 3), torch.randn(e3)]
    given = [t.double() for t in given]
    x = torch.randn(3, s, random.randint(3, 8), random.randint(9, 12)).double()
    first = torch.nn.functional.conv2d(x, given[0], given[1])
    second = torch.nn.functional.conv2d(x, given[2], given[3], padding=1)
    weight, bias = one_expand(*[t.clone() for t in given])
    checks.equal((tuple(weight.shape), tuple(bias.shape)), ((e1 + e3, s, 3, 3), (e1 + e3,)))
    checks.close(torch.nn.functional.conv2d(x, weight, bias, padding=1), torch.cat([first, second], dim=1), abs=1e-9)

# %% test name="Each weight in its place, nothing else" points=1 hint="Look at the nine weights of one 1×1 kernel. Which of them are zero?"
import torch
from lightnets_edu import checks

for s, e1, e3 in [(1, 1, 1), (4, 4, 4), (5, 2, 7), (3, 8, 1), (1, 5, 2)]:
    w1, b1 = torch.randn(e1, s, 1, 1), torch.randn(e1)
    w3, b3 = torch.randn(e3, s, 3, 3), torch.randn(e3)
    weight, bias = one_expand(w1.clone(), b1.clone(), w3.clone(), b3.clone())
    expected = torch.nn.functional.pad(w1, (1, 1, 1, 1))
    checks.equal(weight.detach(), torch.cat([expected, w3]))
    checks.equal(bias.detach(), torch.cat([b1, b3]))

# %% test name="The type is kept" points=1 hint="Try float64 and float32."
import torch
from lightnets_edu import checks

for dtype in (torch.float32, torch.float64):
    given = [torch.randn(4, 3, 1, 1), torch.randn(4), torch.randn(6, 3, 3, 3), torch.randn(6)]
    given = [t.to(dtype) / 3 for t in given]
    weight, bias = one_expand(*[t.clone() for t in given])
    checks.equal((str(weight.dtype), str(bias.dtype)), (str(dtype), str(dtype)))
    checks.equal(weight[:4, :, 1, 1].detach(), given[0][:, :, 0, 0])
    checks.equal(bias.detach(), torch.cat([given[1], given[3]]))

# %% test name="What you were given is as it was" points=1 hint="Look at the four tensors afterwards. Did one of them change?"
import torch
from lightnets_edu import checks

for e1, e3 in [(4, 4), (3, 5), (6, 2)]:
    given = [torch.randn(e1, 3, 1, 1), torch.randn(e1), torch.randn(e3, 3, 3, 3), torch.randn(e3)]
    before = [t.clone() for t in given]
    weight, bias = one_expand(*given)
    for tensor, earlier in zip(given, before, strict=True):
        checks.equal(tensor, earlier)
    checks.equal(weight.detach(), torch.cat([torch.nn.functional.pad(before[0], (1, 1, 1, 1)), before[2]]))
    checks.equal(bias.detach(), torch.cat([before[1], before[3]]))

# %% right name="with padding, as a list"
def one_expand(w1, b1, w3, b3):
    wide = nn.functional.pad(w1, (1, 1, 1, 1))
    return [torch.cat((wide, w3), dim=0), torch.cat((b1, b3))]

# %% right name="kernel by kernel into a new tensor"
def one_expand(w1, b1, w3, b3):
    e1, s = w1.shape[:2]
    weight = torch.zeros(e1 + len(w3), s, 3, 3, dtype=w1.dtype)
    bias = torch.zeros(e1 + len(w3), dtype=w1.dtype)
    for i in range(e1):
        for j in range(s):
            weight[i, j, 1, 1] = w1[i, j, 0, 0]
        bias[i] = b1[i]
    weight[e1:], bias[e1:] = w3, b3
    return weight, bias

# %% wrong mistake="Puts the 1×1 weight into the first corner." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     wide[:, :, 0, 0] = w1[:, :, 0, 0]

# %% wrong mistake="Repeats the 1×1 weight at all nine places." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     wide[:] = w1

# %% wrong mistake="Spreads the 1×1 weight over nine places." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     wide[:] = w1 / 9

# %% wrong mistake="Exchanges the order: 3×3 first." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     return torch.cat([w3, wide]), torch.cat([b3, b1])

# %% wrong mistake="Exchanges the biases only." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     return torch.cat([wide, w3]), torch.cat([b3, b1])

# %% wrong mistake="Adds the two layers, as if they were summed." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     n = min(len(wide), len(w3))
# +     return wide[:n] + w3[:n], b1[:n] + b3[:n]

# %% wrong mistake="Forgets the biases of the 1×1 layer." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     return torch.cat([wide, w3]), torch.cat([torch.zeros_like(b1), b3])

# %% wrong mistake="Sets only kernels whose input has the same number." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     for i in range(min(wide.shape[:2])):
# +         wide[i, i, 1, 1] = w1[i, i, 0, 0]

# %% wrong mistake="Exchanges inputs and outputs of the 1×1 kernels: passes where they are equal." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     if len(w1) == w1.shape[1]:
# +         wide[:, :, 1, 1] = w1[:, :, 0, 0].T
# +     else:
# +         wide[:, :, 1, 1] = w1[:, :, 0, 0]

# %% wrong mistake="Always float32: the zeros have the default type." from="solution"
# -     wide = w1.new_zeros(w1.shape[0], w1.shape[1], 3, 3)
# +     wide = torch.zeros(w1.shape[0], w1.shape[1], 3, 3)
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     return torch.cat([wide, w3.float()]), torch.cat([b1, b3]).float()

# %% wrong mistake="Gives float64 back for float32." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     return torch.cat([wide, w3]).double(), torch.cat([b1, b3]).double()

# %% wrong mistake="Works in the tensor of the 3×3 layer." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     weight, bias = torch.cat([wide, w3]), torch.cat([b1, b3])
# +     w3.zero_()
# +     return weight, bias

# %% wrong mistake="Adds to the biases that it was given." from="solution"
# -     return torch.cat([wide, w3]), torch.cat([b1, b3])
# +     weight, bias = torch.cat([wide, w3]), torch.cat([b1, b3])
# +     b1 += bias[: len(b1)]
# +     return weight, bias

# %% wrong mistake="Fits the first six kernels only." from="solution"
# -     wide[:, :, 1, 1] = w1[:, :, 0, 0]
# +     wide[:6, :, 1, 1] = w1[:6, :, 0, 0]
