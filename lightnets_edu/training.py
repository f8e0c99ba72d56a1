"""Training that a chapter can afford, and honest about chance: the same network from several seeds.

`fit` is the loop, `repeat` runs it for several seeds and gives the mean and the range; `verdict.paired` judges two of
them. The recipe is reported in ShuffleNet V1, §4: stochastic gradient descent, weight decay 4e-5, a learning rate that
falls linearly to 0. Momentum, 0.9, is ours. All of it takes one thread: networks as small as these gain nothing from
more, wait for each other on a busy machine, and end with other digits. So on a CPU a seed gives the same losses to the
last bit, whatever the threads.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lightnets_edu.data import Images
from lightnets_edu.progress import bar
from lightnets_edu.threads import one_thread

MOMENTUM = 0.9
WEIGHT_DECAY = 4e-5
FULL = "LIGHTNETS_EDU_FULL"  # the environment variable that asks for all seeds


class Run(NamedTuple):
    """One training. `accuracy` on the test images, 0 to 1; `losses`: mean of each epoch, in nats; `seconds`."""

    accuracy: float
    losses: tuple[float, ...]
    seconds: float


class Spread(NamedTuple):
    """Test accuracies over several seeds: mean, lowest, highest, and the runs themselves in the order of the seeds."""

    mean: float
    low: float
    high: float
    runs: tuple[Run, ...]

    @property
    def accuracies(self) -> list[float]:
        """Test accuracies, 0 to 1, in the order of the seeds."""
        return [run.accuracy for run in self.runs]

    def __str__(self) -> str:
        return f"{self.mean:.1%} ({self.low:.1%} to {self.high:.1%})"


def fit(
    model: nn.Module,
    train: Images,
    test: Images,
    epochs: int = 10,
    batch: int = 64,
    lr: float = 0.1,
    seed: int = 0,
    progress: bool | None = None,
) -> Run:
    """Train `model` where it stands, in place, on `train`; then ask it for the classes of `test`.

    The model maps (N, channels, H, W) to one score for each class, (N, classes). Each epoch mixes the images anew and
    leaves out what does not fill a batch. `seed` decides the order, and dropout; the weights are the model's own.
    Afterwards the model is in evaluation mode. It takes one thread; the caller's are back at the end. `progress` None:
    a bar where somebody may watch, in a notebook or a terminal; True and False: always, never.
    ValueError for what cannot be trained, labels without a score, and a loss that is no longer a number.
    """
    parameters = _trainable(model)
    _check_data(train, test)
    _check_numbers(epochs, batch, lr)
    started = time.perf_counter()
    batches = max(1, len(train) // batch)
    optimiser = torch.optim.SGD(parameters, lr, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    falling = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=epochs * batches)
    device, losses = parameters[0].device, []
    with one_thread(), _seeded(seed, device), torch.enable_grad():
        for epoch in bar(range(epochs), "training", "epoch", progress):
            model.train()
            order, summed = torch.randperm(len(train)), 0.0
            for i in range(batches):
                chosen = order[i * batch : (i + 1) * batch]
                x, y = train.x[chosen].to(device), train.y[chosen].to(device)
                loss = cross_entropy(_scores(model, x, y), y)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                falling.step()
                summed += loss.item()
            losses.append(summed / batches)
            if not math.isfinite(losses[-1]):
                raise ValueError(f"the loss is {losses[-1]} in epoch {epoch + 1}: training diverged; try lr below {lr}")
        right = accuracy(model, test)
    return Run(right, tuple(losses), time.perf_counter() - started)


def accuracy(model: nn.Module, images: Images) -> float:
    """Share of `images` whose highest score is that of their class, 0 to 1, found with one thread.

    Leaves the model in evaluation mode.
    """
    device = _trainable(model)[0].device
    model.eval()
    right = 0
    with one_thread(), torch.no_grad():
        for x, y in zip(images.x.split(256), images.y.split(256), strict=True):
            x, y = x.to(device), y.to(device)
            right += int((_scores(model, x, y).argmax(dim=1) == y).sum())
    return right / len(images)


def seeds(few: int, of: int) -> range:
    """The seeds 0, 1, …: `few` of them, so that you need not wait; all `of` where the book's record is made.

    All is what the environment variable LIGHTNETS_EDU_FULL asks for, with any value; `build --measure` sets it.
    ValueError unless 1 ≤ few ≤ of.
    """
    if not (isinstance(few, int) and isinstance(of, int) and 1 <= few <= of):
        raise ValueError(f"seeds takes a few of many, such as seeds(3, of=30), got {few!r} of {of!r}")
    return range(of if os.environ.get(FULL) else few)


def repeat(
    build: Callable[[], nn.Module], train: Images, test: Images, seeds: Iterable[int] = (0, 1, 2), **fit_options: Any
) -> Spread:
    """Train a fresh network, `build()`, for each seed, which decides its weights and the order of its batches.

    All with one thread, `build` too. `fit_options` go to `fit`. ValueError without seeds, or where `build` gives the
    same network twice.
    """
    seeds = tuple(seeds)
    if not seeds:
        raise ValueError("repeat needs at least one seed")
    if not callable(build) or isinstance(build, nn.Module):
        raise ValueError("build must be a function that makes a new network each time, such as lambda: Net(10)")
    runs: list[Run] = []
    models: list[nn.Module] = []
    for seed in seeds:
        with one_thread(), _seeded(seed):
            model = build()
        if any(model is earlier for earlier in models):
            raise ValueError("build gave the same network twice: make a new one inside the function")
        models.append(model)
        runs.append(fit(model, train, test, seed=seed, **fit_options))
    found = [run.accuracy for run in runs]
    return Spread(sum(found) / len(found), min(found), max(found), tuple(runs))


@contextmanager
def _seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Random numbers from `seed` inside, the caller's own afterwards."""
    devices = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def _scores(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The model's scores, or ValueError where they are not one row for each image and one column for each class."""
    scores = model(x)
    if not isinstance(scores, Tensor) or scores.ndim != 2 or len(scores) != len(x):
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise ValueError(f"the model must give scores of shape ({len(x)}, classes), got {got}")
    first, last = int(y.min()), int(y.max())
    if first < 0 or last >= scores.shape[1]:
        raise ValueError(f"the model scores {scores.shape[1]} classes, but the labels go from {first} to {last}")
    return scores


def _trainable(model: nn.Module) -> list[nn.Parameter]:
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(model).__name__}")
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("the model has no parameters to train")
    return parameters


def _check_data(*sets: Images) -> None:
    for name, images in zip(("train", "test"), sets, strict=True):
        if not isinstance(images, Images):
            raise ValueError(f"{name} must be Images(x, y), got {type(images).__name__}")
        if not len(images):
            raise ValueError(f"{name} holds no images")


def _check_numbers(epochs: int, batch: int, lr: float) -> None:
    for name, value in [("epochs", epochs), ("batch", batch)]:
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive whole number, got {value!r}")
    if not (isinstance(lr, int | float) and 0 < lr < float("inf")):
        raise ValueError(f"lr must be a positive number, got {lr!r}")
