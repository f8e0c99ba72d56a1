# %% [markdown]
# The found copy has four faults: PyTorch's slope of 0.01 instead of 0.3; the momentum 0.99, which is 0.01 here; PyTorch's
# eps of 1e-5 instead of 1e-3; and the last row cut away where the first has to go, so that its zeros stand above. The
# visible check runs in evaluation, with fresh averages: it sees slope and zeros, the momentum not, and the eps hardly.

# %% solution
class MendedBlock(nn.Module):
    """EffNet's block as in Keras, under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(c_mid, c_mid, (1, 3), padding=(0, 1),
                               groups=c_mid, bias=False)
        self.bn2 = nn.BatchNorm2d(c_mid, eps=1e-3, momentum=0.01)
        self.conv3 = nn.Conv2d(c_mid, c_mid, (3, 1), padding=(1, 0),
                               groups=c_mid, bias=False)
        self.bn3 = nn.BatchNorm2d(c_mid, eps=1e-3, momentum=0.01)
        self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(1, 2),
                               bias=False)
        self.bn4 = nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.01)
        self.act = nn.LeakyReLU(0.3)
        self.pool = nn.MaxPool2d((2, 1))

    def forward(self, x):
        y = self.bn1(self.act(self.conv1(x)))
        y = self.bn2(self.act(self.conv2(y)))
        y = self.bn3(self.act(self.conv3(self.pool(y))))
        y = nn.functional.pad(y, (0, 0, 0, 1))  # the row of zeros below
        return self.bn4(self.act(self.conv4(y)))

# %% test name="Layers as in the copy" points=1 hint="Print the shapes in state_dict(); then call it on 2 images of 4 × 2."
import torch
from lightnets_edu import checks

for a, m, c in [(3, 4, 7), (5, 5, 5), (8, 2, 3), (1, 6, 2)]:
    expected = {"conv1.weight": (m, a, 1, 1), "conv2.weight": (m, 1, 1, 3), "conv3.weight": (m, 1, 3, 1),
                "conv4.weight": (c, m, 2, 1)}  # fmt: skip
    for norm, width in (("bn1", m), ("bn2", m), ("bn3", m), ("bn4", c)):
        expected |= {f"{norm}.{name}": (width,) for name in ("weight", "bias", "running_mean", "running_var")}
        expected[f"{norm}.num_batches_tracked"] = ()
    block = MendedBlock(a, m, c)
    checks.equal({name: tuple(value.shape) for name, value in block.state_dict().items()}, expected)
    checks.equal(tuple(block(torch.randn(2, a, 4, 2)).shape), (2, c, 2, 1))
    checks.equal(tuple(block(torch.randn(2, a, 5, 9)).shape), (2, c, 2, 5))

# %% test name="The same weights in evaluation" points=1 hint="Take inputs with negative values, and a height of 2: what stands below?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(4, 6, 8, 10, 7), (3, 5, 4, 2, 5), (5, 3, 6, 9, 12), (2, 7, 3, 13, 4)]:
    shapes = {"conv1": (m, a, 1, 1), "conv2": (m, 1, 1, 3), "conv3": (m, 1, 3, 1), "conv4": (c, m, 2, 1)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    for norm, width in (("bn1", m), ("bn2", m), ("bn3", m), ("bn4", c)):
        for key in ("weight", "running_var"):
            state[f"{norm}.{key}"] = torch.rand(width) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{norm}.{key}"] = torch.randn(width)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    def after(y, place, state=state):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(F.leaky_relu(y, 0.3), *[state[f"bn{place}.{key}"] for key in names], eps=1e-3)

    x = torch.randn(3, a, h, w)
    y = after(F.conv2d(x, state["conv1.weight"]), 1)
    y = after(F.conv2d(y, state["conv2.weight"], padding=(0, 1), groups=m), 2)
    y = after(F.conv2d(F.max_pool2d(y, (2, 1)), state["conv3.weight"], padding=(1, 0), groups=m), 3)
    expected = after(F.conv2d(F.pad(y, (0, 0, 0, 1)), state["conv4.weight"], stride=(1, 2)), 4)

    block = MendedBlock(a, m, c)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    block.eval()
    given = x.clone()
    checks.close(block(given), expected, rel=1e-4, abs=1e-3)
    checks.equal(given, x)

# %% test name="Where a batch norm meets small numbers" points=1 hint="Feed it a tiny running_var. What keeps the division in bounds?"
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(4, 6, 5, 6, 7), (3, 4, 6, 5, 8)]:
    shapes = {"conv1": (m, a, 1, 1), "conv2": (m, 1, 1, 3), "conv3": (m, 1, 3, 1), "conv4": (c, m, 2, 1)}
    base = {f"{name}.weight": torch.rand(shape) for name, shape in shapes.items()}
    for norm, width in (("bn1", m), ("bn2", m), ("bn3", m), ("bn4", c)):
        base |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": torch.zeros(width),
                 f"{norm}.running_mean": torch.zeros(width), f"{norm}.running_var": torch.ones(width),
                 f"{norm}.num_batches_tracked": torch.tensor(3)}  # fmt: skip
    for small in (1, 2, 3, 4):
        state = {key: value.clone() for key, value in base.items()}
        state[f"bn{small}.running_var"] = torch.full_like(state[f"bn{small}.running_var"], 1e-3)

        def after(y, place, state=state):
            names = ("running_mean", "running_var", "weight", "bias")
            return F.batch_norm(F.leaky_relu(y, 0.3), *[state[f"bn{place}.{key}"] for key in names], eps=1e-3)

        x = torch.randn(2, a, h, w)
        y = after(F.conv2d(x, state["conv1.weight"]), 1)
        y = after(F.conv2d(y, state["conv2.weight"], padding=(0, 1), groups=m), 2)
        y = after(F.conv2d(F.max_pool2d(y, (2, 1)), state["conv3.weight"], padding=(1, 0), groups=m), 3)
        expected = after(F.conv2d(F.pad(y, (0, 0, 0, 1)), state["conv4.weight"], stride=(1, 2)), 4)
        block = MendedBlock(a, m, c)
        block.load_state_dict({key: value.clone() for key, value in state.items()})
        checks.close(block.eval()(x), expected, rel=1e-3, abs=1e-3)

# %% test name="In training, and what it learns of the averages" points=1 hint="Call it twice in train() and print running_mean each time."
import torch
import torch.nn.functional as F
from lightnets_edu import checks

for a, m, c, h, w in [(4, 6, 5, 8, 9), (3, 4, 6, 7, 6)]:
    shapes = {"conv1": (m, a, 1, 1), "conv2": (m, 1, 1, 3), "conv3": (m, 1, 3, 1), "conv4": (c, m, 2, 1)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    for norm, width in (("bn1", m), ("bn2", m), ("bn3", m), ("bn4", c)):
        for key in ("weight", "running_var"):
            state[f"{norm}.{key}"] = torch.rand(width) + 0.5
        for key in ("bias", "running_mean"):
            state[f"{norm}.{key}"] = torch.randn(width)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(3)
    block = MendedBlock(a, m, c)
    block.load_state_dict({key: value.clone() for key, value in state.items()})
    for told, training in ((True, True), (False, True), (True, False), (True, True), (True, False)):
        if told:  # the second batch is taken as the first left the block
            block.train(training)

        def after(y, place, state=state, training=training):
            state[f"bn{place}.num_batches_tracked"] += training
            names = ("running_mean", "running_var", "weight", "bias")
            old = [state[f"bn{place}.{key}"] for key in names]
            return F.batch_norm(F.leaky_relu(y, 0.3), *old, training=training, momentum=0.01, eps=1e-3)

        x = 5 * torch.randn(3, a, h, w) + 2
        y = after(F.conv2d(x, state["conv1.weight"]), 1)
        y = after(F.conv2d(y, state["conv2.weight"], padding=(0, 1), groups=m), 2)
        y = after(F.conv2d(F.max_pool2d(y, (2, 1)), state["conv3.weight"], padding=(1, 0), groups=m), 3)
        expected = after(F.conv2d(F.pad(y, (0, 0, 0, 1)), state["conv4.weight"], stride=(1, 2)), 4)
        given = x.clone()
        checks.close(block(given), expected, rel=2e-3, abs=2e-3)
        checks.equal(given, x)
    learned = block.state_dict()
    checks.close({name: learned[name] for name in state}, state, rel=1e-3, abs=1e-3)

# %% right name="the found copy, mended"
class MendedBlock(nn.Module):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.conv2 = nn.Conv2d(c_mid, c_mid, (1, 3), padding=(0, 1), groups=c_mid, bias=False)
        self.conv3 = nn.Conv2d(c_mid, c_mid, (3, 1), padding=(1, 0), groups=c_mid, bias=False)
        self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(1, 2), padding=(1, 0), bias=False)
        self.bn1, self.bn2, self.bn3, self.bn4 = (
            nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
        self.act = nn.LeakyReLU(0.3)
        self.pool = nn.MaxPool2d((2, 1))

    def forward(self, x):
        y = self.bn1(self.act(self.conv1(x)))
        y = self.bn2(self.act(self.conv2(y)))
        y = self.bn3(self.act(self.conv3(self.pool(y))))
        y = self.act(self.conv4(y))[:, :, 1:]
        return self.bn4(y)

# %% right name="a child of the found copy, put right afterwards"
class MendedBlock(FoundBlock):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__(c_in, c_mid, c_out)
        self.act.negative_slope = 0.3
        for norm in (self.bn1, self.bn2, self.bn3, self.bn4):
            norm.eps, norm.momentum = 1e-3, 0.01

    def forward(self, x):
        y = self.bn2(self.act(self.conv2(self.bn1(self.act(self.conv1(x))))))
        y = self.bn3(self.act(self.conv3(nn.functional.max_pool2d(y, (2, 1)))))
        return self.bn4(self.act(self.conv4(y)[:, :, 1:]))

# %% wrong mistake="Hands in the found copy as it is."
class MendedBlock(FoundBlock):
    pass

# %% wrong mistake="Keeps PyTorch's slope." from="the found copy, mended"
# -         self.act = nn.LeakyReLU(0.3)
# +         self.act = nn.LeakyReLU()

# %% wrong mistake="Takes a plain ReLU." from="the found copy, mended"
# -         self.act = nn.LeakyReLU(0.3)
# +         self.act = nn.ReLU()

# %% wrong mistake="Keeps the momentum of Keras." from="the found copy, mended"
# -             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +             nn.BatchNorm2d(c, eps=1e-3, momentum=0.99) for c in (c_mid, c_mid, c_mid, c_out))

# %% wrong mistake="Keeps PyTorch's momentum." from="the found copy, mended"
# -             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +             nn.BatchNorm2d(c, eps=1e-3) for c in (c_mid, c_mid, c_mid, c_out))

# %% wrong mistake="Keeps PyTorch's eps." from="the found copy, mended"
# -             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +             nn.BatchNorm2d(c, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))

# %% wrong mistake="Mends all batch norms but the last." from="the found copy, mended"
# -             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +         self.bn4 = nn.BatchNorm2d(c_out, momentum=0.99)

# %% wrong mistake="Mends the first batch norm only." from="the found copy, mended"
# -             nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (c_mid, c_mid, c_mid, c_out))
# +             nn.BatchNorm2d(c, momentum=0.99) for c in (c_mid, c_mid, c_mid, c_out))
# +         self.bn1 = nn.BatchNorm2d(c_mid, eps=1e-3, momentum=0.01)

# %% wrong mistake="Keeps the zeros above." from="the found copy, mended"
# -         y = self.act(self.conv4(y))[:, :, 1:]
# +         y = self.act(self.conv4(y))[:, :, :-1]

# %% wrong mistake="Repeats the last row instead of adding zeros." from="solution"
# -         y = nn.functional.pad(y, (0, 0, 0, 1))  # the row of zeros below
# +         y = nn.functional.pad(y, (0, 0, 0, 1), mode="replicate")

# %% wrong mistake="Cuts a row after the batch norm: it joins in the averages while training." from="the found copy, mended"
# -         y = self.act(self.conv4(y))[:, :, 1:]
# -         return self.bn4(y)
# +         return self.bn4(self.act(self.conv4(y)))[:, :, 1:]

# %% wrong mistake="Normalises before the activation." from="the found copy, mended"
# -         y = self.bn1(self.act(self.conv1(x)))
# -         y = self.bn2(self.act(self.conv2(y)))
# +         y = self.act(self.bn1(self.conv1(x)))
# +         y = self.act(self.bn2(self.conv2(y)))

# %% wrong mistake="Turns the last kernel, as ports do: the weights do not fit." from="the found copy, mended"
# -         self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(1, 2), padding=(1, 0), bias=False)
# +         self.conv4 = nn.Conv2d(c_mid, c_out, (1, 2), stride=(1, 2), bias=False)
# -         y = self.act(self.conv4(y))[:, :, 1:]
# +         y = self.act(self.conv4(y))

# %% wrong mistake="Pools along the row, and strides along the column." from="the found copy, mended"
# -         self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(1, 2), padding=(1, 0), bias=False)
# +         self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(2, 1), bias=False)
# -         self.pool = nn.MaxPool2d((2, 1))
# +         self.pool = nn.MaxPool2d((1, 2))
# -         y = self.act(self.conv4(y))[:, :, 1:]
# +         y = self.act(self.conv4(y))

# %% wrong mistake="Averages instead of taking the larger." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d((2, 1))
# +         self.pool = nn.AvgPool2d((2, 1))

# %% wrong mistake="Pools after the column layer." from="the found copy, mended"
# -         y = self.bn3(self.act(self.conv3(self.pool(y))))
# +         y = self.pool(self.bn3(self.act(self.conv3(y))))

# %% wrong mistake="Lets the pool keep an odd last row." from="the found copy, mended"
# -         self.pool = nn.MaxPool2d((2, 1))
# +         self.pool = nn.MaxPool2d((2, 1), ceil_mode=True)

# %% wrong mistake="Changes its input in place." from="the found copy, mended"
# -         y = self.bn1(self.act(self.conv1(x)))
# +         y = self.bn1(self.act(self.conv1(x)))
# +         x.clamp_(min=0)

# %% wrong mistake="Adds biases in front of the batch norms." from="the found copy, mended"
# -         self.conv1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
# +         self.conv1 = nn.Conv2d(c_in, c_mid, 1)

# %% wrong mistake="Drops values out in training." from="the found copy, mended"
# -         return self.bn4(y)
# +         return nn.functional.dropout(self.bn4(y), 0.1, self.training)

# %% wrong mistake="Stays in eval(), whatever it is told." from="the found copy, mended"
# -         y = self.bn1(self.act(self.conv1(x)))
# +         self.eval()
# +         y = self.bn1(self.act(self.conv1(x)))

# %% wrong mistake="Goes to eval() in its first call and stays there." from="the found copy, mended"
# -         return self.bn4(y)
# +         y = self.bn4(y)
# +         self.eval()
# +         return y

# %% wrong mistake="Keeps no averages: normalises by the batch in evaluation too." from="the found copy, mended"
# -         return self.bn4(y)
# +         norm = self.bn4
# +         return nn.functional.batch_norm(y, None, None, norm.weight, norm.bias, True, eps=1e-3)
