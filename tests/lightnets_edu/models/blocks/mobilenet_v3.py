"""MobileNet V3: what its blocks are drawn from."""

from lightnets_edu.models import mobilenet_v3

BLOCKS = {
    mobilenet_v3.Bneck: ((40, 120, 40, 5, 1, True, "HS"), (40, 28, 28)),
}
