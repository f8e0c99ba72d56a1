"""AlexNet: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("alexnet", 224, 60_965_224, 724_406_816, "6e1"),
    Row("alexnet_one_weird_trick", 224, 61_100_840, 714_188_480, "6e1"),
    Row("alexnet_b", 224, 61_100_840, 714_188_480),
)
ALIASES = {"alexnet_b": "alexnet_one_weird_trick"}    # one network under pytorchcv's name
