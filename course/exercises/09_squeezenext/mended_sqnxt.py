# %% [markdown]
# The found copy has four faults: it narrows by its input, its shortcut has a 3×3 kernel, no ReLU follows there, and all of
# its convolutions have biases. The visible check compares outputs in evaluation and in training, with fresh averages, on
# even widths, stride 2 with equal widths among them; it sees neither the running averages nor the input afterwards. Inputs are not negative, so a ReLU behind the sum changes nothing and is accepted.

# %% solution
class MendedBlock(nn.Module):
    """SqueezeNext's block, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        if c_out % 4:
            raise ValueError(f"4 does not divide {c_out} channels")

        def unit(c_in, c_out, kernel, stride=1):
            padding = (kernel[0] // 2, kernel[1] // 2)
            return nn.Sequential(
                nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False),
                nn.BatchNorm2d(c_out), nn.ReLU())

        half, quarter = c_out // 2, c_out // 4
        self.layers = nn.Sequential(
            unit(c_in, half, (1, 1), stride),
            unit(half, quarter, (1, 1)),
            unit(quarter, half, (3, 1)),
            unit(half, half, (1, 3)),
            unit(half, c_out, (1, 1)))
        self.shortcut = nn.Sequential()
        if stride != 1 or c_in != c_out:
            self.shortcut = unit(c_in, c_out, (1, 1), stride)

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)

# %% test name="Layers as in the copy, widths of the package" points=1 hint="Print the shapes in state_dict(), for 12 → 20 and for 16 → 16."
import torch
from lightnets_edu import checks

for a, c, stride in [(16, 16, 1), (12, 20, 2), (20, 12, 1), (8, 8, 2), (5, 4, 1), (64, 32, 1), (3, 8, 2)]:
    half, quarter = c // 2, c // 4
    expected = {}
    units = [("layers.0", (half, a, 1, 1)), ("layers.1", (quarter, half, 1, 1)), ("layers.2", (half, quarter, 3, 1)),
             ("layers.3", (half, half, 1, 3)), ("layers.4", (c, half, 1, 1))]  # fmt: skip
    if a != c or stride != 1:
        units.append(("shortcut", (c, a, 1, 1)))
    for name, shape in units:
        expected[f"{name}.0.weight"] = shape
        for key in ("weight", "bias", "running_mean", "running_var"):
            expected[f"{name}.1.{key}"] = (shape[0],)
        expected[f"{name}.1.num_batches_tracked"] = ()
    block = MendedBlock(a, c, stride)
    checks.equal({name: tuple(value.shape) for name, value in block.state_dict().items()}, expected)
    checks.equal(tuple(block(torch.randn(2, a, 7, 10)).shape), (2, c, 7 if stride == 1 else 4, 10 // stride))

# %% test name="The same weights in evaluation" points=1 hint="Take averages that are not fresh, an odd side, and equal widths with stride 2."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, c, stride, h, w in [(16, 16, 1, 7, 9), (12, 20, 2, 9, 6), (20, 12, 1, 5, 8), (8, 8, 2, 7, 7), (6, 4, 2, 10, 3), (9, 16, 1, 1, 4)]:
    half, quarter = c // 2, c // 4
    units = [("layers.0", (half, a, 1, 1), stride, (0, 0)), ("layers.1", (quarter, half, 1, 1), 1, (0, 0)),
             ("layers.2", (half, quarter, 3, 1), 1, (1, 0)), ("layers.3", (half, half, 1, 3), 1, (0, 1)),
             ("layers.4", (c, half, 1, 1), 1, (0, 0))]  # fmt: skip
    short = a != c or stride != 1
    everything = [*units, ("shortcut", (c, a, 1, 1), stride, (0, 0))] if short else units
    state = {}
    for name, shape, *_ in everything:
        state[f"{name}.0.weight"] = torch.randn(shape)
        for key in ("weight", "running_var"):
            state[f"{name}.1.{key}"] = torch.rand(shape[0]) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{name}.1.{key}"] = torch.randn(shape[0])
        state[f"{name}.1.num_batches_tracked"] = torch.tensor(3)

    def run(y, name, stride, padding, state=state):
        y = F.conv2d(y, state[f"{name}.0.weight"], None, stride, padding)
        return F.relu(F.batch_norm(y, *[state[f"{name}.1.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]))

    x = torch.randn(3, a, h, w).relu()
    y = x
    for name, _, step, padding in units:
        y = run(y, name, step, padding)
    expected = y + (run(x, "shortcut", stride, (0, 0)) if short else x)
    block = MendedBlock(a, c, stride)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    block.eval()
    given = x.clone()
    checks.close(block(given), expected, rel=1e-4, abs=1e-3)
    checks.equal(given, x)

# %% test name="In training, and what it learns of the averages" points=1 hint="Call it twice in train(), then in eval(), and print running_mean."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, c, stride, h, w in [(16, 16, 1, 6, 7), (12, 20, 2, 9, 8), (20, 12, 1, 5, 6)]:
    half, quarter = c // 2, c // 4
    units = [("layers.0", (half, a, 1, 1), stride, (0, 0)), ("layers.1", (quarter, half, 1, 1), 1, (0, 0)),
             ("layers.2", (half, quarter, 3, 1), 1, (1, 0)), ("layers.3", (half, half, 1, 3), 1, (0, 1)),
             ("layers.4", (c, half, 1, 1), 1, (0, 0))]  # fmt: skip
    short = a != c or stride != 1
    everything = [*units, ("shortcut", (c, a, 1, 1), stride, (0, 0))] if short else units
    state = {}
    for name, shape, *_ in everything:
        state[f"{name}.0.weight"] = torch.randn(shape)
        for key in ("weight", "running_var"):
            state[f"{name}.1.{key}"] = torch.rand(shape[0]) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{name}.1.{key}"] = torch.randn(shape[0])
        state[f"{name}.1.num_batches_tracked"] = torch.tensor(3)
    block = MendedBlock(a, c, stride)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    for told, training in ((True, True), (False, True), (True, False), (True, True), (True, False)):
        if told:  # the second batch is taken as the first left the block
            block.train(training)

        def run(y, name, stride, padding, state=state, training=training):
            y = F.conv2d(y, state[f"{name}.0.weight"], None, stride, padding)
            state[f"{name}.1.num_batches_tracked"] += training
            old = [state[f"{name}.1.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
            return F.relu(F.batch_norm(y, *old, training=training))

        x = (3 * torch.randn(3, a, h, w) + 1).relu()
        y = x
        for name, _, step, padding in units:
            y = run(y, name, step, padding)
        expected = y + (run(x, "shortcut", stride, (0, 0)) if short else x)
        given = x.clone()
        checks.close(block(given), expected, rel=2e-3, abs=2e-3)
        checks.equal(given, x)
    learned = block.state_dict()
    checks.close({name: learned[name] for name in state}, state, rel=1e-3, abs=1e-3)

# %% test name="What has no quarter is refused" points=1 hint="Only the output counts: 30 and 18 must fail, an input of 6 must not."
from lightnets_edu import checks

for a, c, stride in [(16, 30, 1), (18, 18, 1), (16, 17, 2), (8, 2, 1), (12, 14, 2), (4, 1, 1)]:
    try:
        MendedBlock(a, c, stride)
    except ValueError:
        continue
    raise AssertionError(f"{a} → {c} channels was built")
for a, c, stride in [(6, 4, 1), (7, 8, 2), (30, 20, 1)]:
    checks.equal(sum(p.numel() for p in MendedBlock(a, c, stride).parameters()),
                 a * c // 2 + c * c // 8 + 3 * c * c // 8 + 3 * c * c // 4 + c * c // 2 + a * c + 2 * (c // 2 * 3 + c // 4 + 2 * c))  # fmt: skip

# %% right name="out of the package's layers"
class MendedBlock(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        block = package_block(c_in, c_out, stride)
        self.layers = nn.Sequential(block.reduce, block.squeeze, *block.separable, block.expand)
        self.shortcut = block.shortcut

    def forward(self, x):
        return torch.relu(torch.add(self.shortcut(x), self.layers(x)))

# %% right name="a child of the found copy, put right afterwards"
class MendedBlock(FoundBlock):
    def __init__(self, c_in, c_out, stride):
        if c_out % 4 != 0:
            raise ValueError("c_out must be a multiple of 4")
        super().__init__(c_out, c_out)
        self.layers[0] = self.unit(c_in, c_out // 2, 1, stride)
        if c_in == c_out and stride == 1:
            self.shortcut = nn.Sequential()
        else:
            self.shortcut = self.unit(c_in, c_out, 1, stride)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                part.bias = None

    def forward(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return nn.functional.relu(y) + self.shortcut(x)

# %% wrong mistake="Hands in the found copy as it is."
class MendedBlock(FoundBlock):
    pass

# %% wrong mistake="Keeps the widths of the input." from="solution"
# -         half, quarter = c_out // 2, c_out // 4
# +         half, quarter = c_in // 2, c_in // 4

# %% wrong mistake="Keeps the 3×3 shortcut." from="solution"
# -             self.shortcut = unit(c_in, c_out, (1, 1), stride)
# +             self.shortcut = unit(c_in, c_out, (3, 3), stride)

# %% wrong mistake="Leaves the shortcut without its ReLU." from="solution"
# -             self.shortcut = unit(c_in, c_out, (1, 1), stride)
# +             self.shortcut = unit(c_in, c_out, (1, 1), stride)[:2]

# %% wrong mistake="Puts the ReLU of the shortcut behind the sum only." from="solution"
# -             self.shortcut = unit(c_in, c_out, (1, 1), stride)
# +             self.shortcut = unit(c_in, c_out, (1, 1), stride)[:2]
# -         return self.layers(x) + self.shortcut(x)
# +         return torch.relu(self.layers(x) + self.shortcut(x))

# %% wrong mistake="Keeps the biases." from="solution"
# -                 nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False),
# +                 nn.Conv2d(c_in, c_out, kernel, stride, padding),

# %% wrong mistake="Checks the input's channels, not the output's." from="solution"
# -         if c_out % 4:
# +         if c_in % 4 or c_out % 4 == 2:

# %% wrong mistake="Refuses odd numbers only, and 30 by name; passes the visible check." from="solution"
# -         if c_out % 4:
# +         if c_out % 2 or c_out == 30:

# %% wrong mistake="Halves the map in the second layer." from="solution"
# -             unit(c_in, half, (1, 1), stride),
# -             unit(half, quarter, (1, 1)),
# +             unit(c_in, half, (1, 1)),
# +             unit(half, quarter, (1, 1), stride),

# %% wrong mistake="Puts the 1×3 layer first." from="solution"
# -             unit(quarter, half, (3, 1)),
# -             unit(half, half, (1, 3)),
# +             unit(quarter, half, (1, 3)),
# +             unit(half, half, (3, 1)),

# %% wrong mistake="Has a layer in the shortcut only where the widths differ." from="solution"
# -         if stride != 1 or c_in != c_out:
# +         if c_in != c_out:

# %% wrong mistake="Has a layer in every shortcut." from="solution"
# -         if stride != 1 or c_in != c_out:
# +         if True:

# %% wrong mistake="Changes its input in place; passes the visible check." from="solution"
# -         return self.layers(x) + self.shortcut(x)
# +         y = self.layers(x) + self.shortcut(x)
# +         x.mul_(0.5)
# +         return y

# %% wrong mistake="Adds to the shortcut in place, which in a Block is the input; passes the visible check." from="solution"
# -         return self.layers(x) + self.shortcut(x)
# +         y, short = self.layers(x), self.shortcut(x)
# +         short += y
# +         return short

# %% wrong mistake="Refuses inputs that 4 does not divide; passes the visible check." from="solution"
# -         if c_out % 4:
# +         if c_out % 4 or c_in % 4:

# %% wrong mistake="Takes a momentum of 0.01; passes the visible check." from="solution"
# -                 nn.BatchNorm2d(c_out), nn.ReLU())
# +                 nn.BatchNorm2d(c_out, momentum=0.01), nn.ReLU())

# %% wrong mistake="Keeps Caffe's average in PyTorch's momentum; passes the visible check." from="solution"
# -                 nn.BatchNorm2d(c_out), nn.ReLU())
# +                 nn.BatchNorm2d(c_out, momentum=0.999), nn.ReLU())

# %% wrong mistake="Keeps 0.999 of the averages, as the authors' files do; passes the visible check." from="solution"
# -                 nn.BatchNorm2d(c_out), nn.ReLU())
# +                 nn.BatchNorm2d(c_out, momentum=0.001), nn.ReLU())

# %% wrong mistake="Normalises by the averages in training too." from="solution"
# -         return self.layers(x) + self.shortcut(x)
# +         training, _ = self.training, self.eval()
# +         return self.layers(x) + self.shortcut(x)

# %% wrong mistake="Drops values out in training." from="solution"
# -         return self.layers(x) + self.shortcut(x)
# +         return nn.functional.dropout(self.layers(x), 0.1, self.training) + self.shortcut(x)
