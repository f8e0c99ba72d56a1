"""What the figure of the channel shuffle must show, reckoned in Python."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def ranges(numbers: list[int]) -> str:
    """Rising numbers in words: "0–3 8"."""
    starts = [i for i in numbers if i - 1 not in numbers]
    ends = [i for i in numbers if i + 1 not in numbers]
    return " ".join(f"{a}–{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=True))


def block(c: int, groups: int, i: int) -> range:
    """The channels of i's group."""
    n = c // groups
    return range(i // n * n, i // n * n + n)
