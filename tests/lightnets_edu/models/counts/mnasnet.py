"""MnasNet: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("mnasnet_a1", 224, 3_887_038, 311_579_072, "3.9", "312"),
)
