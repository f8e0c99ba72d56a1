"""Every network of the book: its name here, how its paper writes it, the paper, the images it takes, how it is built.

Reading this file loads no network. `MODELS` loads the file of the one that is asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import nn


class Family(NamedTuple):
    """What the networks of one class have in common, and each of them."""

    builder: str    # file and class, or function, in this folder
    paper: str      # its number at arXiv, or where it is printed: the builder's file begins with it
    pixels: int     # height and width of the images that it is counted with
    networks: Mapping[str, tuple[str, dict[str, Any]]]    # name -> as its paper writes it, and the builder's arguments


FAMILIES = (
    Family("alexnet.AlexNet", "NIPS 25", 224, {"alexnet": ("AlexNet", {})}),
    Family("alexnet.OneColumnAlexNet", "arXiv:1404.5997", 224, {
        "alexnet_one_weird_trick": ("AlexNet, one weird trick", {}),
    }),
    Family("vgg.VGG", "arXiv:1409.1556", 224, {
        "vgg16": ("VGG-16", {"column": "D"}),
        "vgg19": ("VGG-19", {"column": "E"}),
    }),
    Family("inception_v3.InceptionV3", "arXiv:1512.00567", 299, {"inception_v3": ("Inception v3", {})}),
    Family("xception.Xception", "arXiv:1610.02357", 299, {"xception": ("Xception", {})}),
    Family("resnet.ResNet50", "arXiv:1512.03385", 224, {
        "resnet50": ("ResNet-50", {"stride_in": "3x3"}),
        "resnet50_paper": ("ResNet-50 paper", {"stride_in": "1x1"}),
    }),
    Family("resnet.ResNeXt50", "arXiv:1611.05431", 224, {"resnext50_32x4d": ("ResNeXt-50 32x4d", {})}),
    Family("mobilenet_v1.MobileNetV1", "arXiv:1704.04861", 224, {
        "mobilenet_v1_0.25": ("MobileNet V1 0.25", {"width": 0.25}),
        "mobilenet_v1_0.5": ("MobileNet V1 0.5", {"width": 0.5}),
        "mobilenet_v1_0.75": ("MobileNet V1 0.75", {"width": 0.75}),
        "mobilenet_v1_1.0": ("MobileNet V1 1.0", {"width": 1.0}),
    }),
    Family("mobilenet_v2.MobileNetV2", "arXiv:1801.04381", 224, {
        "mobilenet_v2_0.35": ("MobileNet V2 0.35", {"width": 0.35}),
        "mobilenet_v2_0.5": ("MobileNet V2 0.5", {"width": 0.5}),
        "mobilenet_v2_0.75": ("MobileNet V2 0.75", {"width": 0.75}),
        "mobilenet_v2_1.0": ("MobileNet V2 1.0", {"width": 1.0}),
        "mobilenet_v2_1.4": ("MobileNet V2 1.4", {"width": 1.4}),
    }),
    Family("mobilenet_v3.MobileNetV3", "arXiv:1905.02244", 224, {
        "mobilenet_v3_small_0.75": ("MobileNet V3 small 0.75", {"size": "small", "width": 0.75}),
        "mobilenet_v3_small_1.0": ("MobileNet V3 small 1.0", {"size": "small", "width": 1.0}),
        "mobilenet_v3_large_0.75": ("MobileNet V3 large 0.75", {"size": "large", "width": 0.75}),
        "mobilenet_v3_large_1.0": ("MobileNet V3 large 1.0", {"size": "large", "width": 1.0}),
    }),
    Family("shufflenet_v1.ShuffleNetV1", "arXiv:1707.01083", 224, {
        "shufflenet_v1_0.25_g1": ("ShuffleNet V1 0.25 g = 1", {"groups": 1, "width": 0.25}),
        "shufflenet_v1_0.25_g3": ("ShuffleNet V1 0.25 g = 3", {"groups": 3, "width": 0.25}),
        "shufflenet_v1_0.5_g1": ("ShuffleNet V1 0.5 g = 1", {"groups": 1, "width": 0.5}),
        "shufflenet_v1_0.5_g3": ("ShuffleNet V1 0.5 g = 3", {"groups": 3, "width": 0.5}),
        "shufflenet_v1_0.5_g8": ("ShuffleNet V1 0.5 g = 8", {"groups": 8, "width": 0.5}),
        "shufflenet_v1_1.0_g1": ("ShuffleNet V1 1.0 g = 1", {"groups": 1}),
        "shufflenet_v1_1.0_g2": ("ShuffleNet V1 1.0 g = 2", {"groups": 2}),
        "shufflenet_v1_1.0_g3": ("ShuffleNet V1 1.0 g = 3", {"groups": 3}),
        "shufflenet_v1_1.0_g4": ("ShuffleNet V1 1.0 g = 4", {"groups": 4}),
        "shufflenet_v1_1.0_g8": ("ShuffleNet V1 1.0 g = 8", {"groups": 8}),
        "shufflenet_v1_1.5_g1": ("ShuffleNet V1 1.5 g = 1", {"groups": 1, "width": 1.5}),
        "shufflenet_v1_1.5_g3": ("ShuffleNet V1 1.5 g = 3", {"groups": 3, "width": 1.5}),
        "shufflenet_v1_1.5_g8": ("ShuffleNet V1 1.5 g = 8", {"groups": 8, "width": 1.5}),
        "shufflenet_v1_2.0_g1": ("ShuffleNet V1 2.0 g = 1", {"groups": 1, "width": 2.0}),
        "shufflenet_v1_2.0_g2": ("ShuffleNet V1 2.0 g = 2", {"groups": 2, "width": 2.0}),
        "shufflenet_v1_2.0_g3": ("ShuffleNet V1 2.0 g = 3", {"groups": 3, "width": 2.0}),
        "shufflenet_v1_2.0_g4": ("ShuffleNet V1 2.0 g = 4", {"groups": 4, "width": 2.0}),
        "shufflenet_v1_2.0_g8": ("ShuffleNet V1 2.0 g = 8", {"groups": 8, "width": 2.0}),
    }),
    Family("shufflenet_v2.ShuffleNetV2", "arXiv:1807.11164", 224, {
        "shufflenet_v2_0.5": ("ShuffleNet V2 0.5", {"width": 0.5}),
        "shufflenet_v2_1.0": ("ShuffleNet V2 1.0", {"width": 1.0}),
        "shufflenet_v2_1.5": ("ShuffleNet V2 1.5", {"width": 1.5}),
        "shufflenet_v2_2.0": ("ShuffleNet V2 2.0", {"width": 2.0}),
    }),
    Family("effnet.EffNet", "arXiv:1801.06434", 32, {"effnet_cifar10": ("EffNet CIFAR-10", {})}),
    Family("effnet.Baseline", "arXiv:1801.06434", 32, {"effnet_table1_baseline": ("EffNet Table 1 Baseline", {})}),
    Family("effnet.MobileNetStyle", "arXiv:1801.06434", 32, {
        "effnet_table1_mobilenet": ("EffNet Table 1 MobileNet", {}),
    }),
    Family("effnet.ShuffleNetStyle", "arXiv:1801.06434", 32, {
        "effnet_table1_shufflenet": ("EffNet Table 1 ShuffleNet", {}),
    }),
    Family("squeezenet.SqueezeNet", "arXiv:1602.07360", 224, {
        "squeezenet_1.0": ("SqueezeNet 1.0", {}),
        "squeezenet_1.1": ("SqueezeNet 1.1", {"version": "1.1"}),
        "squeezenet_1.0_simple_bypass": ("SqueezeNet 1.0 simple bypass", {"bypass": "simple"}),
        "squeezenet_1.1_simple_bypass": ("SqueezeNet 1.1 simple bypass", {"version": "1.1", "bypass": "simple"}),
        "squeezenet_1.0_complex_bypass": ("SqueezeNet 1.0 complex bypass", {"bypass": "complex"}),
    }),
    Family("squeezenext.SqueezeNext", "arXiv:1803.10615", 227, {
        "squeezenext_1.0_sqnxt_23": ("1.0-SqNxt-23", {}),
        "squeezenext_1.0_sqnxt_23v5": ("1.0-SqNxt-23v5", {"version": "23v5"}),
        "squeezenext_1.0_g_sqnxt_23": ("1.0-G-SqNxt-23", {"groups": 2}),
        "squeezenext_1.5_sqnxt_23": ("1.5-SqNxt-23", {"width": 1.5}),
        "squeezenext_1.5_sqnxt_23v5": ("1.5-SqNxt-23v5", {"width": 1.5, "version": "23v5"}),
        "squeezenext_2.0_sqnxt_23": ("2.0-SqNxt-23", {"width": 2.0}),
        "squeezenext_2.0_sqnxt_23v5": ("2.0-SqNxt-23v5", {"width": 2.0, "version": "23v5"}),
    }),
    Family("ghostnet.GhostNet", "arXiv:1911.11907", 224, {
        "ghostnet_0.5": ("GhostNet 0.5", {"width": 0.5}),
        "ghostnet_1.0": ("GhostNet 1.0", {"width": 1.0}),
        "ghostnet_1.3": ("GhostNet 1.3", {"width": 1.3}),
    }),
    Family("mnasnet.MnasNetA1", "arXiv:1807.11626", 224, {"mnasnet_a1": ("MnasNet-A1", {})}),
    *(
        Family("efficientnet.EfficientNet", "arXiv:1905.11946", pixels, {
            f"efficientnet_b{i}": (f"EfficientNet-B{i}", {"width": width, "depth": depth, "dropout": dropout}),
        })
        for i, (width, depth, pixels, dropout) in enumerate([
            (1.0, 1.0, 224, 0.2), (1.0, 1.1, 240, 0.2), (1.1, 1.2, 260, 0.3), (1.2, 1.4, 300, 0.3),
            (1.4, 1.8, 380, 0.4), (1.6, 2.2, 456, 0.4), (1.8, 2.6, 528, 0.5), (2.0, 3.1, 600, 0.5),
        ])
    ),
)  # fmt: skip


class Network(NamedTuple):
    """One line of the catalogue."""

    name: str
    label: str    # as its paper writes it
    pixels: int
    paper: str
    builder: str
    arguments: dict[str, Any]

    @property
    def file(self) -> str:
        """The file of this folder that holds the network, and so its family."""
        return self.builder.partition(".")[0]

    def load(self) -> "Callable[..., nn.Module]":
        """What builds the network, from its file."""
        name = self.builder.partition(".")[2]
        build: Callable[..., nn.Module] = getattr(import_module(f"{__package__}.{self.file}"), name)
        return partial(build, **self.arguments) if self.arguments else build


CATALOGUE = {
    name: Network(name, label, family.pixels, family.paper, family.builder, arguments)
    for family in FAMILIES
    for name, (label, arguments) in family.networks.items()
}


class _Models(Mapping[str, "Callable[..., nn.Module]"]):
    """The catalogue's builders by name, each loaded when it is asked for."""

    def __getitem__(self, name: str) -> "Callable[..., nn.Module]":
        return CATALOGUE[name].load()

    def __contains__(self, name: object) -> bool:    # the inherited one would load the file
        return name in CATALOGUE

    def __iter__(self) -> Iterator[str]:
        return iter(CATALOGUE)

    def __len__(self) -> int:
        return len(CATALOGUE)

    def __repr__(self) -> str:
        return f"MODELS({', '.join(self)})"


MODELS: "Mapping[str, Callable[..., nn.Module]]" = _Models()
