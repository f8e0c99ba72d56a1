# %% [markdown]
# Odd sides: the pool rounds the rows down, for both readings; a kernel one column wide still fits on a last odd column, one
# of two columns does not. The visible check has an odd width for the printed kernel only.

# %% solution
def block_macs(c_in, c_mid, c_out, h, w, last):
    """Multiply-adds of an EffNet block on a map of h × w positions."""
    low = h // 2  # rows behind the pool
    narrow = (w + 1) // 2 if last == "2x1" else w // 2  # columns behind the last layer
    return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow

# %% test name="Even sides" points=1 hint="Try oblong maps, higher than wide and wider than high, and widths of 1."
import random

import torch
from lightnets_edu import checks, cost
from lightnets_edu.models.effnet import EffNetBlock

sizes = [(3, 32, 64, 32, 32), (1, 1, 1, 2, 2), (64, 64, 128, 16, 4), (5, 40, 3, 2, 18)]
sizes += [(*random.sample(range(1, 60), 3), 2 * random.randint(1, 12), 2 * random.randint(13, 30)) for _ in range(4)]
for c_in, c_mid, c_out, h, w in sizes:
    for last in ("2x1", "1x2"):
        with torch.device("meta"):
            block = EffNetBlock(c_in, c_mid, c_out, last)
        expected = cost.total(cost.layer_costs(block, (1, c_in, h, w))).macs
        found = block_macs(c_in, c_mid, c_out, h, w, last)
        checks.equal(found, expected)
        checks.true(not isinstance(found, float), f"got {found}, expected a whole number")

# %% test name="Odd sides, the kernel as printed" points=1 hint="How often does a kernel one column wide stand on 11 columns?"
import random

import torch
from lightnets_edu import checks, cost
from lightnets_edu.models.effnet import EffNetBlock

sizes = [(4, 8, 6, 7, 11), (3, 5, 9, 2, 3), (6, 7, 8, 3, 2), (2, 9, 4, 21, 1 + 2 * random.randint(10, 20))]
sizes += [(*random.sample(range(1, 60), 3), random.randint(2, 12), 1 + 2 * random.randint(6, 15)) for _ in range(4)]
for c_in, c_mid, c_out, h, w in sizes:
    with torch.device("meta"):
        block = EffNetBlock(c_in, c_mid, c_out, "2x1")
    expected = cost.total(cost.layer_costs(block, (1, c_in, h, w))).macs
    checks.equal(block_macs(c_in, c_mid, c_out, h, w, "2x1"), expected)

# %% test name="Odd sides, the kernel turned; large layers" points=1 hint="And one that is two columns wide?"
import random

import torch
from lightnets_edu import checks, cost
from lightnets_edu.models.effnet import EffNetBlock

sizes = [(4, 8, 6, 7, 11), (3, 5, 9, 2, 3), (6, 7, 8, 9, 12), (1024, 1300, 2048, 401, 303), (5, 6, 2, 31, 17)]
sizes += [(*random.sample(range(1, 60), 3), random.randint(2, 12), 1 + 2 * random.randint(6, 15)) for _ in range(4)]
for c_in, c_mid, c_out, h, w in sizes:
    with torch.device("meta"):
        block = EffNetBlock(c_in, c_mid, c_out, "1x2")
    expected = cost.total(cost.layer_costs(block, (1, c_in, h, w))).macs
    checks.equal(block_macs(c_in, c_mid, c_out, h, w, "1x2"), expected)

# %% right name="with the package's formula, layer by layer"
def block_macs(c_in, c_mid, c_out, h, w, last):
    kernel = (2, 1) if last == "2x1" else (1, 2)
    end = (h // 2, (w - kernel[1]) // 2 + 1)
    return (
        cost.conv_macs(c_in, c_mid, 1, (h, w))
        + cost.conv_macs(c_mid, c_mid, (1, 3), (h, w), groups=c_mid)
        + cost.conv_macs(c_mid, c_mid, (3, 1), (h // 2, w), groups=c_mid)
        + cost.conv_macs(c_mid, c_out, kernel, end)
    )

# %% right name="by building the block and counting"
def block_macs(c_in, c_mid, c_out, h, w, last):
    with torch.device("meta"):
        block = EffNetBlock(c_in, c_mid, c_out, last)
    return macs(block, c_in, h, w)

# %% wrong mistake="Rounds an odd last column up in both readings." from="solution"
# -     narrow = (w + 1) // 2 if last == "2x1" else w // 2  # columns behind the last layer
# +     narrow = (w + 1) // 2

# %% wrong mistake="Rounds an odd last column down in both readings." from="solution"
# -     narrow = (w + 1) // 2 if last == "2x1" else w // 2  # columns behind the last layer
# +     narrow = w // 2

# %% wrong mistake="Exchanges the two readings." from="solution"
# -     narrow = (w + 1) // 2 if last == "2x1" else w // 2  # columns behind the last layer
# +     narrow = (w + 1) // 2 if last == "1x2" else w // 2

# %% wrong mistake="Lets the pool keep an odd last row." from="solution"
# -     low = h // 2  # rows behind the pool
# +     low = (h + 1) // 2

# %% wrong mistake="Halves the rows of a turned kernel up." from="solution"
# -     low = h // 2  # rows behind the pool
# +     low = h // 2 if last == "2x1" else (h + 1) // 2

# %% wrong mistake="Forgets the pool before the column layer." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return (c_in + 3) * c_mid * h * w + 3 * c_mid * h * w + 2 * c_mid * c_out * low * narrow

# %% wrong mistake="Takes the last layer for a 1×1 layer." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + c_mid * c_out * low * narrow

# %% wrong mistake="Takes the depthwise layers for standard ones." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return (c_in + 3 * c_mid) * c_mid * h * w + 3 * c_mid * c_mid * low * w + 2 * c_mid * c_out * low * narrow

# %% wrong mistake="Lets the last layer work at every column." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * w

# %% wrong mistake="Takes the middle for half of the output." from="solution"
# -     low = h // 2  # rows behind the pool
# +     c_mid = max(1, c_out // 2)
# +     low = h // 2

# %% wrong mistake="Counts in 32 bits, which large layers overflow." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     found = (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return (found + 2**31) % 2**32 - 2**31

# %% wrong mistake="Counts in 32-bit floats, which lose digits." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     found = (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return int(torch.tensor(float(found), dtype=torch.float32))

# %% wrong mistake="Halves with /, and gives a float." from="solution"
# -     low = h // 2  # rows behind the pool
# +     low = (h - h % 2) / 2

# %% wrong mistake="Takes the odd case from the height." from="solution"
# -     narrow = (w + 1) // 2 if last == "2x1" else w // 2  # columns behind the last layer
# +     narrow = w // 2 + (h % 2 if last == "2x1" else 0)

# %% wrong mistake="Gives the number as text." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return str((c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow)

# %% wrong mistake="Adds the batch norms' parameters." from="solution"
# -     return (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     found = (c_in + 3) * c_mid * h * w + 3 * c_mid * low * w + 2 * c_mid * c_out * low * narrow
# +     return found + 6 * c_mid + 2 * c_out

# %% wrong mistake="Exchanges height and width." from="solution"
# -     low = h // 2  # rows behind the pool
# +     h, w = w, h
# +     low = h // 2
