"""Xception: what its blocks are drawn from."""

from lightnets_edu.models import xception

BLOCKS = {
    xception.SeparableConv: ((32, 64), (32, 19, 19)),
    xception.FirstBlock: ((64, 128, 128), (64, 147, 147)),
    xception.ReducingBlock: ((128, 256, 256), (128, 74, 74)),
    xception.MiddleBlock: ((728,), (728, 19, 19)),
}
