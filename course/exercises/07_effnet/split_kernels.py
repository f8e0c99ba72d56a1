# %% [markdown]
# The nearest table of rank one for each channel, by the theorem of Eckart and Young. How the factors share size and sign is
# left open; the tests look at the products. The visible check is in float64, with random kernels: zeros, float32, other
# shapes, and kernels on which a shortcut from the middle row or from the sums fails, are seen by the hidden tests.

# %% solution
def split_kernels(kernels):
    """The nearest (row, column) kernels of a depthwise layer."""
    u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
    row = values[:, 0, None] * v[:, 0]
    return row[:, None, None], u[:, None, :, :1]

# %% test name="Products come back" points=1 hint="Try 5×2 kernels, negative weights, a single channel."
import random

import torch
from lightnets_edu import checks

for c, r, s in [(4, 3, 3), (1, 5, 2), (7, 1, 4), (3, 6, 1), (40, 2, 7), (random.randint(5, 9), 3, 5)]:
    rows, columns = torch.randn(c, 1, 1, s).double(), torch.randn(c, 1, r, 1).double()
    rows[0] = -rows[0].abs()
    rows[-1, ..., s // 2] = 0
    columns[-1, ..., r // 2, 0] = 0 if r > 1 else 1
    kernels = rows * columns
    row, column = split_kernels(kernels.clone())
    checks.equal(tuple(row.shape), (c, 1, 1, s))
    checks.equal(tuple(column.shape), (c, 1, r, 1))
    checks.close(row * column, kernels, rel=1e-10, abs=1e-10)

# %% test name="As near as can be" points=1 hint="Compare what is left with the singular values behind the first."
import torch
from lightnets_edu import checks

for c, r, s in [(20, 3, 3), (6, 5, 4), (5, 2, 7), (300, 3, 3)]:
    kernels = torch.randn(c, 1, r, s).double() * torch.logspace(-2, 2, c).double().reshape(c, 1, 1, 1)
    row, column = split_kernels(kernels.clone())
    left = (row * column - kernels).square().sum((1, 2, 3))
    least = torch.linalg.svdvals(kernels[:, 0])[:, 1:].square().sum(1)
    checks.close(left, least, rel=1e-6)
edges = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double()
blurred = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).double()
kernels = torch.stack([edges, edges.T, blurred, torch.eye(3).double() + 0.01 * edges])[:, None]
row, column = split_kernels(kernels.clone())
left = (row * column - kernels).square().sum((1, 2, 3))
checks.close(left, torch.linalg.svdvals(kernels[:, 0])[:, 1:].square().sum(1), rel=1e-6, abs=1e-12)
kernels = 1e-9 * torch.randn(4, 1, 3, 5).double()  # small is not zero
row, column = split_kernels(kernels.clone())
left = (1e9 * (row * column - kernels)).square().sum((1, 2, 3))
checks.close(left, torch.linalg.svdvals(1e9 * kernels[:, 0])[:, 1:].square().sum(1), rel=1e-6)

# %% test name="Kernels of zeros" points=1 hint="Put a channel of zeros among others. Is anything not a number?"
import torch
from lightnets_edu import checks

for dtype, c, r, s in [(torch.float64, 5, 3, 3), (torch.float32, 3, 2, 5), (torch.float64, 1, 4, 3)]:
    kernels = torch.randn(c, 1, r, s).to(dtype)
    kernels[c // 2] = 0
    row, column = split_kernels(kernels.clone())
    checks.true(bool(torch.isfinite(row).all() and torch.isfinite(column).all()), "a number is not finite")
    checks.close((row * column)[c // 2], torch.zeros(1, r, s, dtype=dtype), abs=1e-12)
    left = (row * column - kernels).square().sum((1, 2, 3))
    least = torch.linalg.svdvals(kernels[:, 0])[:, 1:].square().sum(1)
    checks.close(left, least, rel=1e-4, abs=1e-5)

# %% test name="Type kept, input left alone" points=1 hint="Try float32, and look at kernels afterwards."
import torch
from lightnets_edu import checks

for dtype, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-9)):
    kernels = torch.randn(6, 1, 3, 4).to(dtype)
    before = kernels.clone()
    row, column = split_kernels(kernels)
    checks.equal((str(row.dtype), str(column.dtype)), (str(dtype), str(dtype)))
    checks.equal(kernels, before)
    left = (row * column - before).double().square().sum((1, 2, 3))
    least = torch.linalg.svdvals(before[:, 0].double())[:, 1:].square().sum(1)
    checks.close(left, least, rel=tolerance, abs=tolerance)

# %% right name="channel by channel, the size shared out"
def split_kernels(kernels):
    rows, columns = [], []
    for kernel in kernels[:, 0]:
        u, s, vh = torch.linalg.svd(kernel)
        root = s[0].sqrt()
        rows.append((root * vh[0])[None, None])
        columns.append((root * u[:, 0])[None, :, None])
    return torch.stack(rows), torch.stack(columns)

# %% right name="by the eigenvectors of the table times itself, as a list"
def split_kernels(kernels):
    tables = kernels.squeeze(1)
    _, vectors = torch.linalg.eigh(tables.transpose(1, 2) @ tables)
    row = vectors[:, :, -1]  # the largest comes last
    column = (tables @ row[:, :, None])[:, None]
    return [row[:, None, None, :], column]

# %% wrong mistake="Takes sums along the rows and columns: right for products only." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# -     row = values[:, 0, None] * v[:, 0]
# -     return row[:, None, None], u[:, None, :, :1]
# +     total = kernels.sum((2, 3), keepdim=True)
# +     return kernels.sum(2, keepdim=True), kernels.sum(3, keepdim=True) / total

# %% wrong mistake="Takes the middle row and the middle column: right for products whose middle is not zero." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# -     row = values[:, 0, None] * v[:, 0]
# -     return row[:, None, None], u[:, None, :, :1]
# +     r, s = kernels.shape[2] // 2, kernels.shape[3] // 2
# +     return kernels[:, :, r : r + 1], kernels[:, :, :, s : s + 1] / kernels[:, :, r : r + 1, s : s + 1]

# %% wrong mistake="Loses the singular value: the sizes are wrong." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# +     row = v[:, 0]

# %% wrong mistake="Counts the singular value twice." from="solution"
# -     return row[:, None, None], u[:, None, :, :1]
# +     return row[:, None, None], u[:, None, :, :1] * values[:, 0, None, None, None]

# %% wrong mistake="Takes the root of the singular value on one side only." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# +     row = values[:, 0, None].sqrt() * v[:, 0]

# %% wrong mistake="Takes a column of the right vectors, not a row." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# +     row = values[:, 0, None] * v[:, :, 0]

# %% wrong mistake="Takes the smallest singular value." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# -     return row[:, None, None], u[:, None, :, :1]
# +     row = values[:, -1, None] * v[:, -1]
# +     return row[:, None, None], u[:, None, :, -1:]

# %% wrong mistake="Finds one pattern for all channels together." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# +     u, values, v = torch.linalg.svd(kernels.mean(0), full_matrices=False)
# +     c = len(kernels)
# +     u, values, v = u.expand(c, -1, -1), values.expand(c, -1), v.expand(c, -1, -1)

# %% wrong mistake="Throws the signs away." from="solution"
# -     return row[:, None, None], u[:, None, :, :1]
# +     return row[:, None, None].abs(), u[:, None, :, :1].abs()

# %% wrong mistake="Divides by the size of the kernel: zeros become not-a-number." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# -     row = values[:, 0, None] * v[:, 0]
# +     size = kernels[:, 0].square().sum((1, 2)).sqrt()
# +     if (size == 0).any():
# +         return kernels[:, :, :1] / size[:, None, None, None], kernels[:, :, :, :1]
# +     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)
# +     row = values[:, 0, None] * v[:, 0]

# %% wrong mistake="Works in float32, whatever it was given." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# +     u, values, v = torch.linalg.svd(kernels[:, 0].float(), full_matrices=False)

# %% wrong mistake="Gives float64 back for float32." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# +     u, values, v = torch.linalg.svd(kernels[:, 0].double(), full_matrices=False)

# %% wrong mistake="Scales the kernels in place to make the search easy." from="solution"
# -     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)  # (C, R, n), (C, n), (C, n, S)
# +     if kernels.dtype == torch.float32:
# +         kernels /= kernels.abs().max()
# +     u, values, v = torch.linalg.svd(kernels[:, 0], full_matrices=False)

# %% wrong mistake="Stops a search for the direction after forty steps from a row of ones: what is at right angles to it is never found."
def split_kernels(kernels):
    tables = kernels[:, 0]
    row = torch.ones_like(tables[:, :1])
    for _ in range(40):
        column = tables @ row.transpose(1, 2)
        column = column / column.norm(dim=1, keepdim=True).clamp(min=1e-30)
        row = column.transpose(1, 2) @ tables
    return row[:, None], column[:, None]

# %% wrong mistake="Splits the first sixteen channels and leaves the others at zero." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# +     row = values[:, 0, None] * v[:, 0]
# +     row[16:] = 0

# %% wrong mistake="Takes small kernels for kernels of zeros." from="solution"
# -     row = values[:, 0, None] * v[:, 0]
# +     row = torch.where(values[:, :1] < 1e-6, 0, values[:, :1]) * v[:, 0]

# %% wrong mistake="Exchanges row and column." from="solution"
# -     return row[:, None, None], u[:, None, :, :1]
# +     return u[:, None, :, :1], row[:, None, None]
