"""SqueezeNext: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("squeezenext_1.0_sqnxt_23", 227, 718_280, 277_999_808, "0.72", "282"),
    Row("squeezenext_1.0_sqnxt_23v5", 227, 931_016, 224_916_480, "0.94", "228"),
    Row("squeezenext_1.0_g_sqnxt_23", 227, 544_072, 224_191_552, "0.54"),
    Row("squeezenext_1.5_sqnxt_23", 227, 1_407_384, 472_270_784),
    Row("squeezenext_1.5_sqnxt_23v5", 227, 1_890_456, 424_616_960),
    Row("squeezenext_2.0_sqnxt_23", 227, 2_362_728, 742_070_464, "2.4", "749"),
    Row("squeezenext_2.0_sqnxt_23v5", 227, 3_223_912, 702_592_000, "3.2", "708"),
)
FILES = "the authors' published files, which ours follows, count as ours does, not as their paper prints"
DEPARTURES = {
    "squeezenext_1.0_sqnxt_23 macs": FILES, "squeezenext_1.0_sqnxt_23v5 macs": FILES,
    "squeezenext_1.0_sqnxt_23v5 params": FILES,
    "squeezenext_2.0_sqnxt_23 macs": FILES, "squeezenext_2.0_sqnxt_23v5 macs": FILES,
}
NO_FILE = "pytorchcv's network: biases, another stem, a wider end. There is no file for this width; ours is to the rule"
PEERS = {"squeezenext_1.5_sqnxt_23": NO_FILE, "squeezenext_1.5_sqnxt_23v5": NO_FILE}
