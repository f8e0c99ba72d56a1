# %% [markdown]
# A grouped convolution puts the ghosts of one parent side by side: parent j // (s − 1). With s = 2 every order of
# parents that is not mixed looks alike, so the visible check has s = 3
# and 4 too, cut in the middle of a parent's ghosts, one input, one primary map, and d = 1.

# %% solution
def one_convolution(primary, cheap, c_out):
    """Weight (c_out, c_in, d, d) of the layer that equals the module."""
    m, c_in = primary.shape[:2]
    d = cheap.shape[-1]
    frame = primary.new_zeros(m, c_in, d, d)
    frame[:, :, d // 2, d // 2] = primary[:, :, 0, 0]
    parents = primary.repeat_interleave(len(cheap) // m, dim=0)
    return torch.cat([frame, parents * cheap])[:c_out]

# %% test name="The same outputs, s = 2" points=1 hint="Random weights, oblong maps, several images; as many inputs as primary maps, and not."
import random

import torch
from lightnets_edu import checks

for m, c_in, d in [(3, 5, 3), (4, 4, 3), (6, 2, 5), (1, 7, 3), (5, 1, 1), (random.randint(7, 12), 3, 7)]:
    primary = torch.randn(m, c_in, 1, 1).double()
    cheap = torch.randn(m, 1, d, d).double()
    x = torch.randn(3, c_in, random.randint(4, 8), random.randint(9, 12)).double()
    weight = one_convolution(primary.clone(), cheap.clone(), 2 * m)
    checks.equal(tuple(weight.shape), (2 * m, c_in, d, d))
    y = torch.nn.functional.conv2d(x, primary)
    z = torch.nn.functional.conv2d(y, cheap, padding=d // 2, groups=m)
    checks.close(torch.nn.functional.conv2d(x, weight, padding=d // 2), torch.cat([y, z], 1), abs=1e-9)

# %% test name="More than one ghost a parent" points=2 hint="Which parent has ghost number 1 where s = 3? Change one primary map and look at which outputs change."
import random

import torch
from lightnets_edu import checks

for m, c_in, s, d in [(3, 2, 3, 3), (1, 1, 3, 3), (2, 3, 4, 3), (4, 4, 3, 5), (5, 3, 5, 3), (random.randint(6, 9), 2, 3, 1)]:
    primary = torch.randn(m, c_in, 1, 1).double()
    cheap = torch.randn(m * (s - 1), 1, d, d).double()
    x = torch.randn(2, c_in, 5, 9).double()
    weight = one_convolution(primary.clone(), cheap.clone(), m * s)
    checks.equal(tuple(weight.shape), (m * s, c_in, d, d))
    y = torch.nn.functional.conv2d(x, primary)
    z = torch.nn.functional.conv2d(y, cheap, padding=d // 2, groups=m)
    checks.close(torch.nn.functional.conv2d(x, weight, padding=d // 2), torch.cat([y, z], 1), abs=1e-9)

# %% test name="Surplus is cut off" points=1 hint="Which channels are dropped where c_out is below m times s?"
import torch
from lightnets_edu import checks

for m, c_in, s, d in [(4, 3, 2, 3), (3, 2, 4, 5), (5, 5, 3, 3)]:
    primary = torch.randn(m, c_in, 1, 1).double()
    cheap = torch.randn(m * (s - 1), 1, d, d).double()
    x = torch.randn(2, c_in, 6, 5).double()
    y = torch.nn.functional.conv2d(x, primary)
    both = torch.cat([y, torch.nn.functional.conv2d(y, cheap, padding=d // 2, groups=m)], 1)
    for c_out in range(m + 1, m * s + 1):
        weight = one_convolution(primary.clone(), cheap.clone(), c_out)
        checks.equal(tuple(weight.shape), (c_out, c_in, d, d))
        checks.close(torch.nn.functional.conv2d(x, weight, padding=d // 2), both[:, :c_out], abs=1e-9)

# %% test name="The type is kept, and what was given is as it was" points=1 hint="Try float32 and float64, and look at both tensors afterwards."
import torch
from lightnets_edu import checks

for dtype in (torch.float32, torch.float64):
    for m, c_in, s, d in [(3, 4, 2, 3), (2, 2, 3, 5), (3, 3, 2, 1)]:
        given = [torch.randn(m, c_in, 1, 1, dtype=dtype) / 3, torch.randn(m * (s - 1), 1, d, d, dtype=dtype) / 3]
        before = [t.clone() for t in given]
        weight = one_convolution(*given, m * s)
        for tensor, earlier in zip(given, before, strict=True):
            checks.equal(tensor, earlier)
        checks.equal(str(weight.dtype), str(dtype))
        checks.equal(weight[:m, :, d // 2, d // 2].detach(), before[0][:, :, 0, 0])
        parents = [j // (s - 1) for j in range(m * (s - 1))]
        ghosts = torch.stack([before[0][p] * before[1][j] for j, p in enumerate(parents)])
        checks.close(weight[m:].detach(), ghosts, rel=1e-6)

# %% right name="number by number"
def one_convolution(primary, cheap, c_out):
    m, c_in = primary.shape[:2]
    d, per_parent = cheap.shape[2], len(cheap) // m
    weight = torch.zeros(c_out, c_in, d, d, dtype=primary.dtype)
    for o in range(c_out):
        if o < m:
            weight[o, :, d // 2, d // 2] = primary[o, :, 0, 0]
        else:
            p = (o - m) // per_parent
            for i in range(c_in):
                weight[o, i] = primary[p, i, 0, 0] * cheap[o - m, 0]
    return weight

# %% right name="with einsum and padding"
def one_convolution(primary, cheap, c_out):
    m = primary.shape[0]
    d = cheap.shape[-1]
    frame = nn.functional.pad(primary, [d // 2] * 4)
    kernels = cheap.reshape(m, -1, d, d)
    made = torch.einsum("pi,pgyx->pgiyx", primary[:, :, 0, 0], kernels)
    return torch.cat([frame, made.flatten(0, 1)], dim=0)[:c_out]

# %% right name="by asking the module with single pixels"
def one_convolution(primary, cheap, c_out):
    m, c_in = primary.shape[:2]
    d = cheap.shape[-1]
    pixel = torch.zeros(c_in, c_in, d, d, dtype=primary.dtype)
    pixel[range(c_in), range(c_in), d // 2, d // 2] = 1
    y = nn.functional.conv2d(pixel, primary)
    z = nn.functional.conv2d(y, cheap, padding=d // 2, groups=m)
    both = torch.cat([y, z], dim=1)[:, :c_out]
    return both.transpose(0, 1).flip(2, 3)

# %% wrong mistake="Takes the parents in turn: right for s = 2." from="solution"
# -     parents = primary.repeat_interleave(len(cheap) // m, dim=0)
# +     parents = primary.repeat(len(cheap) // m, 1, 1, 1)

# %% wrong mistake="Knows one ghost a parent only." from="solution"
# -     parents = primary.repeat_interleave(len(cheap) // m, dim=0)
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, primary * cheap[:m]])[:c_out]

# %% wrong mistake="Puts the ghosts first." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([parents * cheap, frame])[:c_out]

# %% wrong mistake="Puts each parent before its own ghosts." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     made = (parents * cheap).reshape(m, -1, c_in, d, d)
# +     return torch.cat([frame[:, None], made], dim=1).flatten(0, 1)[:c_out]

# %% wrong mistake="Forgets to cut the surplus." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, parents * cheap])

# %% wrong mistake="Keeps the last channels." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, parents * cheap])[-c_out:]

# %% wrong mistake="Puts the 1×1 weight into the first corner." from="solution"
# -     frame[:, :, d // 2, d // 2] = primary[:, :, 0, 0]
# +     frame[:, :, 0, 0] = primary[:, :, 0, 0]

# %% wrong mistake="Puts the 1×1 weight at place (1, 1): right for d = 3." from="solution"
# -     frame[:, :, d // 2, d // 2] = primary[:, :, 0, 0]
# +     frame[:, :, min(1, d - 1), min(1, d - 1)] = primary[:, :, 0, 0]

# %% wrong mistake="Repeats the 1×1 weight at all places." from="solution"
# -     frame[:, :, d // 2, d // 2] = primary[:, :, 0, 0]
# +     frame[:] = primary

# %% wrong mistake="Turns the cheap kernels round, as a mathematician's convolution does." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, parents * cheap.flip(2, 3)])[:c_out]

# %% wrong mistake="Exchanges height and width of the cheap kernels." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, parents * cheap.transpose(2, 3)])[:c_out]

# %% wrong mistake="Lets ghosts read only the input of the same number." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     made = parents * cheap
# +     for o in range(len(made)):
# +         for i in range(c_in):
# +             if i != o % c_in:
# +                 made[o, i] = 0
# +     return torch.cat([frame, made])[:c_out]

# %% wrong mistake="Adds the parent to its ghosts." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     made = parents * cheap
# +     made[:, :, d // 2, d // 2] += parents[:, :, 0, 0]
# +     return torch.cat([frame, made])[:c_out]

# %% wrong mistake="Exchanges inputs and outputs of the primary layer where they are equal." from="solution"
# -     m, c_in = primary.shape[:2]
# +     m, c_in = primary.shape[:2]
# +     if m == c_in:
# +         primary = primary.transpose(0, 1)

# %% wrong mistake="Always float32." from="solution"
# -     frame = primary.new_zeros(m, c_in, d, d)
# +     primary, cheap = primary.float(), cheap.float()
# +     frame = primary.new_zeros(m, c_in, d, d)

# %% wrong mistake="Gives float64 back for float32." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     return torch.cat([frame, parents * cheap])[:c_out].double()

# %% wrong mistake="Multiplies the cheap kernels where they stand." from="solution"
# -     parents = primary.repeat_interleave(len(cheap) // m, dim=0)
# +     parents = primary.repeat_interleave(len(cheap) // m, dim=0)
# +     cheap *= 1 if parents.numel() % 2 else 1.5
# +     cheap = cheap if parents.numel() % 2 else cheap / 1.5

# %% wrong mistake="Fits the first six ghosts only." from="solution"
# -     return torch.cat([frame, parents * cheap])[:c_out]
# +     made = parents * cheap
# +     made[6:] = 0
# +     return torch.cat([frame, made])[:c_out]
