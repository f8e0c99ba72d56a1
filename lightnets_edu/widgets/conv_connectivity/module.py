"""What was measured as plain tables, as they travel to a page; and what one output reads, looked up in them."""

import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from lightnets_edu.cost import conv_params
from lightnets_edu.widgets.conv_connectivity import masks as _masks
from lightnets_edu.widgets.conv_connectivity.masks import (
    GROUPED,
    KERNELS,
    KINDS,
    SIDE,
    STRIDES,
    Masks,
    Plan,
)

Plain = dict[str, Any]

PLAINEST = ("pointwise", "depthwise", *KINDS)


def ones(truths: Tensor) -> list[list[int]]:
    """Which are true, row by row."""
    return [row.nonzero().flatten().tolist() for row in truths]


def name(conv: nn.Conv2d) -> str:
    """What a convolution is, in words: "grouped 3×3, g = 2"."""
    (height, width), g = conv.kernel_size, conv.groups
    if g > 1:
        return f"depthwise {height}×{width}" if g == conv.in_channels else f"grouped {height}×{width}, g = {g}"
    return f"{'standard' if height * width > 1 else 'pointwise'} {height}×{width}"


def words(plan: Plan) -> str:
    """A plan in words: "grouped 3×3, g = 2"."""
    return f"{plan.kind} {plan.kernel}×{plan.kernel}{f', g = {plan.groups}' if plan.kind in GROUPED else ''}"


def tables(found: Masks, module: nn.Module) -> Plain:
    """What every output reads: its patch and its channels, by their places in `sets`, and how many inputs that makes.

    `reads` goes through the positions asked about, and for each through the output channels. `params` are all
    parameters of the module, `kernels` those of its kernels, `standard` those of a standard convolution with its
    patch. `taps` are the numbers that an output channel reads of an input channel, where that is not told by steps.
    """
    c_out, places, c_in, _ = found.whole.shape
    outputs = found.whole.flatten(0, 1)
    spaces, channels, fans = ones(outputs.any(1)), ones(outputs.any(2)), outputs.flatten(1).sum(1).tolist()
    sets = sorted(set(map(tuple, spaces + channels)))
    place_of = {one: i for i, one in enumerate(sets)}
    reads = [[place_of[tuple(a)], place_of[tuple(b)], fan] for a, b, fan in zip(spaces, channels, fans, strict=True)]
    return {
        "size": list(found.sizes[-1]),
        "sets": list(map(list, sets)),
        "reads": [reads[place::places] for place in range(places)],
        "unread": ones(~found.read[None])[0],
        "params": sum(p.numel() for p in module.parameters()),
        "kernels": weights(module),
        **({} if found.steps else {"taps": found.whole.sum(3).amax(1).tolist()}),
        "standard": max(map(len, spaces)) * c_in * c_out,
        "steps": _steps(found),
    }


def _steps(found: Masks) -> list[Plain]:
    """Two steps: the channels of each, and what it reads for each position of the output.

    The first answers for the middle of what the second reads.
    """
    made: list[Plain] = []
    at: list[int] | None = None
    for (conv, mask), size in zip(reversed(found.steps), reversed(found.sizes[: len(found.steps)]), strict=True):
        patches = ones(mask.any(2).any(0))
        if at is not None:
            patches = [patches[place if len(patches) > 1 else 0] for place in at]
        at = [seen[len(seen) // 2] if seen else 0 for seen in patches]
        what = {"name": name(conv), "weights": conv.weight.numel(), "size": list(size)}
        made.insert(0, {**what, "rows": ones(_masks.rows(mask)), "patches": patches})
    return made


def weights(module: nn.Module) -> int:
    """Parameters of kernels: no bias, no norm."""
    return sum(p.numel() for p in module.parameters() if p.ndim > 1)


def look(found: Plain, output: int, place: int) -> Plain:
    """What the outputs at a place read, the positions that channel `output` reads there, and the rest as it is."""
    here, sets = found["reads"][place], found["sets"]
    return {
        **{key: value for key, value in found.items() if key not in ("reads", "sets", "steps")},
        "rows": [sets[row] for _, row, _ in here],
        "fans": [fan for _, _, fan in here],
        "patch": sets[here[output][0]],
        "steps": [
            {**{key: value for key, value in step.items() if key != "patches"}, "patch": step["patches"][place]}
            for step in found["steps"]
        ],
    }


@functools.lru_cache(maxsize=256)
def _formula(plan: Plan, place: int) -> Plain:
    """The tables of a plan for one place of its output map, asked of the real convolution."""
    found = tables(_masks.measure(module := _masks.build(plan), plan.c_in, place, linear=True), module)
    name_steps(found, plan)
    return found


def formula(plan: Plan, output: int, place: int) -> Plain:
    """The same for a plan, beside the weights of a standard convolution with its kernel."""
    return {**look(_formula(plan, place), output, 0), "standard": conv_params(plan.c_in, plan.c_out, plan.kernel)}


def name_steps(found: Plain, plan: Plan) -> None:
    """Call the two steps of a plan by what they are in it."""
    groups = f"{plan.groups} group{'' if plan.groups == 1 else 's'}"
    first, second = (groups, groups) if plan.kind == "shuffled" else ("depthwise", "pointwise")
    for step, words in zip(found["steps"], (f"{first} {plan.kernel}×{plan.kernel}", f"{second} 1×1"), strict=False):
        step["name"] = words


# Modules of others ----------------------------------------------------------------------------------------------------


def width_of(module: nn.Module) -> int:
    """The channels that a module takes, by its first convolution. ValueError where there is none."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            return part.in_channels
    raise ValueError(f"{type(module).__name__} has no convolution that says how many channels it takes: give c_in")


def plans(c_in: int, c_out: int, **said: Any) -> Iterator[Plan]:
    """All that is on offer for these channels and agrees with what is said of kind, kernel, groups and stride.

    Of two plans that are one convolution, the plainer comes first.
    """
    for kind in sorted(KINDS, key=PLAINEST.index):
        if kind == "depthwise" and c_in != c_out:
            continue
        for kernel in (1,) if kind == "pointwise" else KERNELS:
            for g in _masks.divisors(c_in, c_out) if kind in GROUPED else (1,):
                for stride in STRIDES:
                    plan = Plan(kind, c_in, c_out, kernel, g, stride)
                    if all(getattr(plan, key) == value for key, value in said.items()):
                        yield plan


def recognise(module: nn.Module, found: Masks, **said: Any) -> Plan | None:
    """The plan that a module follows at every position, in its steps and in the number of its weights; None if none."""
    c_out, _, c_in, _ = found.whole.shape
    for plan in plans(c_in, c_out, **said):
        twin = _masks.build(plan)
        if weights(twin) == weights(module) and (-(-SIDE // plan.stride),) * 2 == found.sizes[-1]:
            meant = _masks.measure(twin, c_in, linear=True)
            masks = [(meant.whole, found.whole)]
            masks += [(a, b) for (_, a), (_, b) in zip(meant.steps, found.steps, strict=False)]
            if len(meant.steps) in (0, len(found.steps)) and all(torch.equal(a, b) for a, b in masks):
                return plan
    return None
