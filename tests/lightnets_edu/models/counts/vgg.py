"""VGG: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("vgg16", 224, 138_357_544, 15_470_264_320, "138"),
    Row("vgg19", 224, 143_667_240, 19_632_062_464, "144"),
)
