# %% solution
def sources(output, channels, groups, layers):
    """The inputs that one output depends on: a sorted list of numbers."""
    per_group = channels // groups
    depends = {output}
    for layer in range(layers):  # backwards, from the output up
        if layer > 0:  # row and column of the table before it was transposed
            depends = {at % groups * per_group + at // groups for at in depends}
        depends = {at - at % per_group + k for at in depends for k in range(per_group)}
    return sorted(depends)


def layers_to_mix(channels, groups):
    """Fewest layers until every output depends on every input, or None."""
    per_group = channels // groups
    layers, within_reach = 1, per_group
    while within_reach < channels:
        if per_group == 1:  # the shuffle then moves nothing, and no layer mixes anything
            return None
        layers, within_reach = layers + 1, within_reach * per_group
    return layers

# %% test name="Which inputs: one and two layers" points=1 hint="Try sources(7, 24, 8, 2) by hand."
import random

import torch
from lightnets_edu import checks

drawn = [(random.randint(2, 6), random.randint(2, 5)) for _ in range(4)]
for groups, per_group in [(8, 3), (3, 8), (6, 2), (1, 5), (5, 1), (4, 13), *drawn]:
    channels = groups * per_group
    layer = torch.block_diag(*[torch.ones(per_group, per_group)] * groups) > 0
    dealt = [group * per_group + k for k in range(per_group) for group in range(groups)]
    two = (layer.int() @ layer[dealt].int()) > 0
    for output in (0, channels - 1, random.randrange(channels)):
        for layers, matrix in ((1, layer), (2, two)):
            expected = [i for i in range(channels) if matrix[output, i]]
            found = sources(output, channels, groups, layers)
            checks.true(isinstance(found, (list, tuple)), f"expected a list or a tuple, got {type(found).__name__}")
            checks.equal(list(found), expected)

# %% test name="Which inputs: more layers" points=1 hint="Try three and four layers of 48 channels in 24 groups."
import random

import torch
from lightnets_edu import checks

drawn = [(random.randint(17, 30), 2), (random.randint(10, 14), 3)]
for groups, per_group in [(24, 2), (10, 3), (16, 2), (4, 1), *drawn]:
    channels = groups * per_group
    layer = torch.block_diag(*[torch.ones(per_group, per_group)] * groups)
    dealt = [group * per_group + k for k in range(per_group) for group in range(groups)]
    matrix = layer
    for layers in (2, 3, 4, 5):
        matrix = (matrix @ layer[dealt] > 0).float()
        output = random.randrange(channels)
        expected = [i for i in range(channels) if matrix[output, i]]
        found = sources(output, channels, groups, layers)
        checks.true(isinstance(found, (list, tuple)), f"expected a list or a tuple, got {type(found).__name__}")
        checks.equal(list(found), expected)
groups, output = random.randint(560, 620), random.randint(0, 1100)  # nine layers reach 512 inputs, ten and eleven more
reached = {output // 2}
for layers in range(1, 12):
    expected = sorted(2 * group + k for group in reached for k in range(2))
    if layers in (9, 10, 11):
        checks.equal(list(sources(output, 2 * groups, groups, layers)), expected)
    reached = {(2 * group + k) % groups for group in reached for k in range(2)}

# %% test name="The number of layers" points=1 hint="Try 125 channels in 25 groups, and 130 in 65."
import random

from lightnets_edu import checks

powers = [(n**k, n ** (k - 1)) for n in (2, 3, 5, 6, 7, 10) for k in (1, 2, 3, 4) if n**k < 300]
drawn = [(g * n, g) for g, n in [(random.randint(2, 20), random.randint(2, 9)) for _ in range(20)]]
for channels, groups in [(24, 8), (12, 3), (12, 6), (7, 1), (130, 65), *powers, *drawn]:
    power, expected = channels // groups, 1
    while power < channels:
        power, expected = power * (channels // groups), expected + 1
    checks.equal(layers_to_mix(channels, groups), expected)

# %% test name="None where no depth is enough" points=1 hint="Try as many groups as channels, then one channel."
import random

from lightnets_edu import checks

for channels in (2, 3, 12, random.randint(20, 60)):
    checks.equal(layers_to_mix(channels, channels), None)
checks.equal(layers_to_mix(1, 1), 1)
checks.equal(layers_to_mix(16, 8), 4)

# %% right name="by gradients of real layers"
def sources(output, channels, groups, layers):
    x = torch.ones(1, channels, 1, 1, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in range(layers):
        if layer:
            y = channel_shuffle(y, groups)
        kernel = torch.ones(channels, channels // groups, 1, 1).double()
        y = nn.functional.conv2d(y, kernel, groups=groups)
    y.flatten()[output].backward()
    return x.grad.flatten().nonzero().flatten().tolist()


def layers_to_mix(channels, groups):
    if channels == groups > 1:
        return None
    layers = 1
    while len(sources(0, channels, groups, layers)) < channels:
        layers += 1
    return layers

# %% right name="forwards: what every channel depends on, layer by layer"
def sources(output, channels, groups, layers):
    n = channels // groups
    seen = [{i} for i in range(channels)]
    for layer in range(layers):
        if layer:
            seen = [seen[group * n + k] for k in range(n) for group in range(groups)]
        pooled = [set().union(*seen[start : start + n]) for start in range(0, channels, n)]
        seen = [pooled[i // n] for i in range(channels)]
    return sorted(seen[output])


def layers_to_mix(channels, groups):
    for layers in range(1, channels + 1):
        if all(len(sources(output, channels, groups, layers)) == channels for output in range(channels)):
            return layers
    return None

# %% right name="by arithmetic: the groups reached are neighbours on a ring"
def sources(output, channels, groups, layers):
    n = channels // groups
    many = min(n ** (layers - 1), groups)
    first = output // n * n ** (layers - 1)
    ring = sorted({(first + step) % groups for step in range(many)})
    return tuple(group * n + k for group in ring for k in range(n))


def layers_to_mix(channels, groups):
    n = channels // groups
    if groups == 1:
        return 1
    return None if n == 1 else next(k for k in range(1, 64) if n**k >= channels)

# %% wrong mistake="Follows the shuffle in the wrong direction."
def sources(output, channels, groups, layers):
    n = channels // groups
    depends = {output}
    for layer in range(layers):
        if layer:
            depends = {at % n * groups + at // n for at in depends}
        depends = {at // n * n + k for at in depends for k in range(n)}
    return sorted(depends)

# %% wrong mistake="Right number of inputs, but always the first ones."
def sources(output, channels, groups, layers):
    n = channels // groups
    if layers == 1:
        return list(range(output // n * n, output // n * n + n))
    return list(range(min(n**layers, channels)))

# %% wrong mistake="Knows two layers only: more layers than two reach no further."
def sources(output, channels, groups, layers):
    n = channels // groups
    group = output // n
    reached = {at % groups for at in range(group * n, group * n + n)} if layers > 1 else {group}
    return sorted(g * n + k for g in reached for k in range(n))

# %% wrong mistake="Believes that two layers with a shuffle reach everything."
def sources(output, channels, groups, layers):
    n = channels // groups
    start = output // n * n
    return list(range(channels)) if layers > 1 else list(range(start, start + n))

# %% wrong mistake="Shuffles once too often, after the last layer too."
def sources(output, channels, groups, layers):
    n = channels // groups
    depends = {output}
    for _ in range(layers):
        depends = {at % groups * n + at // groups for at in depends}
        depends = {at // n * n + k for at in depends for k in range(n)}
    return sorted(depends)

# %% wrong mistake="Leaves the shuffle out."
def sources(output, channels, groups, layers):
    n = channels // groups
    return list(range(output // n * n, output // n * n + n))

# %% wrong mistake="Names the inputs of one path twice and does not sort them."
def sources(output, channels, groups, layers):
    n = channels // groups
    depends = [output]
    for layer in range(layers):
        if layer:
            depends = [at % groups * n + at // groups for at in depends]
        depends = [at // n * n + k for at in depends for k in range(n)]
    return depends

# %% wrong mistake="Two layers where C ≥ g², three everywhere else."
def layers_to_mix(channels, groups):
    if groups == 1:
        return 1
    if groups == channels:
        return None
    return 2 if channels >= groups**2 else 3

# %% wrong mistake="Rounds a logarithm up: in floating point that of 125 to base 5 is a little above 3."
def layers_to_mix(channels, groups):
    import math

    if groups == 1:
        return 1
    if groups == channels:
        return None
    return math.ceil(math.log(channels) / math.log(channels // groups))

# %% wrong mistake="Counts the shuffles, one fewer than the layers."
def layers_to_mix(channels, groups):
    n = channels // groups
    if groups == 1:
        return 0
    if n == 1:
        return None
    shuffles = 0
    while n ** (shuffles + 1) < channels:
        shuffles += 1
    return shuffles

# %% wrong mistake="Never says None: where nothing mixes it gives the number of channels."
def layers_to_mix(channels, groups):
    n = channels // groups
    return next((k for k in range(1, channels) if n**k >= channels), channels)

# %% wrong mistake="Says None for a single channel, which is mixed already."
def layers_to_mix(channels, groups):
    if channels == groups:
        return None
    n, layers = channels // groups, 1
    while n**layers < channels:
        layers += 1
    return layers

# %% wrong mistake="Adds the group's channels in each layer where it should multiply."
def layers_to_mix(channels, groups):
    if channels == groups:
        return 1 if channels == 1 else None
    n, layers = channels // groups, 1
    reached = n
    while reached < channels:
        layers += 1
        reached += n * (n - 1)
    return layers

# %% wrong mistake="Gives up after as many layers as groups, one too early where two groups of two need two."
def layers_to_mix(channels, groups):
    if groups == 1:
        return 1
    n = channels // groups
    return next((layers for layers in range(1, groups) if n**layers >= channels), None)

# %% wrong mistake="Stops at the last group, where the groups that are reached begin again from the first."
def sources(output, channels, groups, layers):
    n = channels // groups
    many = min(n ** (layers - 1), groups)
    first = output // n * n ** (layers - 1) % groups
    ring = [group for group in range(first, first + many) if group < groups]
    return [group * n + k for group in ring for k in range(n)]

# %% wrong mistake="Gives up after seven layers." from="solution"
# -     while within_reach < channels:
# -         if per_group == 1:  # the shuffle then moves nothing, and no layer mixes anything
# +     while within_reach < channels:
# +         if per_group == 1 or layers == 7:

# %% wrong mistake="Follows nine layers and no more." from="solution"
# -     for layer in range(layers):  # backwards, from the output up
# +     for layer in range(min(layers, 9)):

# %% wrong mistake="Gives the numbers as text." from="solution"
# -     return sorted(depends)
# +     return [str(at) for at in sorted(depends)]

# %% wrong mistake="Counts the channels in 8 bits, which hold no more than 255." from="solution"
# -     return sorted(depends)
# +     return sorted({at % 256 for at in depends})

# %% wrong mistake="Gives numbers of layers with a fraction, the logarithm itself." from="solution"
# -     return layers
# +     import math
# +
# +     return max(1.0, math.log(channels) / math.log(per_group)) if channels > 1 else 1
