"""What the figure of EffNet's block must show, found without gradients: by what becomes of a single pixel."""

import functools
from itertools import pairwise

import torch
from torch import nn

from lightnets_edu.models.effnet import EffNetBlock
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.widgets import EffNetFlow

SIZES = ((8, 8), (8, 8), (8, 8), (4, 8), (4, 8), (4, 4)), ((8, 8), (4, 4), (4, 4))
LAYERS = ("input", "1×1", "depthwise 1×3", "pool 2×1", "depthwise 3×1", None), ("input", "depthwise 3×3", "1×1")
NAMES = ("EffNet", "MobileNet V1")
READINGS = {"2x1": "2×1", "1x2": "1×2"}
Pixels = list[list[int]]


def positive(name: str) -> list[nn.Module]:
    """The layers of a block whose weights are all one and whose pools take the mean: nothing cancels, nothing is cut."""
    block = DepthwiseSeparable(2, 2, 2) if name == "mobilenet" else EffNetBlock(2, 2, 2, name)
    parts = dict(block.eval().named_children())
    for key, parameter in block.named_parameters():
        nn.init.zeros_(parameter) if key.endswith("bias") else nn.init.ones_(parameter)
    if name == "mobilenet":
        return list(parts.values())
    last = nn.Sequential(parts["pad"], parts["expand"])
    return [parts["reduce"], parts["depthwise_row"], nn.AvgPool2d((2, 1)), parts["depthwise_column"], last]


@functools.cache
def echoes(name: str, at: int) -> list[torch.Tensor]:
    """Every pixel of a map alone is set to one: which pixels of each later map then are not zero, itself first."""
    height, width = SIZES[name == "mobilenet"][at]
    x = torch.eye(height * width).reshape(-1, 1, height, width).expand(-1, 2, -1, -1)
    found = [x]
    with torch.no_grad():
        for part in positive(name)[at:]:
            found.append(part(found[-1]))
    return [one.amax(1) > 0 for one in found]


def lit(name: str, at: int, row: int, column: int, last: int) -> list[Pixels]:
    """Of each map up to `last` the pixels that lead to one, or to which it leads."""
    width = SIZES[name == "mobilenet"][at][1]
    past = [echoes(name, i)[at - i][:, row, column].reshape(SIZES[name == "mobilenet"][i]) for i in range(at)]
    future = [one[row * width + column] for one in echoes(name, at)[: last - at + 1]]
    return [one.nonzero().tolist() for one in past + future]


@functools.cache
def missed(name: str, last: int) -> list[Pixels]:
    """Of each map up to `last` the pixels that it does not read: those whose echo there is zero."""
    sizes = SIZES[name == "mobilenet"]
    seen = [echoes(name, i)[last - i].flatten(1).any(1).reshape(sizes[i]) for i in range(last + 1)]
    return [(~one).nonzero().tolist() for one in seen]


def channels(figure: EffNetFlow) -> tuple[list[int], list[int]]:
    return [figure.c_in, *4 * [figure.c_mid], figure.c_out], [figure.c_in, figure.c_in, figure.c_out]


def values(figure: EffNetFlow, b: int) -> list[int]:
    return [h * w * c for (h, w), c in zip(SIZES[b], channels(figure)[b], strict=True)]


def least(figure: EffNetFlow, b: int) -> tuple[int, int]:
    """The fewest values of a map that has been made, and of those of its values that are read."""
    last, wide = ends(figure)[b], channels(figure)[b]
    read = [h * w - len(own) for (h, w), own in zip(SIZES[b], missed(block(figure, b), last), strict=False)]
    return min(values(figure, b)[: last + 1]), min(pixels * c for pixels, c in zip(read, wide, strict=False))


def layers(figure: EffNetFlow, b: int) -> list[str]:
    return [name or READINGS[figure.last] for name in LAYERS[b]]


def ends(figure: EffNetFlow) -> tuple[int, int]:
    """The last map of each block that has been made."""
    return figure.step, min(figure.step, 2)


def block(figure: EffNetFlow, b: int) -> str:
    return "mobilenet" if b else figure.last


def spot(figure: EffNetFlow) -> tuple[int, int]:
    """The chosen map: its block and its place."""
    return (0, figure.map) if figure.map < 6 else (1, figure.map - 6)


CHANGES = {(False, False): "height and width stay", (True, False): "the height shrinks", (False, True): "the width shrinks", (True, True): "height and width shrink at once"}


def said(figure: EffNetFlow) -> str:
    """The sentence while nobody points."""
    if not figure.step:
        return "Before the first layer. Drag the arrow, or press Step: which side shrinks when?"
    parts = [f"Layer {figure.step}."]
    for b, sizes in enumerate(SIZES):
        if figure.step < len(sizes):
            before, now = list(pairwise(sizes))[figure.step - 1]
            parts.append(f"{NAMES[b]}, {layers(figure, b)[figure.step]}: {CHANGES[now[0] < before[0], now[1] < before[1]]}.")
    if figure.step == 5:
        lost = [(name, len(own) * 100 / (h * w)) for name, own, (h, w) in zip(layers(figure, 0), missed(figure.last, 5), SIZES[0], strict=True) if own]
        shares = {share for _, share in lost}
        assert len(shares) < 2
        names = [name for name, _ in lost]
        share = f"{shares.pop():g}% of {', '.join(names[:-1])} and {names[-1]}" if lost else ""
        if figure.map < 6 and [figure.row, figure.column] in missed(figure.last, 5)[figure.map]:
            return f"The framed pixel, as {share}, reaches no output. All of the input does."
        if least(figure, 0)[0] < least(figure, 1)[0]:
            return f"{figure.c_mid} channels inside EffNet: {least(figure, 0)[0]:,} values at its narrowest; MobileNet V1: {least(figure, 1)[0]:,}."
        parts.append(f"No output is reached by {share}." if lost else "Every pixel reaches the output.")
    return " ".join(parts)


def span(numbers: list[int]) -> str:
    """Rising numbers in words, by hand."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def place(own: Pixels) -> str:
    rows, columns = (sorted({pixel[axis] for pixel in own}) for axis in (0, 1))
    return f"row{'s' * (len(rows) > 1)} {span(rows)}, column{'s' * (len(columns) > 1)} {span(columns)}"


def told(figure: EffNetFlow, b: int, i: int, row: int, column: int) -> str:
    """The sentence about a pixel."""
    last = ends(figure)[b]
    found = lit(block(figure, b), i, row, column, last)
    name = layers(figure, b)[i]
    parts = [f" reads {place(found[0])} of the input"] if i else []
    if i < last:
        parts.append(f" reaches {place(found[last])} of {layers(figure, b)[last]}" if found[last] else " reaches no output")
    return f"{name[0].upper()}{name[1:]}, {values(figure, b)[i]:,} values. Row {row}, column {column}{','.join(parts)}."
