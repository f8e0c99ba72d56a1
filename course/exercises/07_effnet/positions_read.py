# %% [markdown]
# One side of a map, so the answer is a list of whole numbers. The visible check has strides beyond the kernel, padding, a
# last window that does not fit, and a side too short. It has no stride that steps over a padded border, and no large side.

# %% solution
def positions_read(size, kernel, stride, padding):
    """The positions of a side that a layer reads, in rising order."""
    starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
    read = {start + k for start in starts for k in range(kernel)}
    return sorted(position for position in read if 0 <= position < size)

# %% test name="Without padding" points=1 hint="Try kernels smaller and larger than the stride; where does the last window end?"
import random

import torch
from torch import nn
from lightnets_edu import checks

drawn = [(random.randint(12, 60), random.randint(1, 7), random.randint(1, 9)) for _ in range(8)]
cases = [(32, 3, 2), (33, 1, 2), (40, 2, 5), (17, 4, 3), (1200, 2, 7), (9, 9, 4), (16, 5, 5), (200, 23, 31), *drawn]
for size, kernel, stride in cases:
    layer = nn.Conv1d(1, 1, kernel, stride, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.ones(1, 1, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x).sum(), x)
    checks.equal(list(positions_read(size, kernel, stride, 0)), gradient.flatten().nonzero().flatten().tolist())

# %% test name="With padding" points=1 hint="Two zeros at either end, a stride of 3: where does window 1 begin?"
import random

import torch
from torch import nn
from lightnets_edu import checks

drawn = [(random.randint(8, 40), random.randint(1, 6), random.randint(1, 7), random.randint(1, 5)) for _ in range(10)]
cases = [(32, 3, 2, 1), (21, 4, 3, 2), (10, 1, 3, 1), (7, 2, 4, 3), (12, 5, 2, 2), (9, 2, 6, 4), (20, 3, 7, 5), (501, 2, 5, 3), (12, 3, 3, 1), (17, 9, 8, 2),
         *drawn]  # fmt: skip
for size, kernel, stride, padding in cases:
    layer = nn.Conv1d(1, 1, kernel, stride, padding, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.ones(1, 1, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x).sum(), x)
    expected = gradient.flatten().nonzero().flatten().tolist()
    checks.equal(list(positions_read(size, kernel, stride, padding)), expected)

# %% test name="Short sides" points=1 hint="A kernel longer than the side, with and without enough zeros around it."
from lightnets_edu import checks

cases = [
    ((4, 7, 1, 1), []), ((4, 7, 3, 2), [0, 1, 2, 3]), ((1, 1, 1, 0), [0]), ((1, 1, 9, 0), [0]), ((2, 1, 9, 0), [0]),
    ((1, 4, 2, 1), []), ((1, 3, 5, 1), [0]), ((6, 6, 6, 0), [0, 1, 2, 3, 4, 5]), ((2, 9, 2, 0), []), ((5, 2, 9, 0), [0, 1]),
    ((3, 2, 4, 2), [2]), ((2, 2, 4, 2), []), ((5, 11, 2, 2), []),
]  # fmt: skip
for sizes, expected in cases:
    checks.equal(list(positions_read(*sizes)), expected)

# %% right name="position by position"
def positions_read(size, kernel, stride, padding):
    windows = (size + 2 * padding - kernel) // stride + 1
    found = []
    for position in range(size):
        if any(0 <= position + padding - i * stride < kernel for i in range(windows)):
            found.append(position)
    return found

# %% right name="marks, as a tuple"
def positions_read(size, kernel, stride, padding):
    marks = [False] * (size + 2 * padding)
    start = 0
    while start + kernel <= len(marks):
        marks[start : start + kernel] = [True] * kernel
        start += stride
    return tuple(i - padding for i, mark in enumerate(marks) if mark and padding <= i < padding + size)

# %% right name="by asking a real layer"
def positions_read(size, kernel, stride, padding):
    if size + 2 * padding < kernel:
        return []
    layer = nn.Conv2d(1, 1, (1, kernel), (1, stride), (0, padding))
    return is_read(layer, (1, 1, 1, size))[0].nonzero().flatten().tolist()

# %% wrong mistake="Lets a last window hang over the end."
def positions_read(size, kernel, stride, padding):
    read = {start + k for start in range(-padding, size + padding, stride) for k in range(kernel)}
    return sorted(p for p in read if 0 <= p < size)

# %% wrong mistake="Forgets the padding." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     starts = range(0, size - kernel + 1, stride)

# %% wrong mistake="Begins with the padding and forgets the zeros at the end." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     starts = range(-padding, size - kernel + 1, stride)

# %% wrong mistake="Counts positions of the padded side." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     starts = range(0, size + 2 * padding - kernel + 1, stride)

# %% wrong mistake="Gives padded zeros as positions too." from="solution"
# -     return sorted(position for position in read if 0 <= position < size)
# +     return sorted(read)

# %% wrong mistake="Gives a position as often as it is read."
def positions_read(size, kernel, stride, padding):
    starts = range(-padding, size + padding - kernel + 1, stride)
    return sorted(s + k for s in starts for k in range(kernel) if 0 <= s + k < size)

# %% wrong mistake="Stops one window early." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     starts = range(-padding, size + padding - kernel, stride)

# %% wrong mistake="Always reads all where the kernel is as large as the stride."
def positions_read(size, kernel, stride, padding):
    if kernel >= stride and size >= kernel and padding:
        return list(range(size))
    starts = range(-padding, size + padding - kernel + 1, stride)
    return sorted({s + k for s in starts for k in range(kernel)} & set(range(size)))

# %% wrong mistake="Looks at the start of each window only." from="solution"
# -     read = {start + k for start in starts for k in range(kernel)}
# +     read = set(starts)

# %% wrong mistake="Gives up after a thousand positions." from="solution"
# -     return sorted(position for position in read if 0 <= position < size)
# +     return sorted(position for position in read if 0 <= position < min(size, 1000))

# %% wrong mistake="Gives how many, not which." from="solution"
# -     return sorted(position for position in read if 0 <= position < size)
# +     return len([position for position in read if 0 <= position < size])

# %% wrong mistake="Asks the layer where no window fits, and lets its error through."
def positions_read(size, kernel, stride, padding):
    if size < kernel:
        return []
    layer = nn.Conv2d(1, 1, (1, kernel), (1, stride), (0, padding))
    return is_read(layer, (1, 1, 1, size))[0].nonzero().flatten().tolist()

# %% wrong mistake="Takes a stride beyond the kernel for the kernel, once there is padding." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     stride = min(stride, kernel + 1) if padding else stride
# +     starts = range(-padding, size + padding - kernel + 1, stride)

# %% wrong mistake="Lets the first window begin inside the map." from="solution"
# -     starts = range(-padding, size + padding - kernel + 1, stride)  # of the windows that fit
# +     starts = range(-min(padding, kernel - 1), size + padding - kernel + 1, stride)
