"""SqueezeNet: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("squeezenet_1.0", 224, 1_248_424, 818_924_576, "1.248"),
    Row("squeezenet_1.0@227", 227, 1_248_424, 832_667_936, "1.248", "1.72e3", per=2),
    Row("squeezenet_1.1", 224, 1_235_496, 349_151_936, "", "7.2e2", per=2),
    Row("squeezenet_1.1@227", 227, 1_235_496, 387_747_520, "", "7.2e2", per=2),
    Row("squeezenet_1.0_simple_bypass", 224, 1_248_424, 818_924_576),
    Row("squeezenet_1.1_simple_bypass", 224, 1_235_496, 349_151_936),
    Row("squeezenet_1.0_complex_bypass", 224, 1_589_672, 1_165_298_720),
)
README = "the authors' page prints one figure for both sizes, and it fits neither"
DEPARTURES = {
    "squeezenet_1.0@227 macs": "the authors' Caffe file pads conv10, Table 1 of the paper and ours do not",
    "squeezenet_1.1 macs": README, "squeezenet_1.1@227 macs": README,
}
PEERS = {
    "squeezenet_1.0@227": "counted from the authors' Caffe file, which pads conv10: 15 × 15 positions there, not 13 × 13",
}
