# %% solution
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    """Parameters, multiply-adds and memory access, in this order."""
    out_h, out_w = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(size, padding, kernel, stride, strict=True))
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    access = c_in * size[0] * size[1] + c_out * out_h * out_w + params
    return params, params * out_h * out_w, access

# %% test name="Parameters" points=1 hint="Try a 3×5 kernel, 12 to 18 channels, 3 groups."
import random

from lightnets_edu import checks

for groups, a in [(1, 3), (2, random.randint(1, 5)), (3, random.randint(2, 5)), (7, 1)]:
    b = random.randint(6, 9)
    kernel = random.choice([(3, 5), (1, 7), (5, 2)])
    got = conv_bill(a * groups, b * groups, kernel, (20, 17), (1, 1), (0, 0), groups)
    params, _, _ = got
    checks.equal(params, kernel[0] * kernel[1] * a * b * groups)

# %% test name="Multiply-adds" points=1 hint="Try stride (2, 3), padding (0, 2), size (13, 20); then a layer of billions."
import random

import torch
import torch.nn.functional as F
from lightnets_edu import checks

cases = [((3, 3), (13, 20), (2, 3), (0, 2), 1), ((1, 1), (9, 14), (2, 2), (0, 0), 2)]
cases += [((7, 7), (33, 32), (2, 2), (3, 3), 1), ((5, 2), (11, 8), (1, 3), (2, 0), 4)]
cases += [((3, 3), (10, 10), (1, 1), (1, 1), 6)]
for kernel, size, stride, padding, groups in cases:
    a, b = 1 if groups == 6 else random.randint(2, 3), random.randint(4, 6)
    weight = torch.zeros(b * groups, a, *kernel)
    out = F.conv2d(torch.zeros(1, a * groups, *size), weight, stride=stride, padding=padding, groups=groups)
    got = conv_bill(a * groups, b * groups, kernel, size, stride, padding, groups)
    _, macs, _ = got
    checks.equal(macs, weight.numel() * out.shape[2] * out.shape[3])
a, b = random.choice([129, 131, 133]), random.choice([385, 387, 391])
_, macs, _ = conv_bill(a, b, (3, 3), (75, 83), (1, 1), (1, 1), 1)  # more than 32 bits hold, and odd
checks.equal(macs, 9 * a * b * 75 * 83)

# %% test name="Memory access" points=1 hint="Try stride 2: the input is the larger map."
import random

import torch
import torch.nn.functional as F
from lightnets_edu import checks

cases = [((3, 3), (12, 21), (2, 2), (1, 1), 1), ((1, 1), (6, 15), (1, 1), (0, 0), 3)]
cases += [((3, 1), (9, 8), (1, 1), (0, 0), 2), ((5, 5), (16, 12), (4, 2), (2, 2), 5)]
cases += [((1, 2), (9, 14), (2, 3), (0, 0), 1)]  # a stride that steps over a part of the input
for kernel, size, stride, padding, groups in cases:
    a, b = 1 if groups == 5 else random.randint(2, 3), random.randint(4, 6)
    weight, x = torch.zeros(b * groups, a, *kernel), torch.zeros(1, a * groups, *size)
    out = F.conv2d(x, weight, stride=stride, padding=padding, groups=groups)
    got = conv_bill(a * groups, b * groups, kernel, size, stride, padding, groups)
    _, _, access = got
    checks.equal(access, x.numel() + out.numel() + weight.numel())

