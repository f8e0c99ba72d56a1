"""ShuffleNet V1: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("shufflenet_v1_0.25_g1", 224, 209_908, 13_162_320, "", "13"),
    Row("shufflenet_v1_0.25_g3", 224, 306_124, 13_300_656, "", "13"),
    Row("shufflenet_v1_0.5_g1", 224, 534_484, 38_517_408, "", "38"),
    Row("shufflenet_v1_0.5_g3", 224, 718_324, 37_589_856, "", "38"),
    Row("shufflenet_v1_0.5_g8", 224, 1_011_448, 40_469_760, "", "38"),
    Row("shufflenet_v1_1.0_g1", 224, 1_531_936, 143_078_976, "", "140"),
    Row("shufflenet_v1_1.0_g2", 224, 1_733_848, 140_836_512, "", "140"),
    Row("shufflenet_v1_1.0_g3", 224, 1_865_728, 137_460_672, "", "140"),
    Row("shufflenet_v1_1.0_g4", 224, 1_968_344, 134_339_776, "", "140"),
    Row("shufflenet_v1_1.0_g8", 224, 2_434_768, 138_365_952, "", "140"),
    Row("shufflenet_v1_1.5_g1", 224, 2_993_032, 308_096_352),
    Row("shufflenet_v1_1.5_g3", 224, 3_442_168, 292_443_552, "3.4", "292"),
    Row("shufflenet_v1_1.5_g8", 224, 4_269_952, 290_188_800, "4.3", "290"),
    Row("shufflenet_v1_2.0_g1", 224, 4_918_744, 550_334_592),
    Row("shufflenet_v1_2.0_g2", 224, 5_257_896, 539_138_624),
    Row("shufflenet_v1_2.0_g3", 224, 5_450_776, 524_045_184, "5.4", "524"),
    Row("shufflenet_v1_2.0_g4", 224, 5_593_528, 510_289_536),
    Row("shufflenet_v1_2.0_g8", 224, 6_522_232, 521_942_016, "6.5", "522"),
)
BUDGET = "a budget that the paper keeps for all its groups, not a count"
DEPARTURES = {
    "shufflenet_v1_0.5_g1 macs": BUDGET, "shufflenet_v1_0.5_g8 macs": BUDGET,
    **{f"shufflenet_v1_1.0_g{groups} macs": BUDGET for groups in (1, 2, 3, 4, 8)},
    "shufflenet_v1_2.0_g3 params": "1,000 of ours are the classifier's bias, which the authors' code leaves out",
}
STEM = "pytorchcv scales the stem with the width; the authors' code, and ours, has 12 channels at 0.25x and 24 at 1.5x"
BIAS = "the authors' code has no bias in the classifier, ours has one for each of the 1,000 classes"
PEERS = {
    "shufflenet_v1_0.25_g1": STEM, "shufflenet_v1_0.25_g3": STEM, "shufflenet_v1_1.5_g1": STEM,
    "shufflenet_v1_0.5_g8": BIAS, "shufflenet_v1_1.5_g3": BIAS, "shufflenet_v1_1.5_g8": BIAS,
}
NOT_HERE = {
    f"shufflenet_v1_{width}_g{groups}": "groups do not divide the scaled channels"
    for width, groups in ((0.25, 2), (0.25, 4), (0.25, 8), (0.5, 2), (0.5, 4), (1.5, 2), (1.5, 4))
}
