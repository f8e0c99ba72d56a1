"""MobileNet V2: what its blocks are drawn from."""

from lightnets_edu.models import mobilenet_v2

BLOCKS = {
    mobilenet_v2.InvertedResidual: ((24, 24, 1, 6), (24, 56, 56)),
}
