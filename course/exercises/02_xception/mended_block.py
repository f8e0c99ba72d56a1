# %% [markdown]
# The found copy has four faults: it widens in the first convolution, whatever c_mid says; a ReLU stands between
# depthwise and pointwise; the ReLU works in place, so that the shortcut loses its negative values; the pool is 2×2.
# The first test sees the widths, the second a map without negative values, the third negative values, the fourth the
# input.

# %% solution
class MendedBlock(nn.Module):
    """Xception's block with stride 2, under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)
        self.skip_bn = nn.BatchNorm2d(c_out)
        self.dw1 = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in,
                             bias=False)
        self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid)
        self.dw2 = nn.Conv2d(c_mid, c_mid, 3, padding=1, groups=c_mid,
                             bias=False)
        self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x):
        y = self.bn1(self.pw1(self.dw1(self.relu(x))))
        y = self.bn2(self.pw2(self.dw2(self.relu(y))))
        return self.pool(y) + self.skip_bn(self.skip(x))

# %% test name="Layers as wide as in the paper" points=1 hint="Print state_dict()'s shapes for 8 → 8 → 12 channels."
from lightnets_edu import checks

for a, m, c in [(8, 8, 12), (6, 10, 10), (5, 7, 9), (12, 4, 6)]:
    expected = {"skip.weight": (c, a, 1, 1), "dw1.weight": (a, 1, 3, 3), "pw1.weight": (m, a, 1, 1),
                "dw2.weight": (m, 1, 3, 3), "pw2.weight": (c, m, 1, 1)}  # fmt: skip
    for norm, width in (("skip_bn", c), ("bn1", m), ("bn2", c)):
        expected |= {f"{norm}.{name}": (width,) for name in ("weight", "bias", "running_mean", "running_var")}
        expected[f"{norm}.num_batches_tracked"] = ()
    state = MendedBlock(a, m, c).state_dict()
    checks.equal({name: tuple(value.shape) for name, value in state.items()}, expected)

# %% test name="A map without negative values" points=1 hint="May a ReLU stand there? What does the pool see?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(6, 8, 8, 9, 7), (8, 8, 12, 10, 6), (5, 7, 9, 8, 5)]:
    shapes = {"skip": (c, a, 1, 1), "dw1": (a, 1, 3, 3), "pw1": (m, a, 1, 1)}
    shapes |= {"dw2": (m, 1, 3, 3), "pw2": (c, m, 1, 1)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    for norm, channels in (("skip_bn", c), ("bn1", m), ("bn2", c)):
        for key in ("weight", "running_var"):
            state[f"{norm}.{key}"] = torch.rand(channels) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{norm}.{key}"] = torch.randn(channels)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    def norm(y, place, state=state):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(y, *[state[f"{place}.{key}"] for key in names])

    x = torch.rand(2, a, h, w)
    y = F.conv2d(F.conv2d(F.relu(x), state["dw1.weight"], padding=1, groups=a), state["pw1.weight"])
    y = F.conv2d(F.relu(norm(y, "bn1")), state["dw2.weight"], padding=1, groups=m)
    y = norm(F.conv2d(y, state["pw2.weight"]), "bn2")
    short = norm(F.conv2d(x, state["skip.weight"], stride=2), "skip_bn")
    expected = F.max_pool2d(y, 3, 2, 1) + short

    block = MendedBlock(a, m, c)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    block.eval()
    given = x.clone()
    checks.close(block(given), expected, rel=1e-4, abs=1e-4)

# %% test name="A map with negative values" points=1 hint="What does the shortcut carry where x < 0?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(6, 8, 8, 9, 7), (4, 5, 6, 6, 10), (7, 7, 3, 11, 11)]:
    shapes = {"skip": (c, a, 1, 1), "dw1": (a, 1, 3, 3), "pw1": (m, a, 1, 1)}
    shapes |= {"dw2": (m, 1, 3, 3), "pw2": (c, m, 1, 1)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    for norm, channels in (("skip_bn", c), ("bn1", m), ("bn2", c)):
        for key in ("weight", "running_var"):
            state[f"{norm}.{key}"] = torch.rand(channels) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{norm}.{key}"] = torch.randn(channels)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    def norm(y, place, state=state):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(y, *[state[f"{place}.{key}"] for key in names])

    x = torch.randn(2, a, h, w)
    y = F.conv2d(F.conv2d(F.relu(x), state["dw1.weight"], padding=1, groups=a), state["pw1.weight"])
    y = F.conv2d(F.relu(norm(y, "bn1")), state["dw2.weight"], padding=1, groups=m)
    y = norm(F.conv2d(y, state["pw2.weight"]), "bn2")
    short = norm(F.conv2d(x, state["skip.weight"], stride=2), "skip_bn")
    expected = F.max_pool2d(y, 3, 2, 1) + short

    block = MendedBlock(a, m, c)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    block.eval()
    given = x.clone()
    checks.close(block(given), expected, rel=1e-4, abs=1e-4)

# %% test name="In training too, and the input stays" points=1 hint="Call it twice in train(): print x, running_mean, running_var."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(6, 8, 8, 8, 9), (5, 4, 7, 7, 7)]:
    shapes = {"skip": (c, a, 1, 1), "dw1": (a, 1, 3, 3), "pw1": (m, a, 1, 1)}
    shapes |= {"dw2": (m, 1, 3, 3), "pw2": (c, m, 1, 1)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    for norm, channels in (("skip_bn", c), ("bn1", m), ("bn2", c)):
        for key in ("weight", "running_var"):
            state[f"{norm}.{key}"] = torch.rand(channels) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{norm}.{key}"] = torch.randn(channels)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(3)
    block = MendedBlock(a, m, c)
    block.load_state_dict({key: value.clone() for key, value in state.items()})

    def expected(x, training, state=state, a=a, m=m):
        def bn(y, place):
            names = ("running_mean", "running_var", "weight", "bias")
            state[f"{place}.num_batches_tracked"] += training
            return F.batch_norm(y, *[state[f"{place}.{key}"] for key in names], training=training)

        y = F.conv2d(F.conv2d(F.relu(x), state["dw1.weight"], padding=1, groups=a), state["pw1.weight"])
        y = F.conv2d(F.relu(bn(y, "bn1")), state["dw2.weight"], padding=1, groups=m)
        y = bn(F.conv2d(y, state["pw2.weight"]), "bn2")
        return F.max_pool2d(y, 3, 2, 1) + bn(F.conv2d(x, state["skip.weight"], stride=2), "skip_bn")

    for told, training in ((True, False), (True, True), (False, True), (True, False)):
        if told:  # the third batch is taken as the second left the block; what the two taught shows in the last
            block.train(training)
        x = torch.randn(3, a, h, w)
        given, truth = x.clone(), expected(x, training)
        checks.close(block(given), truth, rel=1e-3, abs=1e-3)
        checks.equal(given, x)
    learned = block.state_dict()
    checks.close({key: learned[key] for key in state}, state, rel=1e-3, abs=1e-3)

# %% right name="the found copy, mended"
class MendedBlock(nn.Module):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)
        self.skip_bn = nn.BatchNorm2d(c_out)
        self.dw1 = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in,
                             bias=False)
        self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid)
        self.dw2 = nn.Conv2d(c_mid, c_mid, 3, padding=1, groups=c_mid,
                             bias=False)
        self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x):
        y = self.bn1(self.pw1(self.dw1(self.relu(x))))
        y = self.bn2(self.pw2(self.dw2(self.relu(y))))
        return self.pool(y) + self.skip_bn(self.skip(x))

# %% right name="with functions instead of modules"
class MendedBlock(nn.Module):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)
        self.skip_bn = nn.BatchNorm2d(c_out)
        self.dw1 = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in,
                             bias=False)
        self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid)
        self.dw2 = nn.Conv2d(c_mid, c_mid, 3, padding=1, groups=c_mid,
                             bias=False)
        self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)

    def forward(self, x):
        y = self.bn1(self.pw1(self.dw1(torch.relu(x))))
        y = self.bn2(self.pw2(self.dw2(y.relu())))
        return nn.functional.max_pool2d(y, 3, 2, 1) + self.skip_bn(self.skip(x))

# %% right name="in place, but on a copy and after the shortcut"
class MendedBlock(FoundBlock):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__(c_in, c_mid, c_out)
        self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid)
        self.dw2 = nn.Conv2d(c_mid, c_mid, 3, 1, 1, groups=c_mid, bias=False)
        self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x):
        short = self.skip_bn(self.skip(x))
        y = self.relu(x.clone())
        for dw, pw, bn in ((self.dw1, self.pw1, self.bn1), (self.dw2, self.pw2, self.bn2)):
            y = bn(pw(dw(self.relu(y))))
        return self.pool(y) + short

# %% wrong mistake="The found copy as it is."
class MendedBlock(FoundBlock):
    pass

# %% wrong mistake="Keeps the ReLU between the first depthwise and pointwise layer." from="the found copy, mended"
# -         y = self.bn1(self.pw1(self.dw1(self.relu(x))))
# +         y = self.bn1(self.pw1(self.relu(self.dw1(self.relu(x)))))

# %% wrong mistake="Keeps the ReLU between the second depthwise and pointwise layer." from="the found copy, mended"
# -         y = self.bn2(self.pw2(self.dw2(self.relu(y))))
# +         y = self.bn2(self.pw2(self.relu(self.dw2(self.relu(y)))))

# %% wrong mistake="Keeps the ReLU in place: unseen on a map without negative values." from="the found copy, mended"
# -         self.relu = nn.ReLU()
# +         self.relu = nn.ReLU(inplace=True)

# %% wrong mistake="Keeps the pool of 2×2." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d(3, 2, 1)
# +         self.pool = nn.MaxPool2d(2, stride=2, ceil_mode=True)

# %% wrong mistake="Widens in the first layer." from="the found copy, mended"
# -         self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
# -         self.bn1 = nn.BatchNorm2d(c_mid)
# -         self.dw2 = nn.Conv2d(c_mid, c_mid, 3, padding=1, groups=c_mid,
# +         self.pw1 = nn.Conv2d(c_in, c_out, 1, bias=False)
# +         self.bn1 = nn.BatchNorm2d(c_out)
# +         self.dw2 = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out,
# -         self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
# +         self.pw2 = nn.Conv2d(c_out, c_out, 1, bias=False)

# %% wrong mistake="Reckons the shortcut from the input after its ReLU, without changing it." from="the found copy, mended"
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         return self.pool(y) + self.skip_bn(self.skip(self.relu(x)))

# %% wrong mistake="Ends with a ReLU, as ResNet does." from="the found copy, mended"
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         return self.relu(self.pool(y) + self.skip_bn(self.skip(x)))

# %% wrong mistake="Leaves out the first ReLU, as in the network's very first block." from="the found copy, mended"
# -         y = self.bn1(self.pw1(self.dw1(self.relu(x))))
# +         y = self.bn1(self.pw1(self.dw1(x)))

# %% wrong mistake="Takes the shortcut first, then still overwrites the caller's input." from="the found copy, mended"
# -         self.relu = nn.ReLU()
# +         self.relu = nn.ReLU(inplace=True)
# -     def forward(self, x):
# +     def forward(self, x):
# +         short = self.skip_bn(self.skip(x))
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         return self.pool(y) + short

# %% wrong mistake="Adds biases in front of the batch norms." from="the found copy, mended"
# -                              bias=False)
# -         self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
# +                              bias=True)
# +         self.pw1 = nn.Conv2d(c_in, c_mid, 1, bias=True)
# -                              bias=False)
# -         self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=False)
# +                              bias=True)
# +         self.pw2 = nn.Conv2d(c_mid, c_out, 1, bias=True)

# %% wrong mistake="Averages instead of taking the maximum." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d(3, 2, 1)
# +         self.pool = nn.AvgPool2d(3, stride=2, padding=1)

# %% wrong mistake="Puts the stride into the second depthwise layer and leaves the pool out." from="the found copy, mended"
# -         self.dw2 = nn.Conv2d(c_mid, c_mid, 3, padding=1, groups=c_mid,
# +         self.dw2 = nn.Conv2d(c_mid, c_mid, 3, stride=2, padding=1, groups=c_mid,
# -         self.pool = nn.MaxPool2d(3, 2, 1)

# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         return y + self.skip_bn(self.skip(x))

# %% wrong mistake="Pads the pool as TensorFlow does: on even maps at the end only." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d(3, 2, 1)
# +         self.pool = nn.MaxPool2d(3, 2)
# -         y = self.bn2(self.pw2(self.dw2(self.relu(y))))
# +         y = self.bn2(self.pw2(self.dw2(self.relu(y))))
# +         h, w = y.shape[2] % 2, y.shape[3] % 2
# +         y = nn.functional.pad(y, (w, 1, h, 1), value=float("-inf"))

# %% wrong mistake="Pads the pool with zeros, which win where all values are negative." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d(3, 2, 1)
# +         self.pool = nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, 2))

# %% wrong mistake="Lets the second ReLU read what the first batch norm has not seen." from="the found copy, mended"
# -         y = self.bn1(self.pw1(self.dw1(self.relu(x))))
# -         y = self.bn2(self.pw2(self.dw2(self.relu(y))))
# +         y = self.bn1(self.relu(self.pw1(self.dw1(self.relu(x)))))
# +         y = self.bn2(self.pw2(self.dw2(y)))

# %% wrong mistake="Lets its running statistics move a tenth as fast: unseen in eval()." from="the found copy, mended"
# -         self.bn1 = nn.BatchNorm2d(c_mid)
# +         self.bn1 = nn.BatchNorm2d(c_mid, momentum=0.01)

# %% wrong mistake="Stays in eval(), whatever it is told." from="the found copy, mended"
# -         y = self.bn1(self.pw1(self.dw1(self.relu(x))))
# +         self.eval()
# +         y = self.bn1(self.pw1(self.dw1(self.relu(x))))

# %% wrong mistake="Drops values out in training." from="the found copy, mended"
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         return nn.functional.dropout(self.pool(y), 0.2, self.training) + self.skip_bn(self.skip(x))

# %% wrong mistake="Normalises by the batch in eval() too: keeps no running statistics." from="the found copy, mended"
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         norm = self.skip_bn
# +         short = nn.functional.batch_norm(self.skip(x), norm.running_mean, norm.running_var, norm.weight, norm.bias, True)
# +         return self.pool(y) + short

# %% wrong mistake="Goes to eval() in its first call and stays there." from="the found copy, mended"
# -         return self.pool(y) + self.skip_bn(self.skip(x))
# +         y = self.pool(y) + self.skip_bn(self.skip(x))
# +         self.eval()
# +         return y
