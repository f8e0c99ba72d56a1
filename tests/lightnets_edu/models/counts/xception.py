"""Xception: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("xception", 299, 22_855_952, 8_357_403_496, "22.855952"),
)
