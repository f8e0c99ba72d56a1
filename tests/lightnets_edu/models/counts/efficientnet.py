"""EfficientNet: our counts, each variant on images of its own size, and what is printed."""

from counts import CUT, OPEN, Row

ROWS = (
    Row("efficientnet_b0", 224, 5_288_548, 385_814_752, "5.3", "3.9e2"),
    Row("efficientnet_b1", 240, 7_794_184, 686_802_832, "7.8", "7.0e2"),
    Row("efficientnet_b2", 260, 9_109_994, 993_561_872, "9.2", "1.0e3"),
    Row("efficientnet_b3", 300, 12_233_232, 1_827_141_392, "12", "1.8e3"),
    Row("efficientnet_b4", 380, 19_341_616, 4_393_771_024, "19", "4.2e3"),
    Row("efficientnet_b5", 456, 30_389_784, 10_266_384_752, "30", "9.9e3"),
    Row("efficientnet_b6", 528, 43_040_704, 19_067_593_536, "43", "1.9e4"),
    Row("efficientnet_b7", 600, 66_347_960, 37_745_884_192, "66", "3.7e4"),
)
DEPARTURES = {
    "efficientnet_b1 macs": OPEN, "efficientnet_b2 params": OPEN, "efficientnet_b4 macs": OPEN,
    "efficientnet_b5 macs": OPEN, "efficientnet_b7 macs": CUT,
}