# %% right name="with the package's formulas"
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    out = tuple((size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in (0, 1))
    return (cost.conv_params(c_in, c_out, kernel, groups), cost.conv_macs(c_in, c_out, kernel, out, groups),
            cost.conv_access(c_in, c_out, kernel, size, out, groups))  # fmt: skip

# %% right name="by asking a real layer"
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    layer = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
    x = torch.zeros(1, c_in, *size)
    y = layer(x)
    params = layer.weight.numel()
    return [params, params * y[0, 0].numel(), x.numel() + y.numel() + params]

# %% right name="by counting the places where the kernel stands"
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    places = 1
    for n, k, s, p in zip(size, kernel, stride, padding, strict=True):
        places *= len(range(0, n + 2 * p - k + 1, s))
    weights = c_out * (c_in // groups) * kernel[0] * kernel[1]
    return weights, weights * places, c_in * size[0] * size[1] + places * c_out + weights

# %% right name="with NumPy's whole numbers"
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    import numpy as np

    out = (np.array(size) + 2 * np.array(padding) - np.array(kernel)) // np.array(stride) + 1
    params = np.prod(kernel) * c_in * c_out // groups
    return params, params * out.prod(), c_in * np.prod(size) + c_out * out.prod() + params

# %% wrong mistake="Counts the positions of the input: right only where padding keeps the size."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    params = kernel[0] * kernel[1] * c_in * c_out // groups
    area = size[0] * size[1]
    return params, params * area, (c_in + c_out) * area + params

# %% wrong mistake="Forgets the groups."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * c_in * c_out
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Divides by the groups twice, once for the input and once for the output."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * (c_out // groups)
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Takes kernels and maps for square: the height stands for both."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    out = (size[0] + 2 * padding[0] - kernel[0]) // stride[0] + 1
    params = kernel[0] ** 2 * (c_in // groups) * c_out
    return params, params * out**2, c_in * size[0] ** 2 + c_out * out**2 + params

# %% wrong mistake="Rounds the size of the output up."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [-(-(size[i] + 2 * padding[i] - kernel[i]) // stride[i]) + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Leaves the weights out of the traffic."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w

# %% wrong mistake="Counts the input once for each time a kernel reads it."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    return params, params * h * w, c_in * kernel[0] * kernel[1] * h * w + c_out * h * w + params

# %% wrong mistake="Counts two operations for each multiply-add."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    return params, 2 * params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Adds the biases."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out + c_out
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Pads on one side only."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    return params, params * h * w, c_in * size[0] * size[1] + c_out * h * w + params

# %% wrong mistake="Leaves out the input that a stride steps over: unseen where the stride is no larger than the kernel."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    params = kernel[0] * kernel[1] * (c_in // groups) * c_out
    rows, columns = (n if s <= k else o * k for n, s, k, o in zip(size, stride, kernel, (h, w), strict=True))
    return params, params * h * w, c_in * rows * columns + c_out * h * w + params

# %% wrong mistake="Takes as many groups as inputs for as many outputs as inputs." from="solution"
# -     params = kernel[0] * kernel[1] * (c_in // groups) * c_out
# +     params = kernel[0] * kernel[1] * (c_in if groups == c_in else c_in // groups * c_out)

# %% wrong mistake="Steps across but not down: the height is as with stride 1." from="solution"
# -     access = c_in * size[0] * size[1] + c_out * out_h * out_w + params
# +     out_h = size[0] + 2 * padding[0] - kernel[0] + 1
# +     access = c_in * size[0] * size[1] + c_out * out_h * out_w + params

# %% wrong mistake="Counts in 32 bits, which the multiply-adds of a large layer overflow."
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    h, w = [(size[i] + 2 * padding[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    sides = torch.tensor([kernel[0], kernel[1], c_in // groups, c_out], dtype=torch.int32)
    params = sides.prod(dtype=torch.int32)
    return int(params), int(params * h * w), int(c_in * size[0] * size[1] + c_out * h * w + params)

# %% wrong mistake="Counts in float32, which loses the last digits of large numbers." from="solution"
# -     return params, params * out_h * out_w, access
# +     return params, torch.tensor(float(params * out_h * out_w)).item(), access

# %% wrong mistake="Gives the numbers as text, ready to print." from="solution"
# -     return params, params * out_h * out_w, access
# +     return tuple(f"{n:d}" for n in (params, params * out_h * out_w, access))

# %% wrong mistake="Takes the kernel for the stride where the stride is larger: no pixel is stepped over." from="solution"
# -     params = kernel[0] * kernel[1] * (c_in // groups) * c_out
# +     near = [min(s, k) for s, k in zip(stride, kernel, strict=True)]
# +     out_h, out_w = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(size, padding, kernel, near, strict=True))
# +     params = kernel[0] * kernel[1] * (c_in // groups) * c_out
