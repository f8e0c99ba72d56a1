"""A flower of 12 × 12 pixels: brightness of red, green and blue, from 0 to 9.

Means over squares of `SIDE` pixels of scikit-learn's sample picture flower.jpg (danielbuechele, CC BY 2.0), from column
`LEFT` on, top row first.
"""

from collections.abc import Iterable

LEFT, SIDE, BRIGHTEST = 60, 33, 9
COLOURS = ("red", "green", "blue")

ROWS = (
    ("000000000000", "221112233221", "221112233211"),
    ("000000000100", "221112232122", "221112233111"),
    ("000000132100", "221111232222", "231111222211"),
    ("000026888730", "332125666631", "332124444420"),
    ("000178888881", "333266545662", "333343323441"),
    ("000388778883", "333465323553", "333332111232"),
    ("000588677885", "332464222454", "333332111233"),
    ("000478766784", "322354222454", "332232111232"),
    ("000278778772", "222355434553", "222233212332"),
    ("000057777740", "111145454542", "111133333321"),
    ("000014565410", "110123444422", "110012233222"),
    ("000002213451", "210012234453", "210000023233"),
)

PLANES: list[list[list[float]]] = [[[int(digit) for digit in row[i]] for row in ROWS] for i in range(len(COLOURS))]


def dyed(planes: list[list[list[float]]], photo: bool) -> list[list[list[str]]]:
    """Planes as pictures, rows of colours like "#8c0": all in one, if they are a photograph's, and each in greys.

    Greys go from the smallest number to the largest; those of a photograph from 0 to `BRIGHTEST`.
    """
    numbers = [0, BRIGHTEST] if photo else [value for plane in planes for row in plane for value in row]
    low, high = min(numbers), max(numbers)

    def colour(pixel: Iterable[float]) -> str:
        return "#" + "".join(f"{round(15 * (value - low) / (high - low or 1)):x}" for value in pixel)

    whole = [[colour(pixel) for pixel in zip(*rows, strict=True)] for rows in zip(*planes, strict=True)]
    return [whole if photo else [], *([[colour([value] * 3) for value in row] for row in plane] for plane in planes)]
