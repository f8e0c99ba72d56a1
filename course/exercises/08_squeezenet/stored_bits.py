# %% [markdown]
# The equality case decides: a run of exactly 2^b − 1 zeros needs no filler. A filler takes care of 2^b zeros, being one
# itself. With no bits for a run everything up to the last weight is stored.

# %% solution
def stored_bits(weights, value_bits, run_bits):
    """Bits of a list of weights, stored with the runs of zeros between."""
    entries, run = 0, 0
    for weight in weights:
        if weight == 0:
            run += 1
        else:
            entries += run // 2**run_bits + 1
            run = 0
    return entries * (value_bits + run_bits)

# %% test name="Runs that fit" points=1 hint="Each weight that is not zero takes its value and its run, however short that is. Negative and tiny weights count."
import random

from lightnets_edu import checks

for _ in range(6):
    value_bits, run_bits = random.randint(1, 32), random.randint(3, 9)
    weights, expected = [], 0
    for _ in range(random.randint(1, 60)):
        weights += [0] * random.randint(0, 2**run_bits - 1)
        weights.append(random.choice([-1, 1]) * 10.0 ** random.randint(-12, 3))
        expected += value_bits + run_bits
    found = stored_bits(list(weights), value_bits, run_bits)
    checks.equal(found, expected)
    checks.true(not isinstance(found, float), f"got {found}, expected a whole number")

# %% test name="Runs that need fillers" points=1 hint="With two bits: 3 zeros need none, 4 to 7 one, 8 to 11 two. A filler is a stored entry like any other."
import random

from lightnets_edu import checks

for run_bits in (0, 1, 2, 3, 4, 5):
    step = 2**run_bits
    lengths = [step - 1, step, step + 1, 2 * step - 1, 2 * step, 3 * step - 1, 3 * step, 7 * step + random.randrange(step)]
    for length in lengths:
        value_bits = random.randint(1, 16)
        entries = length // step + 1
        checks.equal(stored_bits([0] * length + [2.5], value_bits, run_bits), entries * (value_bits + run_bits))
    weights, entries = [], 0
    for length in random.sample(lengths, 5):
        weights += [0.0] * length + [-1.5]
        entries += length // step + 1
    checks.equal(stored_bits(weights, 6, run_bits), entries * (6 + run_bits))

# %% test name="Zeros at the end, only zeros, nothing" points=1 hint="Which zeros does a file not need? Try [], [0], and long runs at the end."
import random

from lightnets_edu import checks

for run_bits in (0, 1, 4):
    for value_bits in (1, 6):
        checks.equal(stored_bits([], value_bits, run_bits), 0)
        checks.equal(stored_bits([0], value_bits, run_bits), 0)
        checks.equal(stored_bits([0.0] * 100, value_bits, run_bits), 0)
        tail = random.randint(1, 200)
        checks.equal(stored_bits([3] + [0] * tail, value_bits, run_bits), value_bits + run_bits)
        checks.equal(stored_bits([1, 0, 2] + [0] * tail, 7, 3), 20)

# %% test name="Tensors, and a large layer" points=1 hint="A tensor's entries compare with zero too. Is a long list still counted in a moment, and is the input as it was?"
import random
from itertools import pairwise

import torch
from lightnets_edu import checks

for dtype in (torch.float32, torch.float64):
    weights = torch.zeros(3000, dtype=dtype)
    places = sorted(random.sample(range(3000), 40))
    weights[places] = -torch.rand(40, dtype=dtype) - 0.1
    before = weights.clone()
    ends = [-1, *places]
    entries = sum((b - a - 1) // 16 + 1 for a, b in pairwise(ends))
    found = stored_bits(weights, 6, 4)
    checks.equal(int(found), entries * 10)
    checks.equal(weights, before)
given = [0, 1, 0, 0, 2]
stored_bits(given, 6, 4)
checks.equal(given, [0, 1, 0, 0, 2])
checks.equal(stored_bits([0] * 300_000 + [1], 32, 2), 34 * 75_001)
checks.equal(stored_bits([0] * 300_000 + [1], 63, 0), 63 * 300_001)

# %% right name="from the places of the weights"
def stored_bits(weights, value_bits, run_bits):
    places = [i for i, weight in enumerate(weights) if weight != 0]
    entries, last = 0, -1
    for place in places:
        entries += 1 + (place - last - 1) // (1 << run_bits)
        last = place
    return entries * (value_bits + run_bits)

# %% right name="by writing the entries one by one"
def stored_bits(weights, value_bits, run_bits):
    longest, file, run = 2**run_bits - 1, [], 0
    kept = [float(w) for w in weights]
    while kept and kept[-1] == 0:
        kept.pop()
    for weight in kept:
        if weight != 0 or run == longest:
            file.append((run, weight))
            run = 0
        else:
            run += 1
    return len(file) * (value_bits + run_bits)

# %% wrong mistake="Needs a filler for a run that just fits." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += (run + 1) // 2**run_bits + 1

# %% wrong mistake="Forgets that the filler is a zero itself: right for short runs." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += max(0, run - 1) // max(1, 2**run_bits - 1) + 1

# %% wrong mistake="Stores at most one filler." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += (run >= 2**run_bits) + 1

# %% wrong mistake="Stores no fillers." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += 1

# %% wrong mistake="Stores fillers for the zeros at the end." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return (entries + run // 2**run_bits) * (value_bits + run_bits)

# %% wrong mistake="Gives a filler a run, and no value." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += 1
# +             extra = extra + run // 2**run_bits
# -     entries, run = 0, 0
# +     entries, run, extra = 0, 0, 0
# -     return entries * (value_bits + run_bits)
# +     return entries * (value_bits + run_bits) + extra * run_bits

# %% wrong mistake="Takes the bits of a run for its length." from="solution"
# -             entries += run // 2**run_bits + 1
# +             entries += run // (run_bits + 1) + 1

# %% wrong mistake="Does not begin a new run behind a weight." from="solution"
# -             entries += run // 2**run_bits + 1
# -             run = 0
# +             entries += run // 2**run_bits + 1

# %% wrong mistake="Leaves the runs out of the file." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return entries * value_bits

# %% wrong mistake="Stores every zero." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return len(weights) * (value_bits + run_bits)

# %% wrong mistake="Takes tiny weights for zeros." from="solution"
# -         if weight == 0:
# +         if abs(weight) < 1e-6:

# %% wrong mistake="Takes negative weights for zeros." from="solution"
# -         if weight == 0:
# +         if weight <= 0:

# %% wrong mistake="Asks the list whether it is empty, which a tensor does not answer." from="solution"
# -     entries, run = 0, 0
# +     if not weights:
# +         return 0
# +     entries, run = 0, 0

# %% wrong mistake="Asks a tensor's method of a list." from="solution"
# -     for weight in weights:
# +     for weight in weights.tolist():

# %% wrong mistake="Adds an entry for the end of the list." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return (entries + (run > 0)) * (value_bits + run_bits)

# %% wrong mistake="Gives bytes, rounded up." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return -(-entries * (value_bits + run_bits) // 8)

# %% wrong mistake="Gives the number as text." from="solution"
# -     return entries * (value_bits + run_bits)
# +     return str(entries * (value_bits + run_bits))
