"""The networks by name: `MODELS["shufflenet_v1_1.0_g3"]()` builds one, with random weights."""

from collections.abc import Callable
from functools import partial

from torch import nn

from lightnets_edu.models.alexnet import AlexNet, OneColumnAlexNet
from lightnets_edu.models.effnet import Baseline, EffNet, MobileNetStyle, ShuffleNetStyle
from lightnets_edu.models.inception_v3 import InceptionV3
from lightnets_edu.models.mobilenet_v1 import MobileNetV1
from lightnets_edu.models.mobilenet_v2 import MobileNetV2
from lightnets_edu.models.mobilenet_v3 import MobileNetV3
from lightnets_edu.models.resnet import ResNet50, ResNeXt50
from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1
from lightnets_edu.models.shufflenet_v2 import ShuffleNetV2
from lightnets_edu.models.squeezenet import SqueezeNet
from lightnets_edu.models.squeezenext import SqueezeNext
from lightnets_edu.models.vgg import VGG
from lightnets_edu.models.weights import transfer
from lightnets_edu.models.xception import Xception

__all__ = ["MODELS", "transfer"]

MODELS: dict[str, Callable[..., nn.Module]] = {
    "alexnet": AlexNet,
    "alexnet_one_weird_trick": OneColumnAlexNet,
    "vgg16": partial(VGG, column="D"),
    "vgg19": partial(VGG, column="E"),
    "inception_v3": InceptionV3,
    "xception": Xception,
    "resnet50": partial(ResNet50, stride_in="3x3"),
    "resnet50_paper": partial(ResNet50, stride_in="1x1"),
    "resnext50_32x4d": ResNeXt50,
    "mobilenet_v1_0.25": partial(MobileNetV1, width=0.25),
    "mobilenet_v1_0.5": partial(MobileNetV1, width=0.5),
    "mobilenet_v1_0.75": partial(MobileNetV1, width=0.75),
    "mobilenet_v1_1.0": partial(MobileNetV1, width=1.0),
    "mobilenet_v2_0.35": partial(MobileNetV2, width=0.35),
    "mobilenet_v2_0.5": partial(MobileNetV2, width=0.5),
    "mobilenet_v2_0.75": partial(MobileNetV2, width=0.75),
    "mobilenet_v2_1.0": partial(MobileNetV2, width=1.0),
    "mobilenet_v2_1.4": partial(MobileNetV2, width=1.4),
    "mobilenet_v3_small_0.75": partial(MobileNetV3, size="small", width=0.75),
    "mobilenet_v3_small_1.0": partial(MobileNetV3, size="small", width=1.0),
    "mobilenet_v3_large_0.75": partial(MobileNetV3, size="large", width=0.75),
    "mobilenet_v3_large_1.0": partial(MobileNetV3, size="large", width=1.0),
    "shufflenet_v1_0.25_g1": partial(ShuffleNetV1, groups=1, width=0.25),
    "shufflenet_v1_0.25_g3": partial(ShuffleNetV1, groups=3, width=0.25),
    "shufflenet_v1_0.5_g1": partial(ShuffleNetV1, groups=1, width=0.5),
    "shufflenet_v1_0.5_g3": partial(ShuffleNetV1, groups=3, width=0.5),
    "shufflenet_v1_0.5_g8": partial(ShuffleNetV1, groups=8, width=0.5),
    "shufflenet_v1_1.0_g1": partial(ShuffleNetV1, groups=1),
    "shufflenet_v1_1.0_g2": partial(ShuffleNetV1, groups=2),
    "shufflenet_v1_1.0_g3": partial(ShuffleNetV1, groups=3),
    "shufflenet_v1_1.0_g4": partial(ShuffleNetV1, groups=4),
    "shufflenet_v1_1.0_g8": partial(ShuffleNetV1, groups=8),
    "shufflenet_v1_1.5_g1": partial(ShuffleNetV1, groups=1, width=1.5),
    "shufflenet_v1_1.5_g3": partial(ShuffleNetV1, groups=3, width=1.5),
    "shufflenet_v1_1.5_g8": partial(ShuffleNetV1, groups=8, width=1.5),
    "shufflenet_v1_2.0_g1": partial(ShuffleNetV1, groups=1, width=2.0),
    "shufflenet_v1_2.0_g2": partial(ShuffleNetV1, groups=2, width=2.0),
    "shufflenet_v1_2.0_g3": partial(ShuffleNetV1, groups=3, width=2.0),
    "shufflenet_v1_2.0_g4": partial(ShuffleNetV1, groups=4, width=2.0),
    "shufflenet_v1_2.0_g8": partial(ShuffleNetV1, groups=8, width=2.0),
    "shufflenet_v2_0.5": partial(ShuffleNetV2, width=0.5),
    "shufflenet_v2_1.0": partial(ShuffleNetV2, width=1.0),
    "shufflenet_v2_1.5": partial(ShuffleNetV2, width=1.5),
    "shufflenet_v2_2.0": partial(ShuffleNetV2, width=2.0),
    "effnet_cifar10": EffNet,
    "effnet_table1_baseline": Baseline,
    "effnet_table1_mobilenet": MobileNetStyle,
    "effnet_table1_shufflenet": ShuffleNetStyle,
    "squeezenet_1.0": SqueezeNet,
    "squeezenet_1.1": partial(SqueezeNet, version="1.1"),
    "squeezenet_1.0_simple_bypass": partial(SqueezeNet, bypass="simple"),
    "squeezenet_1.1_simple_bypass": partial(SqueezeNet, version="1.1", bypass="simple"),
    "squeezenet_1.0_complex_bypass": partial(SqueezeNet, bypass="complex"),
    "squeezenext_1.0_sqnxt_23": SqueezeNext,
    "squeezenext_1.0_sqnxt_23v5": partial(SqueezeNext, version="23v5"),
    "squeezenext_1.0_g_sqnxt_23": partial(SqueezeNext, groups=2),
    "squeezenext_1.5_sqnxt_23": partial(SqueezeNext, width=1.5),
    "squeezenext_1.5_sqnxt_23v5": partial(SqueezeNext, width=1.5, version="23v5"),
    "squeezenext_2.0_sqnxt_23": partial(SqueezeNext, width=2.0),
    "squeezenext_2.0_sqnxt_23v5": partial(SqueezeNext, width=2.0, version="23v5"),
}
