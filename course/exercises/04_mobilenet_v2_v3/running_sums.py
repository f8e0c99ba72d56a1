# %% [markdown]
# Slices may be unequal, kernels other than 3×3, maps oblong, and the stride 2. The trap of the task is a sum that is
# changed in place while the list holds it: all entries are then the last one.

# %% solution
def running_sums(x, widen, filters, narrow, sizes, stride=1):
    """The sum of the slices' shares, after each slice."""
    conv = nn.functional.conv2d
    if any(size < 1 for size in sizes) or sum(sizes) != len(widen):
        raise ValueError(f"sizes {sizes} do not cut {len(widen)} channels into slices")
    sums, start = [], 0
    for size in sizes:
        part = slice(start, start + size)
        y = conv(x, widen[part]).clamp(0, 6)
        y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
        share = conv(y, narrow[:, part])
        sums.append(sums[-1] + share if sums else share)
        start += size
    return sums

# %% test name="The last sum is the block" points=1 hint="Try values above six, a 5×5 kernel, float64."
import torch
from torch.nn.functional import conv2d

from lightnets_edu import checks

for c_in, c_mid, c_out, k, sizes in ((4, 12, 6, 3, [5, 4, 3]), (3, 9, 3, 5, [1, 8]), (5, 8, 7, 1, [8]), (2, 12, 4, 7, [1] * 12)):
    for dtype, near in ((torch.float32, 1e-4), (torch.float64, 1e-9)):
        x = 3 * torch.randn(2, c_in, 8, 11, dtype=dtype)
        widen, filters = 2 * torch.randn(c_mid, c_in, 1, 1, dtype=dtype), torch.randn(c_mid, 1, k, k, dtype=dtype)
        narrow = torch.randn(c_out, c_mid, 1, 1, dtype=dtype)
        y = conv2d(x, widen).clamp(0, 6)
        y = conv2d(y, filters, padding=k // 2, groups=c_mid).clamp(0, 6)
        got = running_sums(x, widen, filters, narrow, sizes)
        checks.close(got[-1], conv2d(y, narrow), rel=near, abs=near)
        checks.equal(got[-1].dtype, dtype)

# %% test name="Every sum, in its order" points=1 hint="Print the sums of three slices: are they different?"
import torch
from torch.nn.functional import conv2d

from lightnets_edu import checks

for c_mid, sizes in ((12, [5, 4, 3]), (10, [2, 2, 2, 4]), (7, [1, 6]), (6, [6])):
    x = 3 * torch.randn(2, 4, 7, 10)
    widen, filters = 2 * torch.randn(c_mid, 4, 1, 1), torch.randn(c_mid, 1, 3, 3)
    narrow = torch.randn(5, c_mid, 1, 1)
    y = conv2d(x, widen).clamp(0, 6)
    y = conv2d(y, filters, padding=1, groups=c_mid).clamp(0, 6)
    got = running_sums(x, widen, filters, narrow, sizes)
    checks.equal(len(got), len(sizes))
    end = 0
    for size, one in zip(sizes, got, strict=True):
        end += size
        checks.close(one, conv2d(y[:, :end], narrow[:, :end]), rel=1e-3, abs=1e-3)

# %% test name="With a stride; nothing is changed" points=1 hint="To which layer does the stride belong?"
import torch
from torch.nn.functional import conv2d

from lightnets_edu import checks

for k, stride, h, w in ((3, 2, 9, 14), (5, 2, 8, 7), (3, 3, 10, 6), (3, 1, 5, 6)):
    given = 3 * torch.randn(3, 4, h, w), 2 * torch.randn(9, 4, 1, 1), torch.randn(9, 1, k, k), torch.randn(6, 9, 1, 1)
    x, widen, filters, narrow = before = [t.clone() for t in given]
    sizes = [4, 5]
    y = conv2d(x, widen).clamp(0, 6)
    y = conv2d(y, filters, stride=stride, padding=k // 2, groups=9).clamp(0, 6)
    got = running_sums(*given, sizes, stride)
    checks.close(got[0], conv2d(y[:, :4], narrow[:, :4]), rel=1e-3, abs=1e-3)
    checks.close(got[1], conv2d(y, narrow), rel=1e-3, abs=1e-3)
    for t, kept in zip(given, before, strict=True):
        checks.equal(t, kept)
    checks.equal(sizes, [4, 5])

# %% test name="Sizes that do not fit are refused" points=1 hint="What of a slice of no channels, and of one too many?"
import torch
from torch.nn.functional import conv2d

from lightnets_edu import checks

x, widen, filters = torch.randn(1, 4, 6, 6) / 10, torch.randn(9, 4, 1, 1) / 10, torch.randn(9, 1, 3, 3) / 10
narrow = torch.randn(6, 9, 1, 1)
first = conv2d(conv2d(x, widen).clamp(0, 6), filters, padding=1, groups=9).clamp(0, 6)[:, :2]
checks.close(running_sums(x, widen, filters, narrow, [2, 7])[0], conv2d(first, narrow[:, :2]), rel=1e-3, abs=1e-7)
for sizes in ([4, 4], [4, 6], [10], [], [9, 0], [0, 9], [5, 5, -1], [-3, 12], [4, 0, 5], [1] * 9 + [0], [1] * 10 + [-1]):
    try:
        running_sums(x, widen, filters, narrow, sizes)
    except ValueError:
        continue
    checks.true(False, f"no ValueError for {sizes}")

# %% right name="cut first, then add up"
def running_sums(x, widen, filters, narrow, sizes, stride=1):
    sizes = list(sizes)
    if not sizes or min(sizes) <= 0 or sum(sizes) != widen.shape[0]:
        raise ValueError("the sizes do not fit")
    k = filters.shape[2]
    shares = []
    for a, b, c in zip(widen.split(sizes), filters.split(sizes), narrow.split(sizes, dim=1), strict=True):
        y = nn.functional.relu6(nn.functional.conv2d(x, a))
        y = nn.functional.relu6(nn.functional.conv2d(y, b, None, stride, k // 2, 1, len(b)))
        shares.append(nn.functional.conv2d(y, c))
    return list(torch.stack(shares).cumsum(dim=0))

# %% right name="in place, with copies in the list"
def running_sums(x, widen, filters, narrow, sizes, stride=1):
    if sum(sizes) != narrow.shape[1] or 0 in sizes or any(s < 0 for s in sizes):
        raise ValueError(sizes)
    F = nn.functional
    total, found, i = 0, (), 0
    for s in sizes:
        y = torch.clamp(F.conv2d(x, widen[i:i + s]), min=0, max=6)
        y = F.conv2d(y, filters[i:i + s], stride=stride, padding=(filters.shape[2] - 1) // 2, groups=s)
        share = F.conv2d(torch.clamp(y, 0, 6), narrow[:, i:i + s])
        if found:
            total += share
        else:
            total = share
        found += (total.clone(),)
        i += s
    return found

# %% wrong mistake="The list holds one tensor several times, changed in place." from="in place, with copies in the list"
# -         found += (total.clone(),)
# +         found += (total,)

# %% wrong mistake="Gives the shares, not their sums." from="solution"
# -         sums.append(sums[-1] + share if sums else share)
# +         sums.append(share)

# %% wrong mistake="Takes a ReLU for a ReLU6." from="solution"
# -         y = conv(x, widen[part]).clamp(0, 6)
# -         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
# +         y = conv(x, widen[part]).relu()
# +         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).relu()

# %% wrong mistake="ReLU6 behind the projection too." from="solution"
# -         share = conv(y, narrow[:, part])
# +         share = conv(y, narrow[:, part]).clamp(0, 6)

# %% wrong mistake="No ReLU6 behind the depthwise layer." from="solution"
# -         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
# +         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size)

# %% wrong mistake="Knows kernels of 3×3 only; passes the visible check." from="solution"
# -         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
# +         y = conv(y, filters[part], stride=stride, padding=1, groups=size).clamp(0, 6)

# %% wrong mistake="Forgets the stride; passes the visible check." from="solution"
# -         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
# +         y = conv(y, filters[part], padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)

# %% wrong mistake="Gives the stride to the first layer; passes the visible check." from="solution"
# -         y = conv(x, widen[part]).clamp(0, 6)
# -         y = conv(y, filters[part], stride=stride, padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)
# +         y = conv(x, widen[part], stride=stride).clamp(0, 6)
# +         y = conv(y, filters[part], padding=filters.shape[-1] // 2, groups=size).clamp(0, 6)

# %% wrong mistake="Lets slices of no channels pass; passes the visible check." from="solution"
# -     if any(size < 1 for size in sizes) or sum(sizes) != len(widen):
# +     if any(size < 0 for size in sizes) or sum(sizes) != len(widen):
# -         part = slice(start, start + size)
# +         part = slice(start, start + size)
# +         if size == 0:
# +             sums.append(sums[-1] if sums else 0)
# +             continue

# %% wrong mistake="Refuses slices that are too few, not those that are too many." from="solution"
# -     if any(size < 1 for size in sizes) or sum(sizes) != len(widen):
# +     if any(size < 1 for size in sizes) or sum(sizes) < len(widen):

# %% wrong mistake="Asserts, where a ValueError was asked for." from="solution"
# -     if any(size < 1 for size in sizes) or sum(sizes) != len(widen):
# -         raise ValueError(f"sizes {sizes} do not cut {len(widen)} channels into slices")
# +     assert all(size >= 1 for size in sizes) and sum(sizes) == len(widen)

# %% wrong mistake="Cuts into equal slices, whatever the sizes." from="solution"
# -         part = slice(start, start + size)
# +         size = len(widen) // len(sizes)
# +         part = slice(start, start + size)

# %% wrong mistake="Empties the list of sizes; passes the visible check." from="solution"
# -     for size in sizes:
# +     sizes = sizes if isinstance(sizes, list) else list(sizes)
# +     while sizes:
# +         size = sizes.pop(0)

# %% wrong mistake="Computes in float32; the visible check sees the type." from="solution"
# -     sums, start = [], 0
# +     sums, start = [], 0
# +     x, widen, filters, narrow = x.float(), widen.float(), filters.float(), narrow.float()

# %% wrong mistake="The list goes from the whole to the first slice." from="solution"
# -     return sums
# +     return sums[::-1]

# %% wrong mistake="Clamps the input in place." from="solution"
# -     sums, start = [], 0
# +     sums, start = [], 0
# +     x.clamp_(-6, 6)

# %% wrong mistake="Takes one image for the whole batch." from="solution"
# -     sums, start = [], 0
# +     sums, start = [], 0
# +     x = x[:1]
