"""MobileNet V3: our counts, and what is printed."""

from counts import CUT, OPEN, Row

ROWS = (
    Row("mobilenet_v3_small_0.75", 224, 2_041_872, 43_399_344, "2.0", "44"),
    Row("mobilenet_v3_small_1.0", 224, 2_542_856, 56_510_400, "2.5", "56"),
    Row("mobilenet_v3_large_0.75", 224, 3_993_528, 154_560_624, "4.0", "155"),
    Row("mobilenet_v3_large_1.0", 224, 5_483_032, 216_589_760, "5.4", "219"),
)
DEPARTURES = {
    "mobilenet_v3_small_0.75 macs": OPEN, "mobilenet_v3_small_1.0 macs": CUT,
    "mobilenet_v3_large_1.0 params": CUT, "mobilenet_v3_large_1.0 macs": OPEN,
}
