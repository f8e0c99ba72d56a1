"""ResNet-50 and ResNeXt-50: our counts, and what is printed."""

from counts import CUT, Row

ROWS = (
    Row("resnet50", 224, 25_557_032, 4_089_184_256, "25.6", "3.8e3"),
    Row("resnet50_paper", 224, 25_557_032, 3_857_973_248, "25.6", "3.8e3"),
    Row("resnext50_32x4d", 224, 25_028_904, 4_230_479_872, "25.0", "4.2e3"),
)
DEPARTURES = {
    "resnet50 macs": "the stride is in the 3×3, as in torchvision; resnet50_paper has the paper's",
    "resnet50_paper macs": CUT,
}
