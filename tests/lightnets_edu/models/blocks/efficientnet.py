"""EfficientNet: what its block is drawn from."""

from lightnets_edu.models import efficientnet

BLOCKS = {
    efficientnet.MBConv: ((24, 24, 3, 1, 6), (24, 56, 56)),
}
