"""GhostNet: our counts, and what is printed."""

from counts import CUT, OPEN, Row

ROWS = (
    Row("ghostnet_0.5", 224, 2_587_292, 42_328_152, "2.6", "42"),
    Row("ghostnet_1.0", 224, 5_182_508, 141_150_512, "5.2", "141"),
    Row("ghostnet_1.3", 224, 7_358_820, 227_003_256, "7.3", "226"),
)
DEPARTURES = {"ghostnet_1.3 params": CUT, "ghostnet_1.3 macs": OPEN}
