"""How long our networks take beside pytorchcv's same ones, and our counting beside torchinfo's and torch's own.

One image, one thread. The two of a pair take turns within one run, so a slow moment of the machine meets both; what is
compared is the ratio within each turn. Prints Markdown.

    python benchmarks/models.py [--rounds 11] [--only mobilenet]
"""

import argparse
import importlib
import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lightnets_edu.cost import layer_costs
from lightnets_edu.models.catalogue import CATALOGUE, MODELS
from lightnets_edu.timing import machine

PEERS = {    # ours: pytorchcv's module and function; the same multiply-adds, which a test counts
    "alexnet_one_weird_trick": ("alexnet", "alexnetb"),
    "vgg16": ("vgg", "vgg16"),
    "inception_v3": ("inceptionv3", "inceptionv3"),
    "xception": ("xception", "xception"),
    "resnet50": ("resnet", "resnet50b"),
    "resnet50_paper": ("resnet", "resnet50"),
    "resnext50_32x4d": ("resnext", "resnext50_32x4d"),
    "mobilenet_v1_0.25": ("mobilenet", "mobilenet_wd4"),
    "mobilenet_v1_1.0": ("mobilenet", "mobilenet_w1"),
    "mobilenet_v2_1.0": ("mobilenetv2", "mobilenetv2b_w1"),
    "mobilenet_v3_large_1.0": ("mobilenetv3", "mobilenetv3_large_w1"),
    "shufflenet_v1_1.0_g3": ("shufflenet", "shufflenet_g3_w1"),
    "shufflenet_v2_0.5": ("shufflenetv2", "shufflenetv2_wd2"),
    "squeezenet_1.0": ("squeezenet", "squeezenet_v1_0"),
    "squeezenet_1.1": ("squeezenet", "squeezenet_v1_1"),
    "squeezenet_1.0_simple_bypass": ("squeezenet", "squeezeresnet_v1_0"),
    "mnasnet_a1": ("mnasnet", "mnasnet_a1"),
    "efficientnet_b0": ("efficientnet", "efficientnet_b0"),
}
LARGEST = "vgg19"    # most parameters


class Spread(NamedTuple):
    """The median, and the quarter points, between which half of the measurements lie."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


def spread(values: list[float]) -> Spread:
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def peer(name: str) -> nn.Module:
    """pytorchcv's network, with random weights."""
    file, function = PEERS[name]
    return getattr(importlib.import_module(f"pytorchcv.models.{file}"), function)().eval()


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, `rounds` times, after a turn that warms up; every turn begins with another one."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for turn in range(-1, rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            spent = 1000 * seconds(calls[name])
            if turn >= 0:
                taken[name].append(spent)
    return taken


def ratios(taken: list[float], others: list[float]) -> Spread:
    """Of the two of every turn."""
    return spread([mine / other for mine, other in zip(taken, others, strict=True)])


def forward_times(names: list[str], rounds: int) -> list[float]:
    """A table of forward times; gives the median ratios."""
    print("| network | pixels | ours, ms | pytorchcv's, ms | ratio of a turn (middle half) |")
    print("| :-- | --: | --: | --: | --: |")
    medians = []
    for name in names:
        pixels = CATALOGUE[name].pixels
        x = torch.randn(1, 3, pixels, pixels)
        taken = turns({"ours": partial(MODELS[name]().eval(), x), "peer": partial(peer(name), x)}, rounds)
        ratio = ratios(taken["ours"], taken["peer"])
        medians.append(ratio.median)
        ours, other = spread(taken["ours"]), spread(taken["peer"])
        print(f"| {name} | {pixels} | {ours} | {other} | {ratio} |", flush=True)
    return medians


def counting_times(name: str, rounds: int) -> None:
    """A table: `layer_costs` beside torchinfo and torch's own counter on one network."""
    import torchinfo

    net, pixels = MODELS[name]().eval(), CATALOGUE[name].pixels
    shape = (1, 3, pixels, pixels)

    with torch.device("meta"):
        twin = MODELS[name]().eval()

    def flops(network: nn.Module, device: str) -> None:
        with FlopCounterMode(display=False):
            network(torch.empty(shape, device=device))

    calls = {
        "`cost.layer_costs`": lambda: layer_costs(net, shape),
        "`torchinfo.summary`": lambda: torchinfo.summary(net, shape, verbose=0),
        "`FlopCounterMode`, a real run": lambda: flops(net, "cpu"),
        "`FlopCounterMode`, built on the meta device": lambda: flops(twin, "meta"),
    }
    taken = turns(calls, rounds)
    print(f"\n| counting {name} | ms | as many times ours (middle half) |\n| :-- | --: | --: |")
    for call, times in taken.items():
        print(f"| {call} | {spread(times)} | {ratios(times, taken['`cost.layer_costs`'])} |")


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, help="turns of each pair (at least 3)")
    parser.add_argument("--only", default="", help="networks whose name holds this")
    parser.add_argument("--largest", default=LARGEST, choices=list(MODELS), help="the network to count")
    chosen = parser.parse_args(arguments)
    names = [name for name in PEERS if chosen.only in name]
    if chosen.rounds < 3 or not names:
        sys.exit(f"at least 3 rounds and a name that is in {', '.join(PEERS)}; got {chosen.rounds}, {chosen.only!r}")
    torch.set_num_threads(1)
    print(f"{machine()}; one image, {chosen.rounds} turns: median (middle half)\n")
    with torch.inference_mode():
        medians = forward_times(names, chosen.rounds)
    mean = math.prod(medians) ** (1 / len(medians))
    print(f"\nGeometric mean of the {len(medians)} ratios, ours to pytorchcv's: {mean:.3f}")
    counting_times(chosen.largest, chosen.rounds)


if __name__ == "__main__":
    main()
