# %% [markdown]
# Two tables of the same weights, two prices, one theorem. The visible check knows the first way by `cut`, and both by one
# oblong layer whose singular values are plain. It has no budget for which the two ways have another m and the number shows
# it, no small weights, and does not look at the weight afterwards.

# %% solution
def lost(weight, budget):
    """Shares lost when cut along the kernel, and along the channels."""
    o, i, k, w = weight.shape
    ways = (
        (as_table(weight), i * k + o * w),
        (weight.reshape(o, i * k * w), i * k * w + o),
    )
    shares = []
    for table, price in ways:
        squares = torch.linalg.svdvals(table.double()).square()
        shares.append(float(squares[budget // price :].sum() / squares.sum()))
    return shares

# %% test name="Along the kernel" points=1 hint="How many weights have K×1 to m and 1×L from m? Try K and L that differ, and a budget one short."
import torch
from lightnets_edu import checks

for o, i, k, w in [(6, 4, 3, 3), (5, 7, 5, 2), (9, 3, 1, 7), (4, 8, 4, 3), (12, 2, 3, 5)]:
    for dtype in (torch.float64, torch.float32):
        weight = torch.randn(o, i, k, w, dtype=dtype)
        table = torch.stack([weight[a, :, :, x].flatten() for a in range(o) for x in range(w)])
        squares = torch.linalg.svdvals(table.double()) ** 2
        price = i * k + o * w
        for m in (1, 2, 4, len(squares) - 1, len(squares), len(squares) + 3):
            for budget, kept in ((m * price, m), (m * price - 1, m - 1), (m * price + price - 1, m)):
                expected = float(squares[kept:].sum() / squares.sum())
                first, _ = lost(weight, budget)
                checks.close(first, expected, abs=1e-4)

# %% test name="Along the channels" points=1 hint="How many weights have K×L to m and 1×1 from m? One row for each output."
import torch
from lightnets_edu import checks

for o, i, k, w in [(6, 4, 3, 3), (5, 7, 5, 2), (9, 3, 1, 7), (14, 2, 2, 3), (30, 1, 3, 3)]:
    for dtype in (torch.float64, torch.float32):
        weight = torch.randn(o, i, k, w, dtype=dtype)
        squares = torch.linalg.svdvals(torch.stack([kernel.flatten() for kernel in weight]).double()) ** 2
        price = i * k * w + o
        for m in (1, 2, 4, len(squares) - 1, len(squares), len(squares) + 3):
            for budget, kept in ((m * price, m), (m * price - 1, m - 1), (m * price + price - 1, m)):
                expected = float(squares[kept:].sum() / squares.sum())
                _, second = lost(weight, budget)
                checks.close(second, expected, abs=1e-4)

# %% test name="Nothing, everything, and any size of the numbers" points=1 hint="A budget of 0; a layer that is a pair already; weights of 1e-8 and 1e8."
import torch
from lightnets_edu import checks

for scale in (1e-8, 1.0, 1e8):
    for dtype in (torch.float64, torch.float32):
        weight = scale * torch.randn(7, 5, 3, 4, dtype=dtype)
        checks.close(list(lost(weight, 0)), [1.0, 1.0], abs=1e-4)
        checks.close(list(lost(weight, 10**9)), [0.0, 0.0], abs=1e-4)
        # a layer that is three columns and rows, and one that is three patterns
        columns, rows = torch.randn(3, 5, 3, dtype=dtype), scale * torch.randn(7, 3, 4, dtype=dtype)
        along_kernel, _ = lost(torch.einsum("ojx,jiy->oiyx", rows, columns), 3 * 43)
        checks.close(along_kernel, 0.0, abs=1e-4)
        patterns, mixture = torch.randn(3, 5, 3, 4, dtype=dtype), scale * torch.randn(7, 3, dtype=dtype)
        _, along_channels = lost(torch.einsum("oj,jiyx->oiyx", mixture, patterns), 3 * 67)
        checks.close(along_channels, 0.0, abs=1e-4)
one = torch.zeros(6, 5, 3, 3)
one[4, 2, 1, 0] = -3
checks.close(list(lost(one, 33)), [0.0, 1.0], abs=1e-4)
checks.close(list(lost(one, 51)), [0.0, 0.0], abs=1e-4)
checks.close(list(lost(torch.full((1, 1, 1, 1), 2.0), 1)), [1.0, 1.0], abs=1e-4)
checks.close(list(lost(torch.full((1, 1, 1, 1), 2.0), 2)), [0.0, 0.0], abs=1e-4)

# %% test name="A layer of usual size, left as it was" points=1 hint="Do not change weight in place."
import torch
from lightnets_edu import checks

weight = torch.randn(64, 48, 3, 3)
before = weight.clone()
first = torch.linalg.svdvals(torch.stack([weight[a, :, :, x].flatten() for a in range(64) for x in range(3)]).double()) ** 2
second = torch.linalg.svdvals(weight.flatten(1).double()) ** 2
for budget in (5_000, 10_000, 20_000, 336 * 90):
    m, n = budget // 336, budget // 496
    expected = [float(first[m:].sum() / first.sum()), float(second[n:].sum() / second.sum())]
    checks.close(list(lost(weight, budget)), expected, abs=1e-4)
checks.equal(weight, before)

# %% right name="by building the nearest tables"
def lost(weight, budget):
    o, i, k, w = weight.shape
    scaled = weight.double() / weight.double().abs().max()

    def left(table, m):
        u, s, v = torch.linalg.svd(table, full_matrices=False)
        near = (u[:, :m] * s[:m]) @ v[:m]
        return ((table - near) ** 2).sum().item() / (table**2).sum().item()

    m_kernel = budget // (i * k + o * w)
    m_channels = budget // (i * k * w + o)
    return left(as_table(scaled), m_kernel), left(scaled.flatten(1), m_channels)

# %% right name="one minus what is kept, from eigenvalues"
def lost(weight, budget):
    c_out, c_in, k, w = weight.shape
    found = []
    for table, first, second in (
            (weight.permute(1, 2, 0, 3).reshape(c_in * k, c_out * w), c_in * k, c_out * w),
            (weight.reshape(c_out, -1).T, c_in * k * w, c_out)):
        table = table.double() / weight.abs().max()
        squares = torch.linalg.eigvalsh(table.T @ table).flip(0).clamp(min=0)
        m = min(budget // (first + second), len(squares))
        found.append((1 - squares[:m].sum() / squares.sum()).item())
    return tuple(found)

# %% wrong mistake="Adds up singular values, not their squares." from="solution"
# -         squares = torch.linalg.svdvals(table.double()).square()
# +         squares = torch.linalg.svdvals(table.double())

# %% wrong mistake="Forgets the squares along the channels only." from="solution"
# -     shares = []
# -     for table, price in ways:
# -         squares = torch.linalg.svdvals(table.double()).square()
# +     shares = []
# +     for table, price in ways:
# +         squares = torch.linalg.svdvals(table.double())
# +         squares = squares if shares else squares.square()

# %% wrong mistake="Gives what is kept." from="solution"
# -         shares.append(float(squares[budget // price :].sum() / squares.sum()))
# +         shares.append(float(squares[: budget // price].sum() / squares.sum()))

# %% wrong mistake="Cuts the first table out of the weights without turning the axes." from="solution"
# -         (as_table(weight), i * k + o * w),
# +         (weight.reshape(o * w, i * k), i * k + o * w),

# %% wrong mistake="Lays the table along the channels out by inputs." from="solution"
# -         (weight.reshape(o, i * k * w), i * k * w + o),
# +         (weight.transpose(0, 1).reshape(i, o * k * w), i * k * w + o),

# %% wrong mistake="Takes the kernel for square: K · (C_in + C_out) is the price." from="solution"
# -         (as_table(weight), i * k + o * w),
# +         (as_table(weight), i * k + o * k),

# %% wrong mistake="Exchanges height and width in the price." from="solution"
# -         (as_table(weight), i * k + o * w),
# +         (as_table(weight), i * w + o * k),

# %% wrong mistake="Forgets the second layer in the price." from="solution"
# -         (weight.reshape(o, i * k * w), i * k * w + o),
# +         (weight.reshape(o, i * k * w), i * k * w),

# %% wrong mistake="Lets m be 1 at least." from="solution"
# -         shares.append(float(squares[budget // price :].sum() / squares.sum()))
# +         shares.append(float(squares[max(1, budget // price) :].sum() / squares.sum()))

# %% wrong mistake="Rounds m up." from="solution"
# -         shares.append(float(squares[budget // price :].sum() / squares.sum()))
# +         shares.append(float(squares[-(-budget // price) :].sum() / squares.sum()))

# %% wrong mistake="Cuts both ways to the same m; passes the visible check." from="solution"
# -         shares.append(float(squares[budget // price :].sum() / squares.sum()))
# +         shares.append(float(squares[budget // ways[0][1] :].sum() / squares.sum()))

# %% wrong mistake="Cuts every kernel by itself."
def lost(weight, budget):
    o, i, k, w = weight.shape
    squares = torch.linalg.svdvals(weight.double()).square().sum((0, 1))
    one = squares[budget // (i * k + o * w):].sum() / squares.sum()
    squares = torch.linalg.svdvals(weight.double().flatten(1)).square()
    two = squares[budget // (i * k * w + o):].sum() / squares.sum()
    return one.item(), two.item()

# %% wrong mistake="Adds a small number below the line: small weights lose their share; passes the visible check." from="solution"
# -         shares.append(float(squares[budget // price :].sum() / squares.sum()))
# +         shares.append(float((squares[budget // price :].sum() + 1e-12) / (squares.sum() + 1e-12)))

# %% wrong mistake="Scales the weight in place; passes the visible check." from="solution"
# -     o, i, k, w = weight.shape
# +     o, i, k, w = weight.shape
# +     weight /= weight.abs().max()

# %% wrong mistake="Gives the two in the other order." from="solution"
# -     return shares
# +     return shares[::-1]
