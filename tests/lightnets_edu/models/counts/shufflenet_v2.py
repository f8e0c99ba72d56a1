"""ShuffleNet V2: our counts, and what is printed."""

from counts import OPEN, Row

ROWS = (
    Row("shufflenet_v2_0.5", 224, 1_365_792, 40_476_448, "1.4", "41"),
    Row("shufflenet_v2_1.0", 224, 2_278_760, 145_814_296, "2.3", "146"),
    Row("shufflenet_v2_1.5", 224, 3_506_720, 298_970_656, "3.5", "299"),
    Row("shufflenet_v2_2.0", 224, 7_402_600, 590_783_000, "7.4", "591"),
)
DEPARTURES = {"shufflenet_v2_0.5 macs": OPEN}
PEERS = {
    "shufflenet_v2_0.5": "torchvision's, with a bias in the classifier; the authors' code, and ours, has none",
}
