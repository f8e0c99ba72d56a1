# %% [markdown]
# Pools that round up halve a side rounding down: 54 and 55 both give 27. Rounding down, as PyTorch does without
# `ceil_mode`, agrees on odd sides only: 224 has even ones. In the visible check no pool follows the last module.

# %% solution
def network_macs(h, w, fires, pools, classes):
    """Multiply-adds of a SqueezeNet 1.0 with other fire modules."""
    h, w = (h - 7) // 2 + 1, (w - 7) // 2 + 1
    total = 3 * 96 * 49 * h * w
    h, w = h // 2, w // 2
    c = 96
    for number, (s, e1, e3) in enumerate(fires, start=2):
        total += (c * s + s * e1 + 9 * s * e3) * h * w
        c = e1 + e3
        if number in pools:
            h, w = h // 2, w // 2
    return total + c * classes * h * w

# %% test name="Square images, the paper's modules" points=1 hint="Which sides do 54 and 55 give behind a pool?"
import random

from lightnets_edu.models.squeezenet import TABLE_1

from lightnets_edu import checks


def expected(h, w, fires, pools, classes):
    """Windows counted one by one: those of a pool that rounds up begin inside the map."""
    def behind(side):
        return len(range(0, side - 1, 2))

    h, w, c = len(range(0, h - 6, 2)), len(range(0, w - 6, 2)), 96
    total = 3 * c * 7 * 7 * h * w
    h, w = behind(h), behind(w)
    for place in range(len(fires)):
        s, e1, e3 = fires[place]
        total += h * w * s * (c + e1 + 9 * e3)
        c = e1 + e3
        if place + 2 in pools:
            h, w = behind(h), behind(w)
    return total + h * w * c * classes


checks.equal(network_macs(224, 224, TABLE_1, (4, 8), 1000), 818_924_576)
checks.equal(network_macs(227, 227, TABLE_1, (4, 8), 1000), 832_667_936)
for size in [64, 65, 66, 67, random.randint(100, 400)]:
    for classes in (1000, random.randint(2, 50)):
        found = network_macs(size, size, TABLE_1, (4, 8), classes)
        checks.equal(found, expected(size, size, TABLE_1, (4, 8), classes))
        checks.true(not isinstance(found, float), f"got {found}, expected a whole number")

# %% test name="Oblong images" points=1 hint="Follow height and width each by itself. Try an even and an odd one."
import random

from lightnets_edu.models.squeezenet import TABLE_1

from lightnets_edu import checks


def expected(h, w, fires, pools, classes):
    """Windows counted one by one: those of a pool that rounds up begin inside the map."""
    def behind(side):
        return len(range(0, side - 1, 2))

    h, w, c = len(range(0, h - 6, 2)), len(range(0, w - 6, 2)), 96
    total = 3 * c * 7 * 7 * h * w
    h, w = behind(h), behind(w)
    for place in range(len(fires)):
        s, e1, e3 = fires[place]
        total += h * w * s * (c + e1 + 9 * e3)
        c = e1 + e3
        if place + 2 in pools:
            h, w = behind(h), behind(w)
    return total + h * w * c * classes


sizes = [(64, 131), (131, 64), (70, 300), (223, 96)]
sizes += [(random.randint(60, 200), random.randint(201, 400)) for _ in range(3)]
for h, w in sizes:
    checks.equal(network_macs(h, w, TABLE_1, (4, 8), 7), expected(h, w, TABLE_1, (4, 8), 7))

# %% test name="Other modules: unequal halves, any number of them" points=1 hint="What does the next module read where e1 and e3 differ?"
import random

from lightnets_edu import checks


def expected(h, w, fires, pools, classes):
    """Windows counted one by one: those of a pool that rounds up begin inside the map."""
    def behind(side):
        return len(range(0, side - 1, 2))

    h, w, c = len(range(0, h - 6, 2)), len(range(0, w - 6, 2)), 96
    total = 3 * c * 7 * 7 * h * w
    h, w = behind(h), behind(w)
    for place in range(len(fires)):
        s, e1, e3 = fires[place]
        total += h * w * s * (c + e1 + 9 * e3)
        c = e1 + e3
        if place + 2 in pools:
            h, w = behind(h), behind(w)
    return total + h * w * c * classes


for count in (1, 2, 3, 11):
    fires = [tuple(random.sample(range(1, 40), 3)) for _ in range(count)]
    h, w = random.randint(80, 160), random.randint(161, 240)
    checks.equal(network_macs(h, w, fires, (), 5), expected(h, w, fires, (), 5))

# %% test name="Pools in other places, in any order; large networks" points=1 hint="A pool may follow any module, the last one too, or none."
import random

from lightnets_edu.models.squeezenet import TABLE_1

from lightnets_edu import checks


def expected(h, w, fires, pools, classes):
    """Windows counted one by one: those of a pool that rounds up begin inside the map."""
    def behind(side):
        return len(range(0, side - 1, 2))

    h, w, c = len(range(0, h - 6, 2)), len(range(0, w - 6, 2)), 96
    total = 3 * c * 7 * 7 * h * w
    h, w = behind(h), behind(w)
    for place in range(len(fires)):
        s, e1, e3 = fires[place]
        total += h * w * s * (c + e1 + 9 * e3)
        c = e1 + e3
        if place + 2 in pools:
            h, w = behind(h), behind(w)
    return total + h * w * c * classes


cases = [(TABLE_1, []), (TABLE_1, [3, 5]), (TABLE_1, [9]), (TABLE_1, [8, 2]), (TABLE_1, [5, 3, 9]), (TABLE_1[:2], [2, 3])]
cases += [([(300, 900, 1200), (800, 100, 2000)], [3])]
for fires, pools in cases:
    h, w = random.choice([(226, 228), (228, 161), (323, 230)])
    fires = [tuple(row) for row in fires]
    checks.equal(network_macs(h, w, fires, pools, 12), expected(h, w, fires, pools, 12))

