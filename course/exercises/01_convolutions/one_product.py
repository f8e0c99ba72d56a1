# %% [markdown]
# `weight_matrix` and `columns` are tested apart, so that one of them right earns a point. Whole numbers rule out
# `F.unfold` by its error; casting to float64 and back is fine.

# %% solution
def weight_matrix(weight, groups):
    """(C_out, C_in/g, K, L) -> (C_out, C_in·K·L), block-diagonal."""
    per_group = weight.shape[0] // groups
    return torch.block_diag(*weight.flatten(1).split(per_group))


def columns(x, kernel, stride, padding):
    """(C_in, H, W) -> (C_in·K·L, positions): one window a column."""
    (rows, cols), (up, left) = kernel, padding
    c, h, w = x.shape
    padded = x.new_zeros(c, h + 2 * up, w + 2 * left)
    padded[:, up:up + h, left:left + w] = x
    windows = padded.unfold(1, rows, stride[0]).unfold(2, cols, stride[1])  # (C, …, …, K, L)
    return windows.permute(0, 3, 4, 1, 2).reshape(c * rows * cols, -1)

# %% test name="weight_matrix: any groups, any kernel" points=1 hint="Try weights of shape (6, 2, 3, 1) in 3 groups."
import torch
from lightnets_edu import checks

shapes = [(6, 2, 3, 1, 3), (4, 5, 2, 3, 1), (5, 1, 3, 3, 5), (8, 3, 1, 2, 2), (12, 1, 1, 1, 4), (6, 4, 2, 2, 2)]
for c_out, per_group, high, wide, groups in shapes:
    weight = torch.randint(2**24, 2**26, (c_out, per_group, high, wide)).double()  # more digits than float32 has
    size = per_group * high * wide
    expected = torch.zeros(c_out, groups * size, dtype=torch.float64)
    for o in range(c_out):
        start = o // (c_out // groups) * size
        expected[o, start:start + size] = weight[o].flatten()
    given = weight.clone()
    checks.equal(weight_matrix(given, groups), expected)
    checks.equal(given, weight)

# %% test name="columns: stride, padding, kernel" points=1 hint="Try kernel (2, 3), stride (2, 1), padding (0, 2)."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

cases = [((2, 3), (2, 1), (0, 2)), ((3, 3), (1, 1), (1, 1)), ((1, 1), (2, 3), (0, 0)), ((5, 2), (1, 2), (2, 0))]
cases += [((3, 3), (3, 2), (2, 1))]
for kernel, stride, padding in cases:
    x = torch.randint(2**24, 2**26, (3, 8, 11)).double()  # more digits than float32 has
    expected = F.unfold(x[None], kernel, padding=padding, stride=stride)[0]
    given = x.clone()
    checks.equal(columns(given, kernel, stride, padding), expected)
    checks.equal(given, x)

# %% test name="Together: a grouped convolution" points=1 hint="Try 12 channels in 4 groups, stride 2, on 9 × 7."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

cases = [(12, 8, 4, (3, 3), (2, 2), (1, 1)), (6, 6, 6, (3, 5), (1, 1), (1, 2))]
cases += [(6, 9, 3, (1, 1), (1, 2), (0, 0)), (5, 4, 1, (2, 3), (3, 1), (0, 1))]
for c_in, c_out, groups, kernel, stride, padding in cases:
    x = torch.randint(-9, 10, (c_in, 9, 7)).double()
    weight = torch.randint(-9, 10, (c_out, c_in // groups, *kernel)).double()
    expected = F.conv2d(x[None], weight, stride=stride, padding=padding, groups=groups)[0]
    product = weight_matrix(weight.clone(), groups) @ columns(x.clone(), kernel, stride, padding)
    checks.equal(product, expected.flatten(1))

# %% test name="Whole numbers stay whole numbers" points=1 hint="Try tensors of type torch.int64, then int32."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for groups, dtype in ((1, torch.int64), (2, torch.int64), (2, torch.int32), (1, torch.int16), (2, torch.float32)):
    large = 2**26 if dtype == torch.int64 else 2**6
    x, weight = torch.randint(large // 4, large, (4, 6, 7)), torch.randint(-9, 10, (6, 4 // groups, 3, 2))
    expected = F.conv2d(x[None].double(), weight.double(), stride=(1, 2), padding=(1, 0), groups=groups)
    matrix, windows = weight_matrix(weight.to(dtype), groups), columns(x.to(dtype), (3, 2), (1, 2), (1, 0))
    checks.true(matrix.dtype == windows.dtype == dtype, f"{dtype} gave {matrix.dtype} and {windows.dtype}")
    checks.equal(matrix.long() @ windows.long(), expected[0].flatten(1).long())

# %% right name="row by row: a slice for each weight"
def weight_matrix(weight, groups):
    c_out, per_group, high, wide = weight.shape
    size = per_group * high * wide
    matrix = torch.zeros(c_out, groups * size, dtype=weight.dtype)
    for o in range(c_out):
        group = o // (c_out // groups)
        matrix[o, group * size:(group + 1) * size] = weight[o].reshape(-1)
    return matrix


def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    depth, h, w = x.shape
    rows = []
    for i in range(depth):
        for u in range(kernel[0]):
            for v in range(kernel[1]):
                last_row, last_column = h - kernel[0] + u + 1, w - kernel[1] + v + 1
                rows.append(x[i, u:last_row:stride[0], v:last_column:stride[1]].reshape(-1))
    return torch.stack(rows)

# %% right name="with torch's unfold, by way of float64"
def weight_matrix(weight, groups):
    blocks = weight.reshape(groups, weight.shape[0] // groups, -1)
    return torch.block_diag(*blocks)


def columns(x, kernel, stride, padding):
    found = F.unfold(x.double()[None], kernel, padding=padding, stride=stride)
    return found[0].to(x.dtype)

# %% right name="window by window"
def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[1],) * 2 + (padding[0],) * 2)
    return torch.stack([
        x[:, r:r + kernel[0], c:c + kernel[1]].flatten()
        for r in range(0, x.shape[1] - kernel[0] + 1, stride[0])
        for c in range(0, x.shape[2] - kernel[1] + 1, stride[1])
    ], dim=1)  # fmt: skip

# %% wrong mistake="Flattens and ignores the groups."
def weight_matrix(weight, groups):
    return weight.flatten(1)

# %% wrong mistake="Repeats each kernel for every group instead of filling up with zeros."
def weight_matrix(weight, groups):
    return weight.repeat(1, groups, 1, 1).flatten(1)

# %% wrong mistake="Sizes the blocks by the kernel's height only."
def weight_matrix(weight, groups):
    c_out, per_group, k, _ = weight.shape
    size = per_group * k * k
    matrix = weight.new_zeros(c_out, groups * size)
    for o in range(c_out):
        start = o // (c_out // groups) * size
        matrix[o, start:start + size] = weight[o].flatten()
    return matrix

# %% wrong mistake="Deals outputs to the groups in turn, like a shuffle: unseen where each group has one output."
def weight_matrix(weight, groups):
    c_out, per_group, high, wide = weight.shape
    size = per_group * high * wide
    matrix = weight.new_zeros(c_out, groups * size)
    for o in range(c_out):
        start = o % groups * size
        matrix[o, start:start + size] = weight[o].flatten()
    return matrix

# %% wrong mistake="Makes a matrix of float32, whatever the weights are."
def weight_matrix(weight, groups):
    c_out, size = weight.flatten(1).shape
    matrix = torch.zeros(c_out, groups * size)
    for o in range(c_out):
        start = o // (c_out // groups) * size
        matrix[o, start:start + size] = weight[o].flatten()
    return matrix

# %% wrong mistake="Uses F.unfold, which refuses whole numbers."
def columns(x, kernel, stride, padding):
    return F.unfold(x[None], kernel, stride=stride, padding=padding)[0]

# %% wrong mistake="Writes each window as a row."
def columns(x, kernel, stride, padding):
    found = F.unfold(x.double()[None], kernel, stride=stride, padding=padding)[0]
    return found.to(x.dtype).t()

# %% wrong mistake="Takes the two paddings in the order of F.pad: width for height. Unseen where both are equal."
def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[0], padding[0], padding[1], padding[1]))
    windows = x.unfold(1, kernel[0], stride[0]).unfold(2, kernel[1], stride[1])
    return windows.permute(0, 3, 4, 1, 2).reshape(x.shape[0] * kernel[0] * kernel[1], -1)

