"""VGG. Simonyan, Zisserman (2014), arXiv:1409.1556.

Beside the paper: Table 1 is `TABLE_1`; VGG-16 is column D, VGG-19 column E (the default of `VGG` is D).

Departures from the paper: columns A-LRN and C are not here. A pooling to 7 × 7 before the head, torchvision's, changes
nothing at the paper's 224 pixels and lets other sizes be tried; the paper turns the linear layers into convolutions for
that (§3.2). Initialisation is He's for convolutions and PyTorch's for linear
layers; the paper's (§3.1) is normal with variance 0.01, or taken from a shallower column.
"""

from torch import Tensor, nn

from lightnets_edu.layers import check_image, initialise, one_of, whole

WIDTHS = (64, 128, 256, 512, 512)    # Table 1, conv3-64 to conv3-512; max pooling after each row
TABLE_1 = {                          # column: 3×3 convolutions in each row
    "A": (1, 1, 2, 2, 2),            # 11 layers with weights, the three linear ones included
    "B": (2, 2, 2, 2, 2),            # 13
    "D": (2, 2, 3, 3, 3),            # 16
    "E": (2, 2, 4, 4, 4),            # 19
}
SMALLEST = 32                        # pixels: five poolings halve them


class VGG(nn.Module):
    """A column of Table 1: 3×3 convolutions with ReLU, no batch norm.

    (N, 3, H, W) -> (N, num_classes). ValueError for another column and
    for what is no batch of images of at least 32 × 32 pixels.
    """

    def __init__(self, column: str = "D", num_classes: int = 1000):
        super().__init__()
        one_of(column, TABLE_1, "column")
        whole(num_classes=num_classes)
        layers: list[nn.Module] = []
        c = 3
        for c_out, n in zip(WIDTHS, TABLE_1[column], strict=True):
            for _ in range(n):
                layers += [nn.Conv2d(c, c_out, 3, padding=1), nn.ReLU(inplace=True)]
                c = c_out
            layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.head = nn.Sequential(
            nn.Linear(c * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, smallest=SMALLEST)
        y = self.features(x)  # (N, 3, 224, 224) -> (N, 512, 7, 7)
        logits: Tensor = self.head(y.flatten(1))
        return logits
