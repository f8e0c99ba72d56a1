"""SqueezeNext: what its blocks are drawn from."""

from lightnets_edu.models import squeezenext

BLOCKS = {
    squeezenext.Block: ((32,), (32, 55, 55)),
    squeezenext.FirstBlock: ((32, 64, 2), (32, 55, 55)),
}
