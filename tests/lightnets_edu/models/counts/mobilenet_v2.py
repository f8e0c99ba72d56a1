"""MobileNet V2: our counts, and what is printed."""

from counts import CUT, OPEN, Row

ROWS = (
    Row("mobilenet_v2_0.35", 224, 1_677_128, 59_285_808, "1.6", "59.2"),
    Row("mobilenet_v2_0.5", 224, 1_968_680, 97_131_840, "1.95", "97"),
    Row("mobilenet_v2_0.75", 224, 2_636_424, 209_069_792, "2.61", "209"),
    Row("mobilenet_v2_1.0", 224, 3_504_872, 300_774_272, "3.4", "300"),
    Row("mobilenet_v2_1.4", 224, 6_108_776, 582_195_824, "6.9", "585"),
)
NO_NORM = "the figure leaves batch norm's parameters out: test_parameters_are_printed_without_batch_norm"
DEPARTURES = {
    "mobilenet_v2_0.35 params": NO_NORM, "mobilenet_v2_0.35 macs": CUT,
    "mobilenet_v2_0.5 params": NO_NORM, "mobilenet_v2_0.75 params": NO_NORM,
    "mobilenet_v2_1.0 params": NO_NORM, "mobilenet_v2_1.0 macs": CUT,
    "mobilenet_v2_1.4 params": "not reproducible: the authors' later README prints 6.06, as ours without batch norm",
    "mobilenet_v2_1.4 macs": OPEN,
}
