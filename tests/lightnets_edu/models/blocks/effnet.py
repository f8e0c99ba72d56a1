"""EffNet: what its blocks are drawn from."""

from lightnets_edu.models import effnet

BLOCKS = {
    effnet.EffNetBlock: ((32, 32, 64), (32, 32, 32)),
}
