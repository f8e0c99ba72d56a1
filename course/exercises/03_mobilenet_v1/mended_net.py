# %% [markdown]
# Of the four mistakes the pool stops small images and is silent at 224; the others are silent at 224 and at most sizes.
# The visible check has no last block with stride 2, one batch norm state, the first, and one image at a time.

# %% solution
class MendedNet(nn.Module):
    """MobileNet by any table, under the names of the copy."""

    def __init__(self, stem, blocks, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.layers = nn.ModuleList()
        c_in = stem
        for stride, c_out in blocks:
            self.layers += [
                nn.Conv2d(c_in, c_in, 3, stride, 1, groups=c_in, bias=False),
                nn.BatchNorm2d(c_in),
                nn.Conv2d(c_in, c_out, 1, bias=False),
                nn.BatchNorm2d(c_out),
            ]
            c_in = c_out
        self.fc = nn.Linear(c_in, classes)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        for i in range(0, len(self.layers), 4):
            dw, dw_bn, pw, pw_bn = self.layers[i : i + 4]
            y = torch.relu(dw_bn(dw(y)))
            y = torch.relu(pw_bn(pw(y)))
        return self.fc(y.mean(dim=(2, 3)))

# %% test name="Names and shapes of the state" points=1 hint="Compare state_dict() with that of FoundNet."
import torch
from torch import nn
from lightnets_edu import checks

def norm(name, c):
    values = {f"{name}.{key}": (c,) for key in ("weight", "bias", "running_mean", "running_var")}
    return values | {f"{name}.num_batches_tracked": ()}

for stem, blocks, classes in [(4, [(1, 6), (2, 8)], 3), (6, [(2, 5), (1, 5), (2, 9)], 7), (5, [(1, 4)] * 11 + [(2, 7)], 2)]:
    shapes, c = {"conv1.weight": (stem, 3, 3, 3)} | norm("bn1", stem), stem
    for i, (_, out) in enumerate(blocks):
        shapes |= {f"layers.{4 * i}.weight": (c, 1, 3, 3)} | norm(f"layers.{4 * i + 1}", c)
        shapes |= {f"layers.{4 * i + 2}.weight": (out, c, 1, 1)} | norm(f"layers.{4 * i + 3}", out)
        c = out
    shapes |= {"fc.weight": (classes, c), "fc.bias": (classes,)}
    state = MendedNet(stem, blocks, classes).state_dict()
    checks.equal([(name, tuple(value.shape)) for name, value in state.items()], list(shapes.items()))

# %% test name="The same scores, in evaluation" points=2 hint="Try a last block with stride 2, several images, trained averages."
import torch
from torch import nn
from lightnets_edu import checks
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

def chain(stem, blocks, classes):
    layers, c = [nn.Sequential(conv_bn(3, stem, 3, stride=2), nn.ReLU())], stem
    for s, out in blocks:
        layers.append(DepthwiseSeparable(c, out, s))
        c = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))

tables = [[(1, 6), (2, 8), (1, 8)], [(2, 6), (1, 7), (2, 9)], [(2, 5)], [(1, 5)], [(1, 6)] * 10 + [(2, 7)]]
for stem, blocks in zip((4, 5, 6, 7, 6), tables, strict=True):
    net = chain(stem, blocks, 4)
    for _ in range(2):    # averages of its own
        net(torch.randn(4, 3, 24, 20) * 2 + 1)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 1.5, 4.0)
            nn.init.uniform_(part.bias, -1.0, 1.0)
    net.eval()
    mended = MendedNet(stem, blocks, 4)
    mended.load_state_dict(dict(zip(mended.state_dict(), net.state_dict().values(), strict=True)))
    mended.eval()
    for shape in [(1, 3, 32, 32), (3, 3, 29, 50), (2, 3, 7, 9), (1, 3, 56, 34)]:
        x = torch.randn(shape)
        with torch.no_grad():
            expected = net(x)
            before = x.clone()
            checks.close(mended(x), expected, rel=1e-4, abs=1e-4)
        checks.equal(x, before)

# %% test name="The same scores, in training" points=1 hint="train() uses the batch; eval() must not."
import torch
from torch import nn
from lightnets_edu import checks
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

def chain(stem, blocks, classes):
    layers, c = [nn.Sequential(conv_bn(3, stem, 3, stride=2), nn.ReLU())], stem
    for s, out in blocks:
        layers.append(DepthwiseSeparable(c, out, s))
        c = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))

blocks = [(1, 6), (2, 8), (2, 8), (1, 10)]
net = chain(4, blocks, 3)
mended = MendedNet(4, blocks, 3)
mended.load_state_dict(dict(zip(mended.state_dict(), net.state_dict().values(), strict=True)))
net.train()
mended.train()
for _ in range(2):
    x = torch.randn(3, 3, 32, 40) + 0.5
    with torch.no_grad():
        checks.close(mended(x), net(x), rel=1e-3, abs=1e-3)
for mine, theirs in zip(mended.state_dict().values(), net.state_dict().values(), strict=True):
    checks.close(mine, theirs, rel=1e-3, abs=1e-4)

# %% right name="the copy, its forward and its strides changed"
class MendedNet(FoundNet):
    def __init__(self, stem, blocks, classes):
        super().__init__(stem, blocks, classes)
        for i, (stride, _) in enumerate(blocks):
            self.layers[4 * i].stride = (stride, stride)
            self.layers[4 * i].padding = (1, 1)
            self.layers[4 * i + 2].stride = (1, 1)

    def forward(self, x):
        y = nn.functional.relu(self.bn1(self.conv1(x)))
        for conv, bn in zip(self.layers[::2], self.layers[1::2], strict=True):
            y = nn.functional.relu(bn(conv(y)))
        return self.fc(nn.functional.adaptive_avg_pool2d(y, 1).flatten(1))

