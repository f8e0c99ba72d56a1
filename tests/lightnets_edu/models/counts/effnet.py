"""EffNet and the other columns of its Table 1: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("effnet_cifar10", 32, 151_146, 5_640_192, "", "11.4", per=2),
    Row("effnet_table1_baseline", 32, 411_338, 39_559_168, "", "80.3", per=2),
    Row("effnet_table1_mobilenet", 32, 85_386, 2_914_304, "", "5.8", per=2),
    Row("effnet_table1_shufflenet", 32, 51_242, 2_231_296, "", "4.7", per=2),
)
TWICE = "unexplained: within 6 % of two operations for each multiply-add; biases and activations could be part of it"
DEPARTURES = {
    "effnet_cifar10 macs": TWICE, "effnet_table1_baseline macs": TWICE, "effnet_table1_shufflenet macs": TWICE,
}
