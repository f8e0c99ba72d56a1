"""MicroNet: what its blocks are drawn from."""

from lightnets_edu.models import micronet
from lightnets_edu.models.micronet import MicroBlockC

M3 = micronet.VERSIONS["m3"].places
BLOCKS = {
    micronet.MicroPointwise: ((64, 4), (64, 28, 28)),
    micronet.DynamicShiftMax: ((64, 8, 8), (64, 28, 28)),
    micronet.MicroBlockA: ((8, 12, 3, 2, 4), (8, 56, 56)),
    micronet.MicroBlockB: ((12, 16, 64, 5, 2, 4, 4), (12, 28, 28)),
    micronet.MicroBlockC: ((64, 32, 128, 5, 1, 4, 4, 8), (64, 14, 14)),
    micronet.LinkedBlocksC: (
        tuple(MicroBlockC(c, 32, 192, 5, s, g0, 4, 8, places=M3) for c, s, g0 in [(144, 2, 6), (192, 1, 8)]),
        (144, 28, 28),
    ),
}