# %% right name="layer after layer"
class MendedNet(nn.Module):
    def __init__(self, stem, blocks, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        layers = []
        c_in = stem
        for s, c_out in blocks:
            layers.append(nn.Conv2d(c_in, c_in, 3, stride=s, padding=1, groups=c_in, bias=False))
            layers.append(nn.BatchNorm2d(c_in))
            layers.append(nn.Conv2d(c_in, c_out, 1, bias=False))
            layers.append(nn.BatchNorm2d(c_out))
            c_in = c_out
        self.layers = nn.ModuleList(layers)
        self.fc = nn.Linear(c_in, classes)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        for layer in self.layers:
            y = layer(y)
            if isinstance(layer, nn.BatchNorm2d):
                y = y.relu()
        return self.fc(y.flatten(2).mean(2))

# %% wrong mistake="The found copy as it is."
class MendedNet(FoundNet):
    pass

# %% wrong mistake="Keeps the last layer's stride and padding." from="layer after layer"
# -         for s, c_out in blocks:
# -             layers.append(nn.Conv2d(c_in, c_in, 3, stride=s, padding=1, groups=c_in, bias=False))
# +         for i, (s, c_out) in enumerate(blocks):
# +             last = i == len(blocks) - 1
# +             layers.append(nn.Conv2d(c_in, c_in, 3, stride=2 if last else s, padding=4 if last else 1,
# +                                     groups=c_in, bias=False))

# %% wrong mistake="Gives the last layer stride 1, whatever the table says." from="layer after layer"
# -         for s, c_out in blocks:
# +         for i, (s, c_out) in enumerate(blocks):
# +             s = 1 if i == len(blocks) - 1 else s

# %% wrong mistake="Keeps the stride in the pointwise step." from="layer after layer"
# -             layers.append(nn.Conv2d(c_in, c_in, 3, stride=s, padding=1, groups=c_in, bias=False))
# +             layers.append(nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False))
# -             layers.append(nn.Conv2d(c_in, c_out, 1, bias=False))
# +             layers.append(nn.Conv2d(c_in, c_out, 1, stride=s, bias=False))

# %% wrong mistake="Leaves out the ReLU behind the depthwise step." from="the copy, its forward and its strides changed"
# -         for conv, bn in zip(self.layers[::2], self.layers[1::2], strict=True):
# -             y = nn.functional.relu(bn(conv(y)))
# +         for i, (conv, bn) in enumerate(zip(self.layers[::2], self.layers[1::2], strict=True)):
# +             y = bn(conv(y))
# +             y = nn.functional.relu(y) if i % 2 else y

# %% wrong mistake="Keeps the pool of 7×7 and reads what comes out." from="layer after layer"
# -         return self.fc(y.flatten(2).mean(2))
# +         return self.fc(nn.functional.avg_pool2d(y, 7).flatten(1))

# %% wrong mistake="Pools over a square as high as the map." from="layer after layer"
# -         return self.fc(y.flatten(2).mean(2))
# +         return self.fc(nn.functional.avg_pool2d(y, min(y.shape[2:]))[:, :, 0, 0])

# %% wrong mistake="Takes the maximum instead of the mean." from="layer after layer"
# -         return self.fc(y.flatten(2).mean(2))
# +         return self.fc(y.flatten(2).amax(2))

# %% wrong mistake="Puts the ReLU in front of the batch norm." from="layer after layer"
# -             y = layer(y)
# -             if isinstance(layer, nn.BatchNorm2d):
# -                 y = y.relu()
# +             y = layer(y if not isinstance(layer, nn.BatchNorm2d) else y.relu())

# %% wrong mistake="Cuts at six, as later networks do: unseen while scores are small." from="layer after layer"
# -                 y = y.relu()
# +                 y = nn.functional.relu6(y)

# %% wrong mistake="Adds shortcuts where the shape stays." from="the copy, its forward and its strides changed"
# -         for conv, bn in zip(self.layers[::2], self.layers[1::2], strict=True):
# -             y = nn.functional.relu(bn(conv(y)))
# +         for i in range(0, len(self.layers), 4):
# +             x = y
# +             for conv, bn in (self.layers[i:i + 2], self.layers[i + 2:i + 4]):
# +                 y = nn.functional.relu(bn(conv(y)))
# +             y = x + y if x.shape == y.shape else y

# %% wrong mistake="Normalises with the batch in evaluation too." from="layer after layer"
# -         y = torch.relu(self.bn1(self.conv1(x)))
# +         self.train()
# +         y = torch.relu(self.bn1(self.conv1(x)))

# %% wrong mistake="Never leaves evaluation: the averages stay as they were." from="layer after layer"
# -         y = torch.relu(self.bn1(self.conv1(x)))
# +         self.eval()
# +         y = torch.relu(self.bn1(self.conv1(x)))

# %% wrong mistake="Ends with a softmax." from="layer after layer"
# -         return self.fc(y.flatten(2).mean(2))
# +         return self.fc(y.flatten(2).mean(2)).softmax(dim=1)

# %% wrong mistake="Gives the convolutions biases." from="layer after layer"
# -             layers.append(nn.Conv2d(c_in, c_out, 1, bias=False))
# +             layers.append(nn.Conv2d(c_in, c_out, 1))

# %% wrong mistake="Pads as TensorFlow does: on even maps at the end only." from="layer after layer"
# -             y = layer(y)
# +             if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2):
# +                 h, w = y.shape[2] % 2, y.shape[3] % 2
# +                 y = nn.functional.conv2d(nn.functional.pad(y, (w, 1, h, 1)), layer.weight, stride=2,
# +                                          groups=layer.groups)
# +             else:
# +                 y = layer(y)
