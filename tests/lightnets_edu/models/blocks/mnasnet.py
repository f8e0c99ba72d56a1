"""MnasNet: what its block is drawn from."""

from lightnets_edu.models import mnasnet

BLOCKS = {
    mnasnet.MBConv: ((40, 40, 5, 1, 3, True), (40, 28, 28)),
}
