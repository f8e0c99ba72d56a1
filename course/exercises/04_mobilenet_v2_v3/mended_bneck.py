# %% [markdown]
# The found copy has four faults: the squeeze is a quarter cut off, not rounded to a multiple of eight; h-swish follows
# the projection; it follows squeeze-and-excite, not the depthwise layer; the shortcut asks for the stride only. Each
# test is there for one of them, the last for what a mended copy may break: training, its averages, the input.

# %% solution
class MendedBneck(nn.Module):
    """V3's block under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out, kernel, stride):
        super().__init__()
        from lightnets_edu.layers import round_channels

        def norm(c):
            return nn.BatchNorm2d(c, eps=0.001, momentum=0.01)

        narrow = round_channels(c_mid / 4)
        self.adds = c_out == c_in and stride == 1
        self.pw = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.pw_bn = norm(c_mid)
        self.dw = nn.Conv2d(c_mid, c_mid, kernel, stride, kernel // 2, groups=c_mid, bias=False)
        self.dw_bn = norm(c_mid)
        self.fc1 = nn.Conv2d(c_mid, narrow, 1)
        self.fc2 = nn.Conv2d(narrow, c_mid, 1)
        self.pwl = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.pwl_bn = norm(c_out)

    def forward(self, x):
        act = nn.functional.hardswish
        y = act(self.pw_bn(self.pw(x)))
        y = act(self.dw_bn(self.dw(y)))
        z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
        y = y * nn.functional.hardsigmoid(self.fc2(z))
        y = self.pwl_bn(self.pwl(y))
        return x + y if self.adds else y

# %% test name="Layers as wide as V3's" points=1 hint="Print state_dict()'s shapes for 8 → 44 → 8 channels. How wide is fc1 in a Bneck?"
from lightnets_edu import checks
from lightnets_edu.models.mobilenet_v3 import Bneck

NAMES = {"expand.0": "pw", "expand.1": "pw_bn", "depthwise.0": "dw", "depthwise.1": "dw_bn",
         "se.squeeze": "fc1", "se.expand": "fc2", "project.0": "pwl", "project.1": "pwl_bn"}  # fmt: skip
for sizes in ((8, 44, 8, 3, 1), (16, 72, 40, 5, 2), (24, 88, 24, 3, 1), (10, 20, 6, 7, 2), (4, 12, 4, 3, 1), (40, 240, 40, 5, 1)):
    block = Bneck(*sizes, True, "HS")
    expected = {}
    for name, value in block.state_dict(keep_vars=False).items():
        place, _dot, rest = name.rpartition(".")
        expected[f"{NAMES[place]}.{rest}"] = tuple(value.shape)
    checks.equal({name: tuple(value.shape) for name, value in MendedBneck(*sizes).state_dict().items()}, expected)

# %% test name="Without a shortcut" points=1 hint="With stride 2: may an activation follow the projection? What does squeeze-and-excite read?"
import torch

from lightnets_edu import checks
from lightnets_edu.models.mobilenet_v3 import Bneck

NAMES = {"expand.0": "pw", "expand.1": "pw_bn", "depthwise.0": "dw", "depthwise.1": "dw_bn",
         "se.squeeze": "fc1", "se.expand": "fc2", "project.0": "pwl", "project.1": "pwl_bn"}  # fmt: skip
for sizes, h, w in (((6, 32, 10, 3, 2), 9, 7), ((8, 64, 8, 5, 2), 10, 13), ((5, 32, 9, 5, 1), 8, 6), ((6, 96, 12, 3, 1), 1, 5)):
    block = Bneck(*sizes, True, "HS")
    for name, value in block.state_dict(keep_vars=False).items():
        if "running_var" in name:
            value.copy_(torch.rand_like(value) / 10 + 0.05)
        elif name.endswith(".1.weight"):
            value.copy_(torch.rand_like(value) + 0.5)
        elif "running_mean" in name or name.endswith(".1.bias"):
            value.copy_(torch.randn_like(value))
    state = {}
    for name, value in block.state_dict(keep_vars=False).items():
        place, _dot, rest = name.rpartition(".")
        state[f"{NAMES[place]}.{rest}"] = value.clone()
    copy = MendedBneck(*sizes)
    copy.load_state_dict(dict(state))
    x = 3 * torch.randn(2, sizes[0], h, w)
    checks.close(copy.eval()(x.clone()), block.eval()(x).detach(), rel=1e-4, abs=1e-4)

# %% test name="With a shortcut" points=1 hint="40 → 120 → 40 channels, stride 1: compare outputs."
import torch

from lightnets_edu import checks
from lightnets_edu.models.mobilenet_v3 import Bneck

NAMES = {"expand.0": "pw", "expand.1": "pw_bn", "depthwise.0": "dw", "depthwise.1": "dw_bn",
         "se.squeeze": "fc1", "se.expand": "fc2", "project.0": "pwl", "project.1": "pwl_bn"}  # fmt: skip
for sizes, h, w in (((8, 32, 8, 3, 1), 9, 7), ((6, 64, 6, 5, 1), 6, 11), ((16, 96, 16, 7, 1), 5, 5), ((10, 64, 10, 1, 1), 4, 6)):
    block = Bneck(*sizes, True, "HS")
    for name, value in block.state_dict(keep_vars=False).items():
        if "running_var" in name:
            value.copy_(torch.rand_like(value) / 10 + 0.05)
        elif name.endswith(".1.weight"):
            value.copy_(torch.rand_like(value) + 0.5)
        elif "running_mean" in name or name.endswith(".1.bias"):
            value.copy_(torch.randn_like(value))
    state = {}
    for name, value in block.state_dict(keep_vars=False).items():
        place, _dot, rest = name.rpartition(".")
        state[f"{NAMES[place]}.{rest}"] = value.clone()
    copy = MendedBneck(*sizes)
    copy.load_state_dict(dict(state))
    x = 3 * torch.randn(2, sizes[0], h, w)
    checks.close(copy.eval()(x.clone()), block.eval()(x).detach(), rel=1e-4, abs=1e-4)

# %% test name="In training; the input stays" points=1 hint="Compare in train(), and the averages behind it. Print x before and after."
import torch

from lightnets_edu import checks
from lightnets_edu.models.mobilenet_v3 import Bneck

NAMES = {"expand.0": "pw", "expand.1": "pw_bn", "depthwise.0": "dw", "depthwise.1": "dw_bn",
         "se.squeeze": "fc1", "se.expand": "fc2", "project.0": "pwl", "project.1": "pwl_bn"}  # fmt: skip
for sizes, h, w in (((8, 32, 8, 3, 1), 9, 7), ((6, 64, 10, 5, 2), 6, 11)):
    block, copy = Bneck(*sizes, True, "HS"), MendedBneck(*sizes)
    state = {}
    for name, value in block.state_dict(keep_vars=False).items():
        place, _dot, rest = name.rpartition(".")
        state[f"{NAMES[place]}.{rest}"] = value.clone()
    copy.load_state_dict(dict(state))
    block.train(), copy.train()
    for _ in range(3):
        x = 3 * torch.randn(4, sizes[0], h, w)
        given = x.clone()
        checks.close(copy(given), block(x).detach(), rel=1e-3, abs=1e-3)
        checks.equal(given, x)
    averages = copy.state_dict()
    for name, value in block.state_dict(keep_vars=False).items():
        place, _dot, rest = name.rpartition(".")
        if "running" in rest:
            checks.close(averages[f"{NAMES[place]}.{rest}"], value, rel=1e-3, abs=1e-4)
    x = 3 * torch.randn(2, sizes[0], h, w)
    given = x.clone()
    checks.close(copy.eval()(given), block.eval()(x).detach(), rel=1e-3, abs=1e-3)
    checks.equal(given, x)

# %% right name="the found copy, mended"
class MendedBneck(nn.Module):
    def __init__(self, c_in, c_mid, c_out, kernel, stride):
        super().__init__()
        def norm(c):
            return nn.BatchNorm2d(c, eps=0.001, momentum=0.01)

        quarter = max(8, int(c_mid / 4 + 4) // 8 * 8)
        if quarter < 0.9 * c_mid / 4:
            quarter += 8
        self.stride = stride
        self.pw = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.pw_bn = norm(c_mid)
        self.dw = nn.Conv2d(c_mid, c_mid, kernel, stride, kernel // 2,
                            groups=c_mid, bias=False)
        self.dw_bn = norm(c_mid)
        self.fc1 = nn.Conv2d(c_mid, quarter, 1)
        self.fc2 = nn.Conv2d(quarter, c_mid, 1)
        self.pwl = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.pwl_bn = norm(c_out)

    def forward(self, x):
        act = nn.functional.hardswish
        y = act(self.pw_bn(self.pw(x)))
        y = act(self.dw_bn(self.dw(y)))
        z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
        y = y * nn.functional.hardsigmoid(self.fc2(z))
        y = self.pwl_bn(self.pwl(y))
        return x + y if self.stride == 1 and x.shape[1] == y.shape[1] else y

# %% right name="with modules for the activations"
class MendedBneck(nn.Module):
    def __init__(self, c_in, c_mid, c_out, kernel, stride):
        super().__init__()
        from lightnets_edu.layers import round_channels

        def layer(a, b, k=1, s=1, g=1):
            return nn.Conv2d(a, b, k, s, padding=(k - 1) // 2, groups=g, bias=False), nn.BatchNorm2d(b, 1e-3, 0.01)

        squeezed = round_channels(0.25 * c_mid)
        self.pw, self.pw_bn = layer(c_in, c_mid)
        self.dw, self.dw_bn = layer(c_mid, c_mid, kernel, stride, c_mid)
        self.fc1, self.fc2 = nn.Conv2d(c_mid, squeezed, 1), nn.Conv2d(squeezed, c_mid, 1)
        self.pwl, self.pwl_bn = layer(c_mid, c_out)
        self.act, self.gate = nn.Hardswish(), nn.Hardsigmoid()
        self.adds = c_in == c_out and stride == 1

    def forward(self, x):
        y = self.act(self.pw_bn(self.pw(x)))
        y = self.act(self.dw_bn(self.dw(y)))
        means = nn.functional.adaptive_avg_pool2d(y, 1)
        y = y * self.gate(self.fc2(nn.functional.relu(self.fc1(means))))
        y = self.pwl_bn(self.pwl(y))
        if self.adds:
            y = y + x
        return y

# %% wrong mistake="Cuts the quarter off instead of rounding it." from="solution"
# -         narrow = round_channels(c_mid / 4)
# +         narrow = c_mid // 4

# %% wrong mistake="Rounds the quarter down to a multiple of eight." from="solution"
# -         narrow = round_channels(c_mid / 4)
# +         narrow = max(8, c_mid // 4 // 8 * 8)

# %% wrong mistake="Rounds to the nearest multiple without the rule of nine tenths; passes the visible check." from="solution"
# -         narrow = round_channels(c_mid / 4)
# +         narrow = max(8, int(c_mid / 4 + 4) // 8 * 8)

# %% wrong mistake="Squeezes to a quarter of the narrow input, as MnasNet does." from="solution"
# -         narrow = round_channels(c_mid / 4)
# +         narrow = round_channels(c_in / 4)

# %% wrong mistake="Leaves hard-swish behind the projection." from="solution"
# -         y = self.pwl_bn(self.pwl(y))
# +         y = act(self.pwl_bn(self.pwl(y)))

# %% wrong mistake="Leaves squeeze-and-excite before the activation." from="solution"
# -         y = act(self.dw_bn(self.dw(y)))
# -         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# -         y = y * nn.functional.hardsigmoid(self.fc2(z))
# +         y = self.dw_bn(self.dw(y))
# +         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         y = act(y * nn.functional.hardsigmoid(self.fc2(z)))

# %% wrong mistake="Takes the means before the activation, and scales behind it." from="solution"
# -         y = act(self.dw_bn(self.dw(y)))
# -         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         y = self.dw_bn(self.dw(y))
# +         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         y = act(y)

# %% wrong mistake="Has no shortcut; passes the visible check." from="solution"
# -         return x + y if self.adds else y
# +         return y

# %% wrong mistake="Adds where the widths agree, with stride 2 too: it stops; passes the visible check." from="solution"
# -         self.adds = c_out == c_in and stride == 1
# +         self.adds = c_out == c_in

# %% wrong mistake="Adds to the first channels where the widths differ." from="solution"
# -         return x + y if self.adds else y
# +         c = min(x.shape[1], y.shape[1])
# +         if x.shape[2:] == y.shape[2:]:
# +             y = torch.cat([y[:, :c] + x[:, :c], y[:, c:]], dim=1)
# +         return y

# %% wrong mistake="Adds the input in place; passes the visible check." from="solution"
# -         return x + y if self.adds else y
# +         return x.add_(y) if self.adds else y

# %% wrong mistake="Adds before the last batch norm; passes the visible check." from="solution"
# -         y = self.pwl_bn(self.pwl(y))
# -         return x + y if self.adds else y
# +         y = self.pwl(y)
# +         return self.pwl_bn(x + y if self.adds else y)

# %% wrong mistake="PyTorch's own numbers for batch norm; the visible check forgives them." from="solution"
# -             return nn.BatchNorm2d(c, eps=0.001, momentum=0.01)
# +             return nn.BatchNorm2d(c)

# %% wrong mistake="Another momentum: right in evaluation, other averages; passes the visible check." from="solution"
# -             return nn.BatchNorm2d(c, eps=0.001, momentum=0.01)
# +             return nn.BatchNorm2d(c, eps=0.001)

# %% wrong mistake="Pads every kernel by one; passes the visible check." from="solution"
# -         self.dw = nn.Conv2d(c_mid, c_mid, kernel, stride, kernel // 2, groups=c_mid, bias=False)
# +         self.dw = nn.Conv2d(c_mid, c_mid, kernel, stride, 1, groups=c_mid, bias=False)

# %% wrong mistake="Swish for hard-swish." from="solution"
# -         act = nn.functional.hardswish
# +         act = nn.functional.silu

# %% wrong mistake="A sigmoid for the hard one." from="solution"
# -         y = y * nn.functional.hardsigmoid(self.fc2(z))
# +         y = y * torch.sigmoid(self.fc2(z))

# %% wrong mistake="Hard-swish in the squeeze, where a ReLU belongs." from="solution"
# -         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         z = act(self.fc1(y.mean(dim=(2, 3), keepdim=True)))

# %% wrong mistake="One mean for the whole batch." from="solution"
# -         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         z = torch.relu(self.fc1(y.mean(dim=(0, 2, 3), keepdim=True)))

# %% wrong mistake="The greatest value in place of the mean." from="solution"
# -         z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
# +         z = torch.relu(self.fc1(y.amax(dim=(2, 3), keepdim=True)))
