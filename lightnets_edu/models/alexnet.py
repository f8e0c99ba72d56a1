"""AlexNet, twice: in two columns, and in one.

`AlexNet` is Krizhevsky, Sutskever, Hinton (2012), "ImageNet classification with deep convolutional neural networks"
(NIPS 25, no arXiv number). Beside the paper: Figure 2 is the network; its two columns, one to a GPU, are two groups.

Departures from the paper: 224 pixels do not give its 55 positions, so the first layer is padded by 2 (227 without
padding costs the same). §3.3 leaves open whether a neighbourhood ends at its column's edge; here, as in Caffe, it does
not. The formula of §3.3 adds squares up where PyTorch averages them: PyTorch's `alpha` is the paper's times n. (Caffe
averages with the paper's alpha, and so normalises a fifth as much.)

`OneColumnAlexNet` is Krizhevsky (2014), "One weird trick for parallelizing convolutional neural networks",
arXiv:1404.5997, in the form that torchvision made popular; `alexnet_b` is another name for it.

Departures from the paper: footnote 1 (page 5) has 384 channels in the fourth convolution; Krizhevsky's published
configuration and torchvision have 256, and only these agree with the paper's "0.2 % more parameters" (reported).
torchvision leaves response normalisation out and drops activations out before the linear layers, not after.

Initialisation is He's for convolutions and PyTorch's for linear layers; the paper of 2012 (§5) draws all weights from a
normal distribution of deviation 0.01, and starts some biases at 1.

Both pool to 6 × 6 before the head, as torchvision does: at 224 that changes nothing, and other sizes can be tried.
"""

from torch import Tensor, nn

from lightnets_edu.layers import check_image, initialise, whole

SMALLEST = 63    # pixels: less leaves nothing for the last max pooling
N = 5            # §3.3, the constants of response normalisation
K = 2.0
ALPHA = 1e-4
BETA = 0.75


def response_norm() -> nn.LocalResponseNorm:
    """§3.3: a / (k + alpha · sum of a² over n neighbours)^beta.

    (N, C, H, W) -> (N, C, H, W). PyTorch divides `alpha` by n.
    """
    return nn.LocalResponseNorm(N, alpha=N * ALPHA, beta=BETA, k=K)


class AlexNet(nn.Module):
    """The network of 2012 (Figure 2), its two columns as two groups.

    (N, 3, H, W) -> (N, num_classes). ValueError for what is no batch of
    images of at least 63 × 63 pixels.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            response_norm(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            response_norm(),
            nn.MaxPool2d(3, stride=2),
            # the only convolution that sees both columns
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.AdaptiveAvgPool2d(6),
        )
        self.head = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096),
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
        y = self.features(x)  # (N, 3, 224, 224) -> (N, 256, 6, 6)
        logits: Tensor = self.head(y.flatten(1))
        return logits


class OneColumnAlexNet(nn.Module):
    """The network of 2014, one column without groups.

    (N, 3, H, W) -> (N, num_classes). ValueError for what is no batch of
    images of at least 63 × 63 pixels.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.AdaptiveAvgPool2d(6),
        )
        self.head = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, smallest=SMALLEST)
        y = self.features(x)  # (N, 3, 224, 224) -> (N, 256, 6, 6)
        logits: Tensor = self.head(y.flatten(1))
        return logits
