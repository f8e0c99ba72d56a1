"""A flower of 22 × 22 pixels, and a layer of twelve filters made by hand, each named for what it finds.

Brightness of red, green and blue, from 0 to 35, a digit or letter each: means over squares of `SIDE` pixels of
scikit-learn's sample picture flower.jpg (danielbuechele, CC BY 2.0), from column `LEFT` on, top row first.
"""

import torch
from torch import Tensor, nn

LEFT, SIDE, BRIGHTEST = 100, 18, 35

ROWS = (
    ("0111101000100000200000", "76544347889a9ab9764677", "75333337889abdd8342344"),
    ("0011100000000001110011", "8754444799acbb96565445", "86444337a9aeedb4254123"),
    ("0001001000000022211111", "75444437989bba74587776", "85334337a99dec83245576"),
    ("0100000100001344221000", "6643322588789866678bba", "6743322598689886314beb"),
    ("0000001111166244210000", "aa42222465598456768aaa", "ab422224554763675249ba"),
    ("00000013glpwvrka111010", "ba433347gikqpmib776569", "cb333346cedjifd9422458"),
    ("000001gruvvvwvvvj31010", "cb7654fmponmmmoph5336a", "db8754bfgfefefgib2226a"),
    ("00000euvuwwvwvvvvi1000", "db986fpnmlmjlkloof336b", "ecda7cheecdadccfga126b"),
    ("00003tuwwvvwwwwwwv8000", "cba99nnnmiifgilnon935a", "dddcaffdd98588dfhe624a"),
    ("0000btuuwwuutvwvvuf111", "caa9dmlikic9cehjkne457", "dccbbed9c932448bcfa247"),
    ("0000kuuvusqopsvvvul111", "caa9iokje9666afillj456", "dccadgca52322469ddd457"),
    ("0004rvvutqornsuvvus410", "baa9knlid86a78diimm657", "ccb9cdc9533534599de557"),
    ("0004ruwutoppprtvvut611", "aa97kmngb66967dijlm757", "cca6ced75334345abce657"),
    ("0002ortvurnpnqutuvt300", "a975ijikea6658hdjmn778", "cb85bbbb64333394bde567"),
    ("0001msututrpqqrttsk100", "9866hklggca888biikg888", "a976acc775543339aca677"),
    ("1111dqsuvttsvuuutua100", "6666cjkkjdeahgikjnc888", "66769bcdb76497accf8565"),
    ("11114orrrsqvussurj1100", "55668kkieebjifhkig8777", "45555cca775ba8abba5434"),
    ("111118orpqttquqsq51100", "44445aikgfjiclgkk97788", "333337cc99bb6d9dc64334"),
    ("000001alqspstrunb11000", "332247bgkkgjkjnic66898", "3221358ace9cdcfb744566"),
    ("00000258egmnmhdec20000", "32223568ccgigfdcc99aa8", "2211246777abaa85899887"),
    ("000001476671023fg50001", "22212247678aab9cdcbb97", "22111133223997546bcb96"),
    ("0000003557549rmmsqf001", "2222224668acdlijnmha96", "21111121214a8fdcffeca6"),
)

POINT = ((0, 0, 0), (0, 1, 0), (0, 0, 0))
SOFT = ((1, 2, 1), (2, 4, 2), (1, 2, 1))
LEFT_EDGE = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
RIGHT_EDGE = ((1, 0, -1), (2, 0, -2), (1, 0, -1))
TOP_EDGE = ((-1, -2, -1), (0, 0, 0), (1, 2, 1))
BOTTOM_EDGE = ((1, 2, 1), (0, 0, 0), (-1, -2, -1))
CORNER = ((0, 1, 2), (-1, 0, 1), (-2, -1, 0))
SPOTS = ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))
GREY = (1, 1, 1)

# name, weights over space, weights of red, green and blue
FILTERS = (
    ("brightness", POINT, GREY), ("blurred", SOFT, GREY), ("red", SOFT, (1, 0, 0)), ("blue", SOFT, (0, 0, 1)),
    ("red, not blue", SOFT, (1, 0, -1)), ("green", SOFT, (-1, 2, -1)), ("left edges", LEFT_EDGE, GREY),
    ("right edges", RIGHT_EDGE, GREY), ("upper edges", TOP_EDGE, GREY), ("lower edges", BOTTOM_EDGE, GREY),
    ("corners", CORNER, GREY), ("spots", SPOTS, GREY),
)  # fmt: skip
NAMES = tuple(name for name, _, _ in FILTERS)


def photo() -> Tensor:
    """The flower, 1 × 3 × 22 × 22, from 0 to 1."""
    levels = [[[int(digit, 36) for digit in row[channel]] for row in ROWS] for channel in range(3)]
    return torch.tensor(levels, dtype=torch.float64)[None] / BRIGHTEST


def layer() -> nn.Module:
    """A 3×3 convolution with these filters, from 3 to 12 channels, without padding; and ReLU."""
    conv = nn.Conv2d(3, len(FILTERS), 3, bias=False).double().requires_grad_(False)
    for i, (_, space, colours) in enumerate(FILTERS):
        conv.weight[i] = torch.tensor(colours)[:, None, None] * torch.tensor(space)
    return nn.Sequential(conv, nn.ReLU())
