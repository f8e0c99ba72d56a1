"""SqueezeNet: what its blocks are drawn from."""

from lightnets_edu.models import squeezenet

BLOCKS = {
    squeezenet.Fire: ((96, 16, 64, 64), (96, 54, 54)),
    squeezenet.Bypass: ((96, 16, 64, 64), (96, 54, 54)),
}
