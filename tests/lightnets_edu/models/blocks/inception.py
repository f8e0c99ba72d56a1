"""The Inception module in four forms: what its blocks are drawn from."""

from lightnets_edu.models import inception

BLOCKS = {
    inception.PlainInception: ((192, 256), (192, 35, 35)),
    inception.SimplifiedInception: ((192, 192), (192, 35, 35)),
    inception.EquivalentInception: ((192, 192), (192, 35, 35)),
    inception.ExtremeInception: ((64, 96), (64, 35, 35)),
}
