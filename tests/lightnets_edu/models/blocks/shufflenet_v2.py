"""ShuffleNet V2: what its blocks are drawn from."""

from lightnets_edu.models import shufflenet_v2

BLOCKS = {
    shufflenet_v2.BasicUnit: ((116,), (116, 28, 28)),
    shufflenet_v2.DownUnit: ((24, 116, 24), (24, 56, 56)),
}
