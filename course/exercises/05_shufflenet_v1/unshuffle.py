# %% solution
def unshuffle(x, groups):
    """Undo `channel_shuffle(x, groups)`. (N, C, H, W) -> (N, C, H, W)."""
    n, c, h, w = x.shape
    if groups < 1 or c % groups:
        raise ValueError(f"{c} channels cannot be dealt to {groups} groups")
    per_group = c // groups
    piles = x.reshape(n, per_group, groups, h, w)  # the shuffle left them in piles of one channel per group
    return piles.transpose(1, 2).reshape(n, c, h, w)

# %% test name="Any groups and channels" points=1 hint="Try groups=3, 12 channels, 4×5 pixels: go there and back."
import random

import torch
from lightnets_edu import checks

drawn = [(random.randint(2, 6), random.randint(2, 6)) for _ in range(6)]
for groups, per_group in [(2, 5), (5, 2), (1, 7), (7, 1), (2, 13), *drawn]:
    c = groups * per_group
    order = [g * per_group + k for k in range(per_group) for g in range(groups)]  # what a shuffle does, spelt out
    batch, height, width = random.randint(2, 4), random.randint(2, 4), random.randint(5, 7)
    picture = torch.randn(batch, c, height, width)
    checks.equal(unshuffle(picture[:, order], groups), picture)
    checks.equal(unshuffle(picture.clone(), groups)[:, order], picture)

# %% test name="Keeps the type, leaves the input alone" points=1 hint="Try whole numbers, truth values, infinity; look at x after the call."
import torch
from lightnets_edu import checks

order = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]  # 12 channels dealt by 3 groups of 4
for dtype in (torch.float64, torch.int64, torch.float32, torch.float16, torch.int32, torch.uint8, torch.bool):
    picture = torch.randint(-(2**40), 2**40, (2, 12, 3, 5)).to(dtype)
    if dtype.is_floating_point:
        picture[0, :3] = torch.tensor([torch.inf, torch.nan, 1, -torch.inf, 0])
    shuffled = picture[:, order]
    before = shuffled.clone()
    result = unshuffle(shuffled, 3)
    checks.true(result.dtype == dtype, f"a {dtype} input gave {result.dtype}")
    checks.equal(result, picture)
    checks.equal(shuffled, before)

channels_last = torch.randn(2, 3, 5, 12).permute(0, 3, 1, 2)  # the same shape, another order in memory
checks.equal(unshuffle(channels_last, 3)[:, order], channels_last)
every_second = torch.randn(2, 24, 6, 10)[:, ::2, ::2, ::2]
checks.equal(unshuffle(every_second, 3)[:, order], every_second)

# %% test name="ValueError for groups that do not divide" points=1 hint="Try groups=4 with 10 channels."
import torch
from lightnets_edu import checks

checks.true(unshuffle(torch.zeros(1, 10, 2, 2), 5).shape == (1, 10, 2, 2), "5 groups divide 10 channels")
for channels, groups in ((10, 4), (6, 4), (12, 5), (3, 6), (4, 8)):
    try:
        unshuffle(torch.randn(2, channels, 4, 3), groups)
    except ValueError:
        continue
    raise AssertionError(f"{channels} channels and {groups} groups raised no ValueError")

