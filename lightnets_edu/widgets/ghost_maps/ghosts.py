"""Ghosts of maps: which maps are worth keeping, what a cheap kernel makes of them, how much of the others that explains.

A ghost is what GhostNet's cheap convolution could make of one map, its parent, at best: the d×d kernel and the bias of
least squares, zeros around the parent, and ReLU behind it where the layer has one. All numbers are whole, so that a
page computes the very same.
"""

import itertools
import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from lightnets_edu.cost import conv_macs

TOP = 99        # the largest number of a map, each map having its own scale
FINE = 1000     # weights and biases are in thousandths
SHARES = (2, 3, 4)
SIZES = (1, 3, 5)


class Fit(NamedTuple):
    """For each parent and each child: the kernel's weights with the bias behind them, and the share that is explained."""

    weights: Tensor    # C × C × (d² + 1), whole numbers of thousandths
    shares: Tensor     # C × C, R²


def kept_of(c: int, s: int) -> int:
    """How many of c maps an ordinary convolution makes: ⌈c / s⌉ (Han et al. 2020, section 3.1)."""
    return math.ceil(c / s)


def ghost(parent: Tensor, weights: Tensor, clipped: bool) -> Tensor:
    """What kernels make of a map (H × W) of whole numbers, in thousandths: weights n × (d² + 1) give n × H × W."""
    found = weights @ _windows(parent, math.isqrt(weights.shape[1] - 1))
    return (found.clamp(min=0) if clipped else found).reshape(-1, *parent.shape)


def explained(maps: Tensor, ghosts: Tensor) -> Tensor:
    """R²: the share of each map's variation, squares around its mean, that its ghost leaves no trace of.

    A map that does not vary leaves nothing to explain: 1 where its ghost is the same, 0 where it is not.
    """
    y, g = maps.flatten(1) * FINE, ghosts.flatten(1)
    left, all_of_it = ((y - g) ** 2).sum(1), ((y - y.mean(1, keepdim=True)) ** 2).sum(1)
    return torch.where(all_of_it > 0, 1 - left / all_of_it.clamp(min=1), (left == 0).double())


def fit(maps: Tensor, d: int, clipped: bool) -> Fit:
    """The best d×d kernel from each of the maps (C × H × W, whole numbers) to each, by least squares."""
    weights, shares = [], []
    for parent in maps:
        seen = _windows(parent, d)
        best = torch.linalg.pinv(seen.T, rtol=1e-9) @ maps.flatten(1).T * FINE
        weights.append((best.T + 1e-6).round())
        shares.append(explained(maps, ghost(parent, weights[-1], clipped)))
    return Fit(torch.stack(weights), torch.stack(shares))


def choose(shares: Tensor, m: int) -> tuple[list[int], list[int]]:
    """Of all choices of m maps the one whose ghosts explain most of the others; and each map's parent, -1 of a kept one."""
    c = len(shares)
    choices = torch.tensor(list(itertools.combinations(range(c), m)))
    worth = (shares.clamp(min=0) * 1e6).round().to(torch.int64)    # whole: of two that are as good the first is taken
    best = worth[choices].amax(1)
    total = best.scatter(1, choices, 0).sum(1)
    kept = choices[int((total == total.max()).nonzero()[0])]
    parents = [int(kept[worth[kept, i].argmax()]) for i in range(c)]
    return kept.tolist(), [-1 if i in kept else parents[i] for i in range(c)]


def table(maps: Tensor, clipped: bool) -> dict[str, dict[str, Any]]:
    """For each "s d": the maps that are kept, each map's parent, and of each ghost its kernel, its bias, its R²."""
    found = {}
    for d in SIZES:
        weights, shares = fit(maps, d, clipped)
        for s in SHARES:
            kept, parents = choose(shares, kept_of(len(maps), s))
            own: list[list[int]] = [
                [] if p < 0 else weights[p, i].to(torch.int64).tolist() for i, p in enumerate(parents)
            ]
            found[f"{s} {d}"] = {
                "kept": kept, "parents": parents,
                "kernels": [one[:-1] for one in own], "biases": [(one or [0])[-1] for one in own],
                "r2": [1.0 if p < 0 else round(float(shares[p, i]), 4) for i, p in enumerate(parents)],
            }  # fmt: skip
    return found


def _windows(parent: Tensor, d: int) -> Tensor:
    """What each place's window reads, and a one for the bias: (d² + 1) × (H · W)."""
    seen = functional.unfold(parent[None, None], d, padding=d // 2)[0]
    return torch.cat([seen, torch.ones_like(seen[:1])])


def macs(c_in: int, c_out: int, k: int, s: int, d: int) -> tuple[int, int, int]:
    """Multiply-adds at one place of the maps: the convolution's, and the ghost module's, primary and cheap.

    c_in·c_out·k² against c_in·m·k² and m·(s − 1)·d², with m = ⌈c_out / s⌉ (section 3.2). Where s does not divide
    c_out, the module makes a few cheap maps more than it gives.
    """
    m = kept_of(c_out, s)
    return conv_macs(c_in, c_out, k, 1), conv_macs(c_in, m, k, 1), conv_macs(m, m * (s - 1), d, 1, groups=m)


def times(c_in: int, c_out: int, k: int, s: int, d: int) -> float:
    """How many times fewer multiply-adds the ghost module takes."""
    whole, primary, cheap = macs(c_in, c_out, k, s, d)
    return whole / (primary + cheap)
