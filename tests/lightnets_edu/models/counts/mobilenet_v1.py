"""MobileNet V1: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("mobilenet_v1_0.25", 224, 470_072, 41_030_272, "0.5", "41"),
    Row("mobilenet_v1_0.5", 224, 1_331_592, 149_497_088, "1.3", "149"),
    Row("mobilenet_v1_0.75", 224, 2_585_560, 325_400_448, "2.6", "325"),
    Row("mobilenet_v1_1.0", 224, 4_231_976, 568_740_352, "4.2", "569"),
)