# %% right name="with the package's formula, layer by layer"
def network_macs(h, w, fires, pools, classes):
    size = [(side - 5) // 2 for side in (h, w)]
    total = cost.conv_macs(3, 96, 7, size)
    size, c = [side // 2 for side in size], 96
    for i, (s, e1, e3) in enumerate(fires):
        total += cost.conv_macs(c, s, 1, size)
        total += cost.conv_macs(s, e1, 1, size) + cost.conv_macs(s, e3, 3, size)
        c = e1 + e3
        if i + 2 in set(pools):
            size = [side // 2 for side in size]
    return total + cost.conv_macs(c, classes, 1, size)

# %% right name="by building the layers and counting"
def network_macs(h, w, fires, pools, classes):
    with torch.device("meta"):
        layers, c = [nn.Conv2d(3, 96, 7, 2), nn.MaxPool2d(3, 2, ceil_mode=True)], 96
        for number, (s, e1, e3) in enumerate(fires, start=2):
            layers.append(Fire(c, s, e1, e3))
            c = e1 + e3
            if number in pools:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        net = nn.Sequential(*layers, nn.Conv2d(c, classes, 1))
    return cost.total(cost.layer_costs(net, (1, 3, h, w))).macs

# %% wrong mistake="Lets pools round down, as PyTorch does by itself: right where all sides are odd." from="solution"
# -     h, w = h // 2, w // 2
# -     c = 96
# +     h, w = (h - 1) // 2, (w - 1) // 2
# +     c = 96
# -             h, w = h // 2, w // 2
# +             h, w = (h - 1) // 2, (w - 1) // 2

# %% wrong mistake="Rounds an odd side up." from="solution"
# -             h, w = h // 2, w // 2
# +             h, w = (h + 1) // 2, (w + 1) // 2

# %% wrong mistake="Pads conv1." from="solution"
# -     h, w = (h - 7) // 2 + 1, (w - 7) // 2 + 1
# +     h, w = (h + 1) // 2, (w + 1) // 2

# %% wrong mistake="Rounds a side behind conv1 up." from="solution"
# -     h, w = (h - 7) // 2 + 1, (w - 7) // 2 + 1
# +     h, w = (h - 6) // 2 + 1, (w - 6) // 2 + 1

# %% wrong mistake="Takes the height for both sides." from="solution"
# -     h, w = (h - 7) // 2 + 1, (w - 7) // 2 + 1
# +     h, w = (h - 7) // 2 + 1, (h - 7) // 2 + 1

# %% wrong mistake="Counts parameters: forgets the positions of the fire modules." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# +         total += c * s + s * e1 + 9 * s * e3

# %% wrong mistake="Counts biases." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# +         total += ((c + 1) * s + (s + 1) * e1 + (9 * s + 1) * e3) * h * w

# %% wrong mistake="Lets the expand layers read the module's input." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# +         total += (c * s + c * e1 + 9 * c * e3) * h * w

# %% wrong mistake="Takes both expand layers for 3×3." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# +         total += (c * s + 9 * s * e1 + 9 * s * e3) * h * w

# %% wrong mistake="Takes e1 and e3 for equal." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# -         c = e1 + e3
# +         total += (c * s + 10 * s * e1) * h * w
# +         c = 2 * e1

# %% wrong mistake="Lets the next module read the 3×3 outputs twice." from="solution"
# -         c = e1 + e3
# +         c = 2 * e3

# %% wrong mistake="Pools before the module, not behind it." from="solution"
# -         total += (c * s + s * e1 + 9 * s * e3) * h * w
# -         c = e1 + e3
# -         if number in pools:
# -             h, w = h // 2, w // 2
# +         if number in pools:
# +             h, w = h // 2, w // 2
# +         total += (c * s + s * e1 + 9 * s * e3) * h * w
# +         c = e1 + e3

# %% wrong mistake="Numbers the modules from 1." from="solution"
# -     for number, (s, e1, e3) in enumerate(fires, start=2):
# +     for number, (s, e1, e3) in enumerate(fires, start=1):

# %% wrong mistake="Always pools behind fire4 and fire8." from="solution"
# -         if number in pools:
# +         if number in (4, 8):

# %% wrong mistake="Takes the pools in the order in which they are given." from="solution"
# -     for number, (s, e1, e3) in enumerate(fires, start=2):
# +     pools = list(pools)
# +     for number, (s, e1, e3) in enumerate(fires, start=2):
# -         if number in pools:
# +         if pools and number == pools[0]:
# +             pools.pop(0)

# %% wrong mistake="Leaves out a pool behind the last module." from="solution"
# -         if number in pools:
# +         if number in pools and number <= len(fires):

# %% wrong mistake="Always ends in a thousand classes." from="solution"
# -     return total + c * classes * h * w
# +     return total + c * 1000 * h * w

# %% wrong mistake="Takes conv10 for a linear layer behind the average." from="solution"
# -     return total + c * classes * h * w
# +     return total + c * classes

# %% wrong mistake="Always reads 512 channels at the end." from="solution"
# -     return total + c * classes * h * w
# +     return total + 512 * classes * h * w

# %% wrong mistake="Forgets the pool behind conv1." from="solution"
# -     h, w = h // 2, w // 2
# -     c = 96
# +     c = 96

# %% wrong mistake="Gives a float." from="solution"
# -     return total + c * classes * h * w
# +     return float(total + c * classes * h * w)
