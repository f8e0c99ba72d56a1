"""GhostNet: what its blocks are drawn from."""

from lightnets_edu.models import ghostnet

BLOCKS = {
    ghostnet.GhostModule: ((16, 64), (16, 56, 56)),
    ghostnet.GhostBottleneck: ((24, 72, 40, 5, 2, True), (24, 56, 56)),
}
