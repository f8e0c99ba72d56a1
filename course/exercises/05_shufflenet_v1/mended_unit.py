# %% [markdown]
# The found copy has four faults: the middle is a quarter of the branch instead of the output; it is cut down where the
# groups do not divide it; the shuffle is the inverse one; a ReLU follows the depthwise layer. The first test needs
# the widths only, the second (one group) sees the ReLU and not the order, the third sees both, the fourth the cut.
# What other strides and misfitting c_in do is left open, and no test asks.

# %% solution
class MendedUnit(nn.Module):
    """The unit of Figure 2, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride, groups):
        super().__init__()
        branch = c_out - c_in if stride == 2 else c_out
        if c_out % (4 * groups) or c_in % groups or branch % groups:
            raise ValueError(f"{groups} groups do not divide the channels of a unit from {c_in} to {c_out}")
        middle = c_out // 4  # of the output, also where a part of it comes through the shortcut
        self.stride, self.groups = stride, groups
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1,
                               groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, branch, 1, groups=groups, bias=False)
        self.bn3 = nn.BatchNorm2d(branch)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        # one row for each group, transposed: the order of Figure 1
        y = y.unflatten(1, (self.groups, y.shape[1] // self.groups)).transpose(1, 2).flatten(1, 2)
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        if self.stride == 2:
            return torch.relu(torch.cat([self.pool(x), y], dim=1))
        return torch.relu(x + y)

# %% test name="Layers as wide as in the paper" points=1 hint="Print the shapes in state_dict() of a stride-2 unit."
from lightnets_edu import checks

units = [(24, 240, 2, 3), (48, 96, 2, 2), (24, 144, 2, 1), (64, 64, 1, 4), (20, 120, 2, 5), (9, 60, 2, 3)]
for c_in, c_out, stride, groups in units:
    middle, branch = c_out // 4, c_out - c_in if stride == 2 else c_out
    expected = {
        "conv1.weight": (middle, c_in // groups, 1, 1),
        "conv2.weight": (middle, 1, 3, 3),
        "conv3.weight": (branch, middle // groups, 1, 1),
    }
    for number, width in ((1, middle), (2, middle), (3, branch)):
        expected |= {f"bn{number}.{name}": (width,) for name in ("weight", "bias", "running_mean", "running_var")}
        expected[f"bn{number}.num_batches_tracked"] = ()
    state = MendedUnit(c_in, c_out, stride, groups).state_dict()
    checks.equal({name: tuple(value.shape) for name, value in state.items()}, expected)

# %% test name="One group: same weights, same output" points=1 hint="Take groups=1: what but the order differs?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for c_in, c_out, stride, height, width in [(16, 16, 1, 5, 7), (12, 40, 2, 6, 9), (8, 20, 2, 7, 5)]:
    middle, branch = c_out // 4, c_out - c_in if stride == 2 else c_out
    state = {"conv1.weight": torch.randn(middle, c_in, 1, 1), "conv2.weight": torch.randn(middle, 1, 3, 3),
             "conv3.weight": torch.randn(branch, middle, 1, 1)}  # fmt: skip
    for number, channels in ((1, middle), (2, middle), (3, branch)):
        for name in ("weight", "running_var"):
            state[f"bn{number}.{name}"] = torch.rand(channels) + 0.5
        for name in ("bias", "running_mean"):
            state[f"bn{number}.{name}"] = torch.randn(channels)
        state[f"bn{number}.num_batches_tracked"] = torch.tensor(7)

    def norm(y, number, state=state):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(y, *[state[f"bn{number}.{name}"] for name in names])

    x = torch.randn(3, c_in, height, width)
    y = F.relu(norm(F.conv2d(x, state["conv1.weight"]), 1))
    y = norm(F.conv2d(y, state["conv2.weight"], stride=stride, padding=1, groups=middle), 2)
    y = norm(F.conv2d(y, state["conv3.weight"]), 3)
    expected = F.relu(x + y if stride == 1 else torch.cat([F.avg_pool2d(x, 3, stride=2, padding=1), y], 1))

    unit = MendedUnit(c_in, c_out, stride, 1)
    unit.load_state_dict({name: value.clone() for name, value in state.items()})
    unit.eval()
    given = x.clone()
    checks.close(unit(given), expected, rel=1e-4, abs=1e-4)
    checks.equal(given, x)

# %% test name="Several groups: same weights, same output" points=1 hint="Try 48 to 48 channels in 3 groups, then train()."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

units = [(48, 48, 1, 3), (15, 60, 2, 5), (24, 72, 2, 3), (80, 80, 1, 5), (16, 64, 2, 8), (40, 80, 2, 2)]
for c_in, c_out, stride, groups in units:
    middle, branch = c_out // 4, c_out - c_in if stride == 2 else c_out
    state = {"conv1.weight": torch.randn(middle, c_in // groups, 1, 1), "conv2.weight": torch.randn(middle, 1, 3, 3),
             "conv3.weight": torch.randn(branch, middle // groups, 1, 1)}  # fmt: skip
    for number, channels in ((1, middle), (2, middle), (3, branch)):
        for name in ("weight", "running_var"):
            state[f"bn{number}.{name}"] = torch.rand(channels) + 0.5
        for name in ("bias", "running_mean"):
            state[f"bn{number}.{name}"] = torch.randn(channels)
        state[f"bn{number}.num_batches_tracked"] = torch.tensor(7)
    unit = MendedUnit(c_in, c_out, stride, groups)
    unit.load_state_dict({name: value.clone() for name, value in state.items()})
    per_group = middle // groups
    order = [group * per_group + k for k in range(per_group) for group in range(groups)]  # that of Figure 1

    batches = ((True, False), (True, True), (False, True), (True, False)) if c_in in (48, 15) else ((True, False),)
    for told, training in batches:
        if told:  # the third batch is taken as the second left the unit; what the two taught shows in the last
            unit.train(training)

        def norm(y, number, state=state, training=training):
            names = ("running_mean", "running_var", "weight", "bias")
            state[f"bn{number}.num_batches_tracked"] += training
            return F.batch_norm(y, *[state[f"bn{number}.{name}"] for name in names], training=training)

        x = torch.randn(2, c_in, 6, 5)
        y = F.relu(norm(F.conv2d(x, state["conv1.weight"], groups=groups), 1))[:, order]
        y = norm(F.conv2d(y, state["conv2.weight"], stride=stride, padding=1, groups=middle), 2)
        y = norm(F.conv2d(y, state["conv3.weight"], groups=groups), 3)
        expected = F.relu(x + y if stride == 1 else torch.cat([F.avg_pool2d(x, 3, stride=2, padding=1), y], 1))
        tolerance = 1e-3 if training else 1e-4
        checks.close(unit(x.clone()), expected, rel=tolerance, abs=tolerance)
    learned = unit.state_dict()
    checks.close({name: learned[name] for name in state}, state, rel=1e-3, abs=1e-3)

# %% test name="ValueError instead of lost channels" points=1 hint="Try 24 to 24 channels in 4 groups, 22 to 22 in 1."
import torch
from lightnets_edu import checks

checks.true(MendedUnit(24, 48, 2, 3)(torch.zeros(2, 24, 4, 6)).shape == (2, 48, 2, 3), "24 to 48 channels in 3 groups")
misfits = [(24, 24, 1, 4), (22, 22, 1, 1), (8, 36, 2, 4)]  # the middle
misfits += [(9, 30, 2, 3), (16, 60, 2, 2), (10, 24, 2, 3)]  # the middle; the middle; input and branch
for sizes in misfits:
    try:
        MendedUnit(*sizes)
    except ValueError:
        continue
    raise AssertionError(f"(c_in, c_out, stride, groups) = {sizes} raised no ValueError")

# %% right name="the found copy, mended"
class MendedUnit(nn.Module):
    def __init__(self, c_in, c_out, stride, groups):
        super().__init__()
        self.stride, self.groups = stride, groups
        if c_out % 4:
            raise ValueError("a quarter")
        branch = c_out if stride == 1 else c_out - c_in
        middle = c_out // 4
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1, groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, branch, 1, groups=groups, bias=False)
        self.bn3 = nn.BatchNorm2d(branch)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = channel_shuffle(y, groups=self.groups)
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)

# %% right name="an heir of the found copy that makes its layers anew"
class MendedUnit(FoundUnit):
    def __init__(self, c_in, c_out, stride, groups):
        if c_out % 4 or c_out // 4 % groups:
            raise ValueError("the groups must divide a quarter of the output")
        super().__init__(c_in, c_out, stride, groups)
        middle, branch = c_out // 4, self.conv3.out_channels
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.conv3 = nn.Conv2d(middle, branch, 1, groups=groups, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(middle), nn.BatchNorm2d(middle)

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = y.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        y = torch.cat([self.pool(x), y], 1) if self.stride == 2 else y + x
        return y.relu()

# %% right name="with the order of the channels worked out once"
class MendedUnit(nn.Module):
    def __init__(self, c_in, c_out, stride, groups):
        super().__init__()
        middle, rest = divmod(c_out, 4)
        branch = c_out if stride == 1 else c_out - c_in
        if rest or any(c % groups for c in (c_in, middle, branch)):
            raise ValueError("channels and groups do not fit")
        self.order = [row * (middle // groups) + col for col in range(middle // groups) for row in range(groups)]
        self.stride = stride
        for k, (a, b, size, s, g) in enumerate(
            [(c_in, middle, 1, 1, groups), (middle, middle, 3, stride, middle), (middle, branch, 1, 1, groups)], 1
        ):
            self.add_module(f"conv{k}", nn.Conv2d(a, b, size, s, size // 2, groups=g, bias=False))
            self.add_module(f"bn{k}", nn.BatchNorm2d(b))

    def forward(self, x):
        y = nn.functional.relu(self.bn1(self.conv1(x)))[:, self.order]
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        if self.stride == 1:
            return nn.functional.relu(x + y)
        pooled = nn.functional.avg_pool2d(x, 3, 2, 1)
        return nn.functional.relu(torch.cat((pooled, y), 1))

# %% wrong mistake="The found copy as it is."
class MendedUnit(FoundUnit):
    pass

# %% wrong mistake="Mends the widths only: order and ReLU stay."
class MendedUnit(FoundUnit):
    def __init__(self, c_in, c_out, stride, groups):
        if c_out % 4 or c_out // 4 % groups:
            raise ValueError("groups")
        super().__init__(c_in, c_out, stride, groups)
        middle, branch = c_out // 4, self.conv3.out_channels
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.conv3 = nn.Conv2d(middle, branch, 1, groups=groups, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(middle), nn.BatchNorm2d(middle)

# %% wrong mistake="Keeps the inverse order: unseen with one group, and where groups and channels per group agree." from="the found copy, mended"
# -         y = channel_shuffle(y, groups=self.groups)
# +         y = channel_shuffle(y, y.shape[1] // self.groups)

# %% wrong mistake="Keeps the ReLU after the depthwise layer." from="the found copy, mended"
# -         y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
# +         y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))

# %% wrong mistake="Keeps the middle at a quarter of the branch." from="the found copy, mended"
# -         middle = c_out // 4
# +         middle = branch // 4

# %% wrong mistake="Loses up to three channels where four does not divide the output." from="the found copy, mended"
# -         if c_out % 4:
# -             raise ValueError("a quarter")

# %% wrong mistake="Cuts the middle down until the groups divide it." from="the found copy, mended"
# -         middle = c_out // 4
# +         middle = c_out // 4 // groups * groups

# %% wrong mistake="Asserts, where ValueError is asked for." from="the found copy, mended"
# -         if c_out % 4:
# -             raise ValueError("a quarter")
# +         assert c_out % (4 * groups) == 0

# %% wrong mistake="Shuffles after the depthwise layer." from="the found copy, mended"
# -         y = channel_shuffle(y, groups=self.groups)
# -         y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
# +         y = self.bn3(self.conv3(channel_shuffle(self.bn2(self.conv2(y)), self.groups)))

# %% wrong mistake="Leaves the shuffle out." from="the found copy, mended"
# -         y = channel_shuffle(y, groups=self.groups)

# %% wrong mistake="Shuffles a second time, after the last layer." from="the found copy, mended"
# -         y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
# +         y = channel_shuffle(self.bn3(self.conv3(self.bn2(self.conv2(y)))), self.groups)

# %% wrong mistake="Puts the branch before the shortcut." from="the found copy, mended"
# -         return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         return torch.relu(torch.cat([y, self.pool(x)], 1) if self.stride == 2 else x + y)

# %% wrong mistake="Applies ReLU to the branch before it meets the shortcut, and not after." from="the found copy, mended"
# -         return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         return torch.cat([self.pool(x), torch.relu(y)], 1) if self.stride == 2 else x + torch.relu(y)

# %% wrong mistake="Takes a max pool for the average pool." from="the found copy, mended"
# -         self.pool = nn.AvgPool2d(3, stride=2, padding=1)
# +         self.pool = nn.MaxPool2d(3, stride=2, padding=1)

# %% wrong mistake="Adds the branch to the input itself, which changes the caller's map." from="the found copy, mended"
# -         return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         if self.stride == 2:
# +             return torch.relu(torch.cat([self.pool(x), y], 1))
# +         x += y
# +         return torch.relu(x)

# %% wrong mistake="Gives the convolutions a bias, which batch norm takes away again." from="the found copy, mended"
# -         self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
# +         self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups)

# %% wrong mistake="Leaves the padding out of the average, so that the border of the shortcut is another one." from="the found copy, mended"
# -         self.pool = nn.AvgPool2d(3, stride=2, padding=1)
# +         self.pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)

# %% wrong mistake="Shuffles in the inverse order with stride 2 only, which no unit of stride 1 shows." from="the found copy, mended"
# -         y = channel_shuffle(y, groups=self.groups)
# +         y = channel_shuffle(y, self.groups if self.stride == 1 else y.shape[1] // self.groups)

# %% wrong mistake="Leaves the pooled shortcut without its ReLU: unseen inside a network, not in a unit alone." from="the found copy, mended"
# -         return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         return torch.cat([self.pool(x), torch.relu(y)], 1) if self.stride == 2 else torch.relu(x + y)

# %% wrong mistake="Lets its running statistics move a tenth as fast: unseen in eval()." from="the found copy, mended"
# -         self.bn2 = nn.BatchNorm2d(middle)
# +         self.bn2 = nn.BatchNorm2d(middle, momentum=0.01)

# %% wrong mistake="Stays in eval(), whatever it is told." from="the found copy, mended"
# -         y = torch.relu(self.bn1(self.conv1(x)))
# +         self.eval()
# +         y = torch.relu(self.bn1(self.conv1(x)))

# %% wrong mistake="Drops values of the branch out in training." from="the found copy, mended"
# -         y = channel_shuffle(y, groups=self.groups)
# +         y = nn.functional.dropout(channel_shuffle(y, groups=self.groups), 0.1, self.training)

# %% wrong mistake="Normalises by the batch in eval() too." from="the found copy, mended"
# -         y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
# +         y, norm = self.conv3(self.bn2(self.conv2(y))), self.bn3
# +         y = nn.functional.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias, True)

# %% wrong mistake="Refuses odd numbers of channels, which the groups may divide." from="the found copy, mended"
# -         if c_out % 4:
# +         if c_out % 4 or c_in % 2:

# %% wrong mistake="Goes to eval() in its first call and stays there." from="the found copy, mended"
# -         return torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         y = torch.relu(torch.cat([self.pool(x), y], 1) if self.stride == 2 else x + y)
# +         self.eval()
# +         return y
