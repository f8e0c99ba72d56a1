# %% [markdown]
# The found copy has five faults: with stride 2 both branches give a half, where the shortcut keeps its channels; a ReLU
# follows the depthwise layers, that of the shortcut too; the branch stands before the shortcut; the shuffle is V1's; odd
# widths lose a channel. The first test needs the widths only. What other strides and misfitting widths do is left open.

# %% solution
class MendedUnit(nn.Module):
    """ShuffleNet V2's unit, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        if c_out % 2:
            raise ValueError(f"{c_out} channels cannot be split into halves")
        self.stride = stride
        middle = c_out // 2
        taken = c_in // 2 if stride == 1 else c_in
        last = middle if stride == 1 else c_out - c_in
        self.conv1 = nn.Conv2d(taken, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1,
                               groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, last, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(last)
        if stride == 2:
            self.conv4 = nn.Conv2d(c_in, c_in, 3, 2, padding=1,
                                   groups=c_in, bias=False)
            self.bn4 = nn.BatchNorm2d(c_in)
            self.conv5 = nn.Conv2d(c_in, c_in, 1, bias=False)
            self.bn5 = nn.BatchNorm2d(c_in)

    def forward(self, x):
        if self.stride == 1:
            short, y = x.chunk(2, dim=1)
        else:
            short = self.bn4(self.conv4(x))
            short, y = torch.relu(self.bn5(self.conv5(short))), x
        y = torch.relu(self.bn1(self.conv1(y)))
        y = self.bn2(self.conv2(y))
        y = torch.relu(self.bn3(self.conv3(y)))
        y = torch.cat((short, y), dim=1)
        return torch.cat([y[:, ::2], y[:, 1::2]], dim=1)

# %% test name="Layers as wide as in the authors' network" points=1 hint="Print the shapes in state_dict() for 24 to 116."
from lightnets_edu import checks

for c_in, c_out, stride in [(24, 116, 2), (116, 232, 2), (24, 24, 1), (10, 10, 1), (7, 20, 2), (30, 34, 2)]:
    middle = c_out // 2
    taken, last = (c_in // 2, middle) if stride == 1 else (c_in, c_out - c_in)
    expected = {"conv1.weight": (middle, taken, 1, 1), "conv2.weight": (middle, 1, 3, 3),
                "conv3.weight": (last, middle, 1, 1)}  # fmt: skip
    norms = {1: middle, 2: middle, 3: last}
    if stride == 2:
        expected |= {"conv4.weight": (c_in, 1, 3, 3), "conv5.weight": (c_in, c_in, 1, 1)}
        norms |= {4: c_in, 5: c_in}
    for number, width in norms.items():
        expected |= {f"bn{number}.{name}": (width,) for name in ("weight", "bias", "running_mean", "running_var")}
        expected[f"bn{number}.num_batches_tracked"] = ()
    state = MendedUnit(c_in, c_out, stride).state_dict()
    checks.equal({name: tuple(value.shape) for name, value in state.items()}, expected)

# %% test name="Stride 1: same weights, same output" points=2 hint="Try 10 channels, an oblong map, and train()."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for c_in, c_out, stride, height, width in [(12, 12, 1, 5, 7), (10, 10, 1, 6, 4), (2, 2, 1, 3, 5), (30, 30, 1, 4, 6)]:
    middle = c_out // 2
    taken, last = (c_in // 2, middle) if stride == 1 else (c_in, c_out - c_in)
    state = {"conv1.weight": torch.randn(middle, taken, 1, 1), "conv2.weight": torch.randn(middle, 1, 3, 3),
             "conv3.weight": torch.randn(last, middle, 1, 1)}  # fmt: skip
    norms = {1: middle, 2: middle, 3: last}
    if stride == 2:
        state |= {"conv4.weight": torch.randn(c_in, 1, 3, 3), "conv5.weight": torch.randn(c_in, c_in, 1, 1)}
        norms |= {4: c_in, 5: c_in}
    for number, channels in norms.items():
        for name in ("weight", "running_var"):
            state[f"bn{number}.{name}"] = torch.rand(channels) + 0.5
        for name in ("bias", "running_mean"):
            state[f"bn{number}.{name}"] = torch.randn(channels)
        state[f"bn{number}.num_batches_tracked"] = torch.tensor(7)
    unit = MendedUnit(c_in, c_out, stride)
    unit.load_state_dict({name: value.clone() for name, value in state.items()})

    for training, told in ((False, True), (False, False), (True, True), (True, False), (False, True)):
        if told:    # else it stays as it was
            unit.train(training)

        def norm(y, number, state=state, training=training):
            names = ("running_mean", "running_var", "weight", "bias")
            state[f"bn{number}.num_batches_tracked"] += training
            return F.batch_norm(y, *[state[f"bn{number}.{name}"] for name in names], training=training)

        x = torch.randn(3, c_in, height, width)
        given = x.clone()
        short, y = (x[:, :c_in // 2], x[:, c_in // 2:]) if stride == 1 else (x, x)
        if stride == 2:
            short = norm(F.conv2d(x, state["conv4.weight"], stride=2, padding=1, groups=c_in), 4)
            short = F.relu(norm(F.conv2d(short, state["conv5.weight"]), 5))
        y = F.relu(norm(F.conv2d(y, state["conv1.weight"]), 1))
        y = norm(F.conv2d(y, state["conv2.weight"], stride=stride, padding=1, groups=middle), 2)
        y = F.relu(norm(F.conv2d(y, state["conv3.weight"]), 3))
        together = torch.cat([short, y], 1)
        order = [*range(0, c_out, 2), *range(1, c_out, 2)]
        tolerance = 1e-3 if training else 1e-4
        checks.close(unit(given), together[:, order], rel=tolerance, abs=tolerance)
        checks.equal(given, x)
    learned = unit.state_dict()
    checks.close({name: learned[name] for name in state}, state, rel=1e-3, abs=1e-3)

# %% test name="Stride 2: same weights, same output" points=1 hint="Try 7 to 20 channels on a map of 6 by 9."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for c_in, c_out, stride, height, width in [(12, 24, 2, 6, 9), (7, 20, 2, 5, 8), (9, 10, 2, 4, 6), (3, 18, 2, 7, 7)]:
    middle = c_out // 2
    taken, last = (c_in // 2, middle) if stride == 1 else (c_in, c_out - c_in)
    state = {"conv1.weight": torch.randn(middle, taken, 1, 1), "conv2.weight": torch.randn(middle, 1, 3, 3),
             "conv3.weight": torch.randn(last, middle, 1, 1)}  # fmt: skip
    norms = {1: middle, 2: middle, 3: last}
    if stride == 2:
        state |= {"conv4.weight": torch.randn(c_in, 1, 3, 3), "conv5.weight": torch.randn(c_in, c_in, 1, 1)}
        norms |= {4: c_in, 5: c_in}
    for number, channels in norms.items():
        for name in ("weight", "running_var"):
            state[f"bn{number}.{name}"] = torch.rand(channels) + 0.5
        for name in ("bias", "running_mean"):
            state[f"bn{number}.{name}"] = torch.randn(channels)
        state[f"bn{number}.num_batches_tracked"] = torch.tensor(7)
    unit = MendedUnit(c_in, c_out, stride)
    unit.load_state_dict({name: value.clone() for name, value in state.items()})

    for training, told in ((False, True), (False, False), (True, True), (True, False), (False, True)):
        if told:    # else it stays as it was
            unit.train(training)

        def norm(y, number, state=state, training=training):
            names = ("running_mean", "running_var", "weight", "bias")
            state[f"bn{number}.num_batches_tracked"] += training
            return F.batch_norm(y, *[state[f"bn{number}.{name}"] for name in names], training=training)

        x = torch.randn(3, c_in, height, width)
        given = x.clone()
        short, y = (x[:, :c_in // 2], x[:, c_in // 2:]) if stride == 1 else (x, x)
        if stride == 2:
            short = norm(F.conv2d(x, state["conv4.weight"], stride=2, padding=1, groups=c_in), 4)
            short = F.relu(norm(F.conv2d(short, state["conv5.weight"]), 5))
        y = F.relu(norm(F.conv2d(y, state["conv1.weight"]), 1))
        y = norm(F.conv2d(y, state["conv2.weight"], stride=stride, padding=1, groups=middle), 2)
        y = F.relu(norm(F.conv2d(y, state["conv3.weight"]), 3))
        together = torch.cat([short, y], 1)
        order = [*range(0, c_out, 2), *range(1, c_out, 2)]
        tolerance = 1e-3 if training else 1e-4
        checks.close(unit(given), together[:, order], rel=tolerance, abs=tolerance)
        checks.equal(given, x)
    learned = unit.state_dict()
    checks.close({name: learned[name] for name in state}, state, rel=1e-3, abs=1e-3)

# %% test name="ValueError instead of lost channels" points=1 hint="Try 9 to 9 with stride 1, and 4 to 15 with stride 2."
import torch
from lightnets_edu import checks

checks.true(MendedUnit(5, 12, 2)(torch.zeros(2, 5, 4, 6)).shape == (2, 12, 2, 3), "5 to 12 channels, stride 2")
for sizes in [(9, 9, 1), (4, 15, 2), (15, 15, 1), (6, 17, 2), (3, 9, 2)]:
    try:
        MendedUnit(*sizes)
    except ValueError:
        continue
    raise AssertionError(f"(c_in, c_out, stride) = {sizes} raised no ValueError")

# %% right name="an heir of the found copy, its widths mended"
class MendedUnit(FoundUnit):
    def __init__(self, c_in, c_out, stride):
        if c_out % 2 != 0:
            raise ValueError("an odd number of channels")
        super().__init__(c_in, c_out, stride)
        if stride == 2:
            self.conv3 = nn.Conv2d(c_out // 2, c_out - c_in, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(c_out - c_in)
            self.conv5 = nn.Conv2d(c_in, c_in, 1, bias=False)
            self.bn5 = nn.BatchNorm2d(c_in)

    def forward(self, x):
        half = x.shape[1] // 2
        if self.stride == 2:
            short, y = self.bn5(self.conv5(self.bn4(self.conv4(x)))).relu(), x
        else:
            short, y = x[:, :half], x[:, half:]
        y = self.bn1(self.conv1(y)).relu()
        y = self.bn3(self.conv3(self.bn2(self.conv2(y)))).relu()
        return join(short, y)

# %% right name="in a loop, with the order of the channels worked out once"
class MendedUnit(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        middle, rest = divmod(c_out, 2)
        if rest:
            raise ValueError("halves")
        self.stride, self.order = stride, [*range(0, c_out, 2), *range(1, c_out, 2)]
        first, last = (middle, middle) if stride == 1 else (c_in, c_out - c_in)
        sizes = [(first, middle, 1, 1, 1), (middle, middle, 3, stride, middle), (middle, last, 1, 1, 1)]
        if stride == 2:
            sizes += [(c_in, c_in, 3, 2, c_in), (c_in, c_in, 1, 1, 1)]
        for k, (a, b, size, s, g) in enumerate(sizes, 1):
            self.add_module(f"conv{k}", nn.Conv2d(a, b, size, s, size // 2, groups=g, bias=False))
            self.add_module(f"bn{k}", nn.BatchNorm2d(b))

    def step(self, k, x):
        return self._modules[f"bn{k}"](self._modules[f"conv{k}"](x))

    def forward(self, x):
        a, b = x.chunk(2, dim=1) if self.stride == 1 else (torch.relu(self.step(5, self.step(4, x))), x)
        b = torch.relu(self.step(3, self.step(2, torch.relu(self.step(1, b)))))
        return torch.cat((a, b), dim=1)[:, self.order]

# %% wrong mistake="The found copy as it is."
class MendedUnit(FoundUnit):
    pass

# %% wrong mistake="Leaves the ReLU behind the depthwise layer." from="solution"
# -         y = self.bn2(self.conv2(y))
# +         y = torch.relu(self.bn2(self.conv2(y)))

# %% wrong mistake="Leaves the ReLU behind the shortcut's depthwise layer." from="solution"
# -             short = self.bn4(self.conv4(x))
# +             short = torch.relu(self.bn4(self.conv4(x)))

# %% wrong mistake="Leaves the branch before the shortcut." from="solution"
# -         y = torch.cat((short, y), dim=1)
# +         y = torch.cat([y, short], dim=1)

# %% wrong mistake="Leaves V1's shuffle." from="solution"
# -         return torch.cat([y[:, ::2], y[:, 1::2]], dim=1)
# +         return channel_shuffle(y, 2)

# %% wrong mistake="Leaves the shuffle out." from="solution"
# -         return torch.cat([y[:, ::2], y[:, 1::2]], dim=1)
# +         return y

# %% wrong mistake="Brings the odd places first." from="solution"
# -         return torch.cat([y[:, ::2], y[:, 1::2]], dim=1)
# +         return torch.cat([y[:, 1::2], y[:, ::2]], dim=1)

# %% wrong mistake="Shares the outputs out by halves, as torchvision does." from="an heir of the found copy, its widths mended"
# -         if stride == 2:
# +         if stride == 3:

# %% wrong mistake="Keeps the shortcut's channels only where the map does not become much wider." from="solution"
# -         last = middle if stride == 1 else c_out - c_in
# +         last = middle if stride == 1 or c_out > 3 * c_in else c_out - c_in

# %% wrong mistake="Loses the channel of an odd number." from="solution"
# -         if c_out % 2:
# -             raise ValueError(f"{c_out} channels cannot be split into halves")
# -         self.stride = stride
# +         self.stride = stride

# %% wrong mistake="Asks only for stride 2 whether the channels can be split; passes the visible check." from="solution"
# -         if c_out % 2:
# +         if c_out % 2 and stride == 2:

# %% wrong mistake="Refuses odd inputs too, which stride 2 can take; passes the visible check." from="solution"
# -         if c_out % 2:
# +         if c_out % 2 or c_in % 2:

# %% wrong mistake="Asserts, where ValueError is asked for." from="solution"
# -         if c_out % 2:
# -             raise ValueError(f"{c_out} channels cannot be split into halves")
# +         assert c_out % 2 == 0

# %% wrong mistake="Works on the first half and lets the second pass." from="solution"
# -             short, y = x.chunk(2, dim=1)
# +             y, short = x.chunk(2, dim=1)

# %% wrong mistake="Makes the middle as wide as the branch's output." from="solution"
# -         middle = c_out // 2
# -         taken = c_in // 2 if stride == 1 else c_in
# -         last = middle if stride == 1 else c_out - c_in
# +         middle = c_out // 2 if stride == 1 else c_out - c_in
# +         taken = c_in // 2 if stride == 1 else c_in
# +         last = middle

# %% wrong mistake="Adds the half that passes by to the one that is worked on." from="solution"
# -         y = torch.relu(self.bn3(self.conv3(y)))
# +         y = self.bn3(self.conv3(y))
# +         y = torch.relu(y + x.chunk(2, dim=1)[1] if self.stride == 1 else y)

# %% wrong mistake="Drops the ReLU at the end of the branch." from="solution"
# -         y = torch.relu(self.bn3(self.conv3(y)))
# +         y = self.bn3(self.conv3(y))

# %% wrong mistake="Applies ReLU to the half that passes by as well." from="solution"
# -         return torch.cat([y[:, ::2], y[:, 1::2]], dim=1)
# +         return torch.relu(torch.cat([y[:, ::2], y[:, 1::2]], dim=1))

# %% wrong mistake="Applies a ReLU in place, on the caller's own map." from="solution"
# -         y = torch.relu(self.bn1(self.conv1(y)))
# +         y = torch.relu(self.bn1(self.conv1(y.relu_())))

# %% wrong mistake="Gives the convolutions a bias, which batch norm takes away again." from="solution"
# -         self.conv1 = nn.Conv2d(taken, middle, 1, bias=False)
# +         self.conv1 = nn.Conv2d(taken, middle, 1)

# %% wrong mistake="Pools the shortcut in place of its depthwise layer." from="solution"
# -             short = self.bn4(self.conv4(x))
# +             short = self.bn4(nn.functional.avg_pool2d(x, 3, 2, 1))

# %% wrong mistake="Lets its running statistics move a tenth as fast: unseen in eval()." from="solution"
# -         self.bn2 = nn.BatchNorm2d(middle)
# +         self.bn2 = nn.BatchNorm2d(middle, momentum=0.01)

# %% wrong mistake="Stays in eval(), whatever it is told." from="solution"
# -         y = torch.relu(self.bn1(self.conv1(y)))
# +         self.eval()
# +         y = torch.relu(self.bn1(self.conv1(y)))

# %% wrong mistake="Drops values of the branch out in training." from="solution"
# -         y = self.bn2(self.conv2(y))
# +         y = nn.functional.dropout(self.bn2(self.conv2(y)), 0.1, self.training)

# %% wrong mistake="Repeats the border of the shortcut's map in place of zeros." from="solution"
# -             self.conv4 = nn.Conv2d(c_in, c_in, 3, 2, padding=1,
# -                                    groups=c_in, bias=False)
# +             self.conv4 = nn.Conv2d(c_in, c_in, 3, (2, 2), padding=(1, 1), padding_mode="replicate",
# +                                    groups=c_in, bias=False)

# %% wrong mistake="Has ReLU6 in place of ReLU; passes the visible check." from="solution"
# -         y = torch.relu(self.bn3(self.conv3(y)))
# +         y = nn.functional.relu6(self.bn3(self.conv3(y)))

# %% wrong mistake="Asks whether the branch's width is odd, not that of the whole; passes the visible check." from="solution"
# -         if c_out % 2:
# +         if (c_out - c_in) % 2:

# %% wrong mistake="Refuses an odd number with stride 1 only when it runs; passes the visible check." from="solution"
# -         if c_out % 2:
# +         if c_out % 2 and stride == 2:
# -         if self.stride == 1:
# -             short, y = x.chunk(2, dim=1)
# +         if self.stride == 1:
# +             if x.shape[1] % 2:
# +                 raise ValueError("odd")
# +             short, y = x.chunk(2, dim=1)
