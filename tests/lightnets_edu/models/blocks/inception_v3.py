"""Inception v3: what its blocks are drawn from."""

from lightnets_edu.models import inception_v3

BLOCKS = {
    inception_v3.InceptionA: ((192, 32), (192, 35, 35)),
    inception_v3.ReductionA: ((288,), (288, 35, 35)),
    inception_v3.InceptionB: ((768, 128), (768, 17, 17)),
    inception_v3.ReductionB: ((768,), (768, 17, 17)),
    inception_v3.Fork: ((), (384, 8, 8)),
    inception_v3.InceptionC: ((1280,), (1280, 8, 8)),
}
