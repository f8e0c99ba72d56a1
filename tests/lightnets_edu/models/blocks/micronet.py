"""MicroNet: what its blocks are drawn from."""

from lightnets_edu.models import micronet

BLOCKS = {
    micronet.Block: ((32, 64, 2), (32, 56, 56)),
}
