"""MicroNet: our counts, and what is printed in the authors' README."""

from counts import Row

ROWS = (
    Row("micronet_m0", 224, 1_019_590, 3_448_880, "1.0", "4"),
    Row("micronet_m1", 224, 1_777_587, 5_314_080, "1.8", "6"),
    Row("micronet_m2", 224, 2_393_876, 10_338_128, "2.4", "12"),
    Row("micronet_m3", 224, 2_622_960, 18_236_000, "2.6", "21"),
)
SHIFT_MAX = "the printed figure has Dynamic Shift-Max's own multiplies in it: test_printed_figures in test_micronet.py"
DEPARTURES = {f"{row.name} macs": SHIFT_MAX for row in ROWS}
