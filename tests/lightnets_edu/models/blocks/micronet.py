"""MicroNet: what its blocks are drawn from."""

from parity import meta

from lightnets_edu.models import micronet

M3 = micronet.VERSIONS["m3"].places
FIRST = meta(micronet.MicroBlockC, 144, 32, 192, 5, 2, 6, 4, 8, 1, 1, M3)
SECOND = meta(micronet.MicroBlockC, 192, 32, 192, 5, 1, 8, 4, 8, 2, 1, M3)
BLOCKS = {
    micronet.MicroPointwise: ((64, 4), (64, 28, 28)),
    micronet.DynamicShiftMax: ((64, 8, 8), (64, 28, 28)),
    micronet.MicroBlockA: ((8, 12, 3, 2, 4), (8, 56, 56)),
    micronet.MicroBlockB: ((12, 16, 64, 5, 2, 4, 4), (12, 28, 28)),
    micronet.MicroBlockC: ((64, 32, 128, 5, 1, 4, 4, 8), (64, 14, 14)),
    micronet.LinkedBlocksC: ((FIRST, SECOND), (144, 28, 28)),
}