# %% right name="by the inverse of the permutation"
def unshuffle(x, groups):
    channels = x.shape[1]
    if channels % groups != 0:
        raise ValueError("groups must divide the channels")
    shuffled = torch.arange(channels).view(groups, channels // groups).t().reshape(-1)
    return x[:, torch.argsort(shuffled)]

# %% right name="as a shuffle with the other number of groups"
def unshuffle(x, groups):
    c = x.size(1)
    if c % groups:
        raise ValueError(f"{groups} does not divide {c}")
    return channel_shuffle(x, c // groups)

# %% right name="channel by channel, into a new tensor"
def unshuffle(x, groups):
    c = x.shape[1]
    per_group, rest = divmod(c, groups)
    if rest:
        raise ValueError("groups")
    y = torch.empty_like(x)
    for i in range(c):
        y[:, (i % groups) * per_group + i // groups] = x[:, i]
    return y

# %% wrong mistake="Shuffles once more with the same number of groups."
def unshuffle(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups must divide the channels")
    return channel_shuffle(x, groups)

# %% wrong mistake="Does nothing: the shapes agree, the order does not."
def unshuffle(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups must divide the channels")
    return x

# %% wrong mistake="Takes the channels for the last axis: unseen on maps of one pixel."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError("groups must divide the channels")
    return x.reshape(n, h, w, c // groups, groups).transpose(3, 4).reshape(n, c, h, w)

# %% wrong mistake="Right for the first picture of a batch only."
def unshuffle(x, groups):
    c, h, w = x.shape[1:]
    if c % groups:
        raise ValueError("groups must divide the channels")
    return x[0].reshape(c // groups, groups, h, w).transpose(0, 1).reshape(1, c, h, w)

# %% wrong mistake="Written for the sizes of the visible tests."
def unshuffle(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups must divide the channels")
    order = {6: [0, 2, 4, 1, 3, 5], 12: [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]}
    return x[:, order[x.shape[1]]]

# %% wrong mistake="Writes the result into the input."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError("groups must divide the channels")
    x.copy_(x.reshape(n, c // groups, groups, h, w).transpose(1, 2).reshape(n, c, h, w).clone())
    return x

# %% wrong mistake="Always returns float32, so large whole numbers are rounded."
def unshuffle(x, groups):
    c = x.shape[1]
    if c % groups:
        raise ValueError("groups must divide the channels")
    order = torch.arange(c).view(c // groups, groups).t().reshape(-1)
    return x.float()[:, order]

# %% wrong mistake="Uses view after a transposition, which raises RuntimeError."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError("groups must divide the channels")
    return x.view(n, c // groups, groups, h, w).transpose(1, 2).view(n, c, h, w)

# %% wrong mistake="Cuts off the channels that are left over instead of raising ValueError."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    per_group = c // groups
    x = x[:, : per_group * groups]
    return x.reshape(n, per_group, groups, h, w).transpose(1, 2).reshape(n, -1, h, w)

# %% wrong mistake="Raises AssertionError where the task asks for ValueError."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    assert c % groups == 0
    return x.reshape(n, c // groups, groups, h, w).transpose(1, 2).reshape(n, c, h, w)

# %% wrong mistake="Refuses one group, and as many groups as channels, since they move nothing."
def unshuffle(x, groups):
    n, c, h, w = x.shape
    if c % groups or groups in (1, c):
        raise ValueError("groups must divide the channels")
    return x.reshape(n, c // groups, groups, h, w).transpose(1, 2).reshape(n, c, h, w)

# %% wrong mistake="Reads the channels of the whole batch as one row, and so mixes images that do not stand alone." from="solution"
# -     piles = x.reshape(n, per_group, groups, h, w)  # the shuffle left them in piles of one channel per group
# -     return piles.transpose(1, 2).reshape(n, c, h, w)
# +     piles = x.reshape(n * per_group, groups, h, w)
# +     return piles.transpose(0, 1).reshape(n, c, h, w)

# %% wrong mistake="Shuffles on until the channels come round, ten times at most: 26 in two groups take twenty."
def unshuffle(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups must divide the channels")
    y = x
    for _ in range(10):
        if torch.equal(channel_shuffle(y, groups), x):
            break
        y = channel_shuffle(y, groups)
    return y

# %% wrong mistake="Multiplies by a matrix of zeros and ones, in which zero times infinity is no number."
def unshuffle(x, groups):
    c = x.shape[1]
    if c % groups:
        raise ValueError("groups must divide the channels")
    order = torch.arange(c).view(c // groups, groups).t().reshape(-1)
    return torch.einsum("oc,nchw->nohw", torch.eye(c, dtype=torch.float64)[order], x.double()).to(x.dtype)

# %% wrong mistake="Knows float64 and int64; everything else becomes float32." from="solution"
# -     return piles.transpose(1, 2).reshape(n, c, h, w)
# +     y = piles.transpose(1, 2).reshape(n, c, h, w)
# +     return y if x.dtype in (torch.float64, torch.int64) else y.float()

# %% wrong mistake="Writes zeros where the channels came from." from="channel by channel, into a new tensor"
# -         y[:, (i % groups) * per_group + i // groups] = x[:, i]
# +         y[:, (i % groups) * per_group + i // groups] = x[:, i]
# +         x[:, i] = 0
