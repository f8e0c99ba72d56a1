"""MicroNet: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("micronet", 224, 304_296, 94_486_528),    # then, as strings: parameters and multiply-adds in millions, as printed
)
