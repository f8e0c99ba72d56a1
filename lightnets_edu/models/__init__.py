"""The networks by name: `MODELS["shufflenet_v1_1.0_g3"]()` builds one, with random weights."""

from functools import partial

from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1

MODELS = {
    "shufflenet_v1_1.0_g1": partial(ShuffleNetV1, groups=1),
    "shufflenet_v1_1.0_g2": partial(ShuffleNetV1, groups=2),
    "shufflenet_v1_1.0_g3": partial(ShuffleNetV1, groups=3),
    "shufflenet_v1_1.0_g4": partial(ShuffleNetV1, groups=4),
    "shufflenet_v1_1.0_g8": partial(ShuffleNetV1, groups=8),
}
