"""Networks that differ from all that the figure knows."""


from torch import nn

from lightnets_edu.models.mobilenet_v1 import MobileNetV1

IMAGE = (1, 3, 224, 224)


def dense() -> MobileNetV1:
    """MobileNet V1 with a standard convolution in place of one depthwise one."""
    model = MobileNetV1()
    model.blocks[3].depthwise[0] = nn.Conv2d(128, 128, 3, stride=2, padding=1, bias=False)
    return model


class Odd(nn.Module):
    """What the networks of the package do not have: each line is a case."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(6)                                  # behind nothing
        self.mix = nn.Conv2d(6, 12, (1, 3), padding=(0, 1), groups=3)
        self.slope = nn.PReLU()                                        # parameters, and nothing that multiplies here
        self.twice = nn.Conv2d(12, 12, 1)                              # called twice, each time with a norm behind it
        self.norms = nn.ModuleList([nn.BatchNorm2d(12), nn.BatchNorm2d(12)])
        self.other = nn.BatchNorm2d(12, affine=False)                  # no parameters
        self.line = nn.Conv1d(12, 8, 3, stride=2, bias=False)
        self.tied = nn.Linear(8, 8)
        self.again = nn.Linear(8, 8)
        self.again.weight = self.tied.weight                           # the bias is its own
        self.unused = nn.Linear(5, 2)                                  # never called

    def forward(self, x):
        x = self.slope(self.mix(self.norm(x)))
        for norm in self.norms:
            x = norm(self.twice(x))
        x = self.line(self.other(x).flatten(2)).transpose(1, 2)
        return self.again(self.tied(x))
