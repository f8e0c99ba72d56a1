"""MobileNet V1: what its blocks are drawn from."""

from lightnets_edu.models import mobilenet_v1

BLOCKS = {
    mobilenet_v1.DepthwiseSeparable: ((32, 64, 2), (32, 56, 56)),
}
