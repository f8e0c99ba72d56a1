"""ShuffleNet V1: what its blocks are drawn from."""

from lightnets_edu.models import shufflenet_v1

BLOCKS = {
    shufflenet_v1.ShuffleUnit: ((240, 480, 2, 3, 3), (240, 28, 28)),
}