# %% wrong mistake="Sorts by place in the window first, then by channel."
def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    windows = x.unfold(1, kernel[0], stride[0]).unfold(2, kernel[1], stride[1])
    return windows.permute(3, 4, 0, 1, 2).reshape(x.shape[0] * kernel[0] * kernel[1], -1)

# %% wrong mistake="Forgets the stride."
def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    windows = x.unfold(1, kernel[0], 1).unfold(2, kernel[1], 1)
    return windows.permute(0, 3, 4, 1, 2).reshape(x.shape[0] * kernel[0] * kernel[1], -1)

# %% wrong mistake="Forgets the padding."
def columns(x, kernel, stride, padding):
    windows = x.unfold(1, kernel[0], stride[0]).unfold(2, kernel[1], stride[1])
    return windows.permute(0, 3, 4, 1, 2).reshape(x.shape[0] * kernel[0] * kernel[1], -1)

# %% wrong mistake="Never steps over a pixel: takes the kernel's size for a stride that is larger."
def columns(x, kernel, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    windows = x.unfold(1, kernel[0], min(stride[0], kernel[0])).unfold(2, kernel[1], min(stride[1], kernel[1]))
    return windows.permute(0, 3, 4, 1, 2).reshape(x.shape[0] * kernel[0] * kernel[1], -1)

# %% wrong mistake="Steps across but not down." from="solution"
# -     windows = padded.unfold(1, rows, stride[0]).unfold(2, cols, stride[1])  # (C, …, …, K, L)
# +     windows = padded.unfold(1, rows, 1).unfold(2, cols, stride[1])

# %% wrong mistake="Goes by way of float32, which loses digits of large numbers."
def columns(x, kernel, stride, padding):
    return F.unfold(x.float()[None], kernel, stride=stride, padding=padding)[0].to(x.dtype)

# %% wrong mistake="Sends the weights by way of float32, which loses digits of large numbers." from="solution"
# -     return torch.block_diag(*weight.flatten(1).split(per_group))
# +     return torch.block_diag(*weight.float().flatten(1).split(per_group)).to(weight.dtype)

# %% wrong mistake="Makes int64 of all whole numbers." from="with torch's unfold, by way of float64"
# -     return found[0].to(x.dtype)
# +     return found[0].to(x.dtype if x.is_floating_point() else torch.int64)

# %% wrong mistake="Knows int64 only; of other whole numbers it makes float32." from="solution"
# -     return torch.block_diag(*weight.flatten(1).split(per_group))
# +     blocks = torch.block_diag(*weight.flatten(1).split(per_group))
# +     return blocks if weight.dtype in (torch.int64, torch.float64) else blocks.float()

# %% wrong mistake="Writes the padding's zeros into the image that it was given." from="solution"
# -     windows = padded.unfold(1, rows, stride[0]).unfold(2, cols, stride[1])  # (C, …, …, K, L)
# +     windows = padded.unfold(1, rows, stride[0]).unfold(2, cols, stride[1])
# +     x.zero_()
