# %% [markdown]
# With stride 2 the order weighs more than any widening: in PW→DW the 1×1 layer works on the large map. Odd sizes
# show floor division. The visible check asks `cheaper` about 3×3 kernels and large maps only.

# %% solution
def order_macs(c_in, c_out, kernel, h, w, stride):
    """Multiply-adds of DW→PW and of PW→DW."""
    small = ((h + stride - 1) // stride) * ((w + stride - 1) // stride)  # positions after the depthwise layer
    mixing, filtering = c_in * c_out, kernel * kernel
    first = (filtering * c_in + mixing) * small
    last = mixing * h * w + filtering * c_out * small
    return first, last


def cheaper(c_in, c_out, kernel, h, w, stride):
    """Which order has fewer: "DW→PW", "PW→DW" or "equal"."""
    first, last = order_macs(c_in, c_out, kernel, h, w, stride)
    if first == last:
        return "equal"
    return "DW→PW" if first < last else "PW→DW"

# %% test name="Stride 1" points=1 hint="Try a map of 7 × 12 positions and a 5×5 kernel, widening and narrowing."
import random

from lightnets_edu import checks, cost

cases = [(k, *random.sample(range(2, 90), 2), *random.sample(range(3, 40), 2)) for k in (1, 3, 5, 7)]
cases.append((3, random.randrange(1001, 1200, 2), random.randrange(900, 1000, 2), 103, 117))  # odd, beyond 32 bits
for kernel, a, b, h, w in cases:
    mixing = cost.conv_macs(a, b, 1, (h, w))
    expected = [cost.conv_macs(c, c, kernel, (h, w), groups=c) + mixing for c in (a, b)]
    checks.equal(list(order_macs(a, b, kernel, h, w, 1)), expected)

# %% test name="With a stride, on maps of any size" points=1 hint="Which layer still sees the large map?"
import random

from torch import nn
from lightnets_edu import checks, cost

for stride in (2, 3, 4):
    for h, w, kernel in ((9, 14, 3), (random.randint(5, 20), random.randint(21, 40), 5), (24, 12, 3), (11, 22, 1)):
        a, b = random.randint(2, 40), random.randint(41, 80)
        for c_in, c_out in ((a, b), (b, a)):
            def depth(c, kernel=kernel, stride=stride):
                return nn.Conv2d(c, c, kernel, stride, kernel // 2, groups=c, bias=False)

            point = nn.Conv2d(c_in, c_out, 1, bias=False)
            stacks = nn.Sequential(depth(c_in), point), nn.Sequential(point, depth(c_out))
            expected = [cost.total(cost.layer_costs(stack, (1, c_in, h, w))).macs for stack in stacks]
            checks.equal(list(order_macs(c_in, c_out, kernel, h, w, stride)), expected)

# %% test name="The cheaper one, and ties" points=1 hint="Does narrowing still decide with stride 2?"
from lightnets_edu import checks

cases = [
    ((8, 9, 3, 5, 6, 1), "DW→PW"), ((9, 8, 3, 5, 6, 1), "PW→DW"), ((17, 17, 5, 4, 9, 1), "equal"),
    ((64, 32, 3, 28, 28, 2), "DW→PW"), ((64, 64, 3, 28, 14, 2), "DW→PW"), ((64, 1, 3, 28, 28, 2), "PW→DW"),
    ((64, 2, 5, 9, 9, 2), "PW→DW"), ((64, 4, 5, 8, 8, 2), "PW→DW"), ((30, 3, 3, 8, 8, 2), "DW→PW"),
    ((9, 3, 3, 1, 1, 2), "PW→DW"), ((6, 6, 3, 1, 1, 2), "equal"), ((69, 8, 5, 8, 3, 2), "PW→DW"),
    ((69, 8, 5, 2, 7, 2), "PW→DW"), ((4, 2, 3, 5, 12, 2), "DW→PW"),
]  # fmt: skip
for sizes, expected in cases:
    checks.equal(cheaper(*sizes), expected)

# %% right name="with the package's formulas"
def order_macs(c_in, c_out, kernel, h, w, stride):
    large, small = (h, w), (-(-h // stride), -(-w // stride))

    def dw(c):
        return cost.conv_macs(c, c, kernel, small, groups=c)

    return [dw(c_in) + cost.conv_macs(c_in, c_out, 1, small), cost.conv_macs(c_in, c_out, 1, large) + dw(c_out)]


def cheaper(c_in, c_out, kernel, h, w, stride):
    a, b = order_macs(c_in, c_out, kernel, h, w, stride)
    return {True: "DW→PW", False: "PW→DW"}[a < b] if a != b else "equal"

# %% right name="by building the layers and counting"
def order_macs(c_in, c_out, kernel, h, w, stride):
    found = []
    for stack in (
        nn.Sequential(depthwise(c_in, kernel, stride), pointwise(c_in, c_out)),
        nn.Sequential(pointwise(c_in, c_out), depthwise(c_out, kernel, stride)),
    ):
        found.append(cost.total(cost.layer_costs(stack, (1, c_in, h, w))).macs)
    return tuple(found)


def cheaper(c_in, c_out, kernel, h, w, stride):
    first, last = order_macs(c_in, c_out, kernel, h, w, stride)
    return ["equal", "PW→DW", "DW→PW"][(first > last) - (first < last)]

# %% wrong mistake="Lets both layers work on the small map: right with stride 1."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = -(-h // stride) * -(-w // stride)
    return (kernel**2 * c_in + c_in * c_out) * small, (kernel**2 * c_out + c_in * c_out) * small

# %% wrong mistake="Forgets the stride."
def order_macs(c_in, c_out, kernel, h, w, stride):
    return (kernel**2 * c_in + c_in * c_out) * h * w, (kernel**2 * c_out + c_in * c_out) * h * w

# %% wrong mistake="Rounds the size of the small map down."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = (h // stride) * (w // stride)
    return (kernel**2 * c_in + c_in * c_out) * small, c_in * c_out * h * w + kernel**2 * c_out * small

# %% wrong mistake="Lets the depthwise layer count the positions of its input."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = -(-h // stride) * -(-w // stride)
    return kernel**2 * c_in * h * w + c_in * c_out * small, (c_in * c_out + kernel**2 * c_out) * h * w

# %% wrong mistake="Takes every kernel for 3×3."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = -(-h // stride) * -(-w // stride)
    return (9 * c_in + c_in * c_out) * small, c_in * c_out * h * w + 9 * c_out * small

# %% wrong mistake="Takes every map for a square one."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = (-(-h // stride)) ** 2
    return (kernel**2 * c_in + c_in * c_out) * small, c_in * c_out * h * h + kernel**2 * c_out * small

# %% wrong mistake="Gives the two costs in the other order."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = -(-h // stride) * -(-w // stride)
    return c_in * c_out * h * w + kernel**2 * c_out * small, (kernel**2 * c_in + c_in * c_out) * small

# %% wrong mistake="Decides by the widths alone, also where a stride outweighs them."
def cheaper(c_in, c_out, kernel, h, w, stride):
    if c_in == c_out:
        return "equal"
    return "DW→PW" if c_in < c_out else "PW→DW"

# %% wrong mistake="Knows no tie."
def cheaper(c_in, c_out, kernel, h, w, stride):
    first, last = order_macs(c_in, c_out, kernel, h, w, stride)
    return "DW→PW" if first <= last else "PW→DW"

# %% wrong mistake="Rounds the number of positions up, not each side."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = -(-h * w // stride**2)
    return (kernel**2 * c_in + c_in * c_out) * small, c_in * c_out * h * w + kernel**2 * c_out * small

# %% wrong mistake="Decides by the sums for a map without end, whatever its size."
def cheaper(c_in, c_out, kernel, h, w, stride):
    first = kernel**2 * c_in + c_in * c_out
    last = c_in * c_out * stride**2 + kernel**2 * c_out
    if first == last:
        return "equal"
    return "DW→PW" if first < last else "PW→DW"

# %% wrong mistake="Decides as if every kernel were 3×3."
def cheaper(c_in, c_out, kernel, h, w, stride):
    first, last = order_macs(c_in, c_out, 3, h, w, stride)
    if first == last:
        return "equal"
    return "DW→PW" if first < last else "PW→DW"

# %% wrong mistake="Decides by the weights of 3×3 kernels on a map without end."
def cheaper(c_in, c_out, kernel, h, w, stride):
    first = 9 * c_in + c_in * c_out
    last = stride**2 * c_in * c_out + 9 * c_out
    if first == last:
        return "equal"
    return "DW→PW" if first < last else "PW→DW"

# %% wrong mistake="Gives the numbers as text." from="solution"
# -     return first, last
# +     return f"{first}", f"{last}"

# %% wrong mistake="Counts the positions of the small map as a fraction: one over the square of the stride."
def order_macs(c_in, c_out, kernel, h, w, stride):
    small = h * w / stride**2
    return (kernel**2 * c_in + c_in * c_out) * small + 0.5, c_in * c_out * h * w + kernel**2 * c_out * small + 0.5

# %% wrong mistake="Counts in 32 bits, which large layers overflow." from="solution"
# -     return first, last
# +     return tuple(torch.tensor([first, last]).to(torch.int32).tolist())

# %% wrong mistake="Never steps over a pixel: takes the kernel for a stride that is larger." from="solution"
# -     small = ((h + stride - 1) // stride) * ((w + stride - 1) // stride)  # positions after the depthwise layer
# +     stride = min(stride, kernel)
# +     small = ((h + stride - 1) // stride) * ((w + stride - 1) // stride)

# %% wrong mistake="Decides as if the map were square." from="solution"
# -     first, last = order_macs(c_in, c_out, kernel, h, w, stride)
# +     first, last = order_macs(c_in, c_out, kernel, h, h, stride)
