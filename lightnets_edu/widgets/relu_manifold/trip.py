"""A spiral sent into n dimensions, through an activation, and back to the plane: measured with PyTorch in float64."""

import contextlib
import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightnets_edu.threads import one_thread

DIMENSIONS = (2, 3, 5, 15, 30)  # Figure 1 of Sandler et al. (2018)
DECODERS = ("best affine", "inverse of T")
POINTS, BETWEEN = 49, 20        # points drawn, and steps from one to the next on the curve that is measured
SEEDS = (0, 1, 2, 5)            # the first whose rows 1 and 2 lie 40° or more apart: T has a sane inverse at n = 2
MANY = range(100)               # the seeds of the averages
DEAD, FLATTENED, DECODABLE = "0", "1", "2"

Activation = Callable[[Tensor], Tensor]


class Trip(NamedTuple):
    """What one matrix and an activation do to the spiral.

    `decoded` and `errors` by decoder: (POINTS, 2), and the root-mean-square distance between decoded and true points of
    the whole curve, as a share of the same for its mean. `kept` (POINTS, n): the coordinates that are not zero. `fates`
    has a letter for each point: DEAD, all coordinates zero; DECODABLE, the Jacobian has rank 2; else FLATTENED.
    """

    decoded: dict[str, Tensor]
    errors: dict[str, float]
    kept: Tensor
    fates: str


@contextlib.contextmanager
def measuring() -> Iterator[None]:
    """Gradients, whatever the caller has switched off; and one thread, for the matrices are small."""
    with one_thread(), torch.inference_mode(False), torch.enable_grad():
        yield


def spiral() -> Tensor:
    """The curve that is measured; every BETWEEN-th of its points is drawn. (POINTS, 2) with steps between."""
    f = torch.linspace(0, 1, (POINTS - 1) * BETWEEN + 1, dtype=torch.float64)
    return (0.1 + 0.9 * f)[:, None] * torch.stack([torch.cos(4 * math.pi * f), torch.sin(4 * math.pi * f)], 1)


def matrix(n: int, seed: int) -> Tensor:
    """T, (n, 2), standard normal: the first n of the seed's rows, so that wider embeddings keep the narrower ones'."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(DIMENSIONS[-1], 2, dtype=torch.float64, generator=generator)[:n]


def ready(source: object) -> Activation:
    """A module as a copy in float64 that neither trains nor changes, a function as it is; ValueError for else."""
    if isinstance(source, nn.Module):
        return copy.deepcopy(source).double().eval()
    if callable(source) and not isinstance(source, type):
        return source
    got = f"the class {source.__name__}" if isinstance(source, type) else type(source).__name__
    raise ValueError(f"expected an activation, such as nn.ReLU6() or torch.relu; got {got}")


def image(activation: Activation, z: Tensor) -> Tensor:
    """activation(z); ValueError where it stops, changes the shape or gives what is not a number."""
    try:
        y = activation(z.clone())
    except Exception as error:
        raise ValueError(f"the activation must take numbers of shape {tuple(z.shape)}; it stopped: {error}") from error
    if not isinstance(y, Tensor) or y.shape != z.shape:
        got = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"the activation must keep the shape {tuple(z.shape)}, got {got}")
    if not y.isfinite().all():
        raise ValueError(f"the activation must give finite numbers, got {y[~y.isfinite()][0].item()}")
    return y.double()


def sent(activation: Activation, x: Tensor, t: Tensor) -> tuple[Tensor, str]:
    """Points (P, 2) through T and the activation: (P, n), and their fates."""
    x = x.detach().requires_grad_()
    y = image(activation, x @ t.T)
    rows = [torch.zeros_like(x)] * len(t)
    if y.requires_grad:
        found = (torch.autograd.grad(y[:, k].sum(), x, retain_graph=True, allow_unused=True)[0] for k in range(len(t)))
        rows = [torch.zeros_like(x) if row is None else row for row in found]
    full = torch.linalg.matrix_rank(torch.stack(rows, 1), rtol=1e-9) == 2    # of the Jacobian, (P, n, 2)
    y = y.detach()
    dead = (y == 0).all(1)
    fates = (DEAD if d else DECODABLE if f else FLATTENED for d, f in zip(dead.tolist(), full.tolist(), strict=True))
    return y, "".join(fates)


def decode(y: Tensor, x: Tensor, t: Tensor) -> dict[str, Tensor]:
    """Back to the plane, (P, n) -> (P, 2): by the affine map with least squared error on these points, and by T's
    (pseudo-)inverse, as in the paper's figure."""
    with_one = torch.cat([y, torch.ones(len(y), 1, dtype=y.dtype)], 1)
    affine = with_one @ torch.linalg.lstsq(with_one, x, driver="gelsd").solution
    return dict(zip(DECODERS, (affine, y @ torch.linalg.pinv(t).T), strict=True))


def trip(activation: Activation, n: int, seed: int) -> Trip:
    """The whole way for the first n rows of a seed's matrix."""
    x, t = spiral(), matrix(n, seed)
    decoded = decode(image(activation, x @ t.T).detach(), x, t)
    y, fates = sent(activation, x[::BETWEEN], t)
    spread = (x - x.mean(0)).norm()
    errors = {decoder: float((back - x).norm() / spread) for decoder, back in decoded.items()}
    drawn = {decoder: back[::BETWEEN] for decoder, back in decoded.items()}
    return Trip(drawn, errors, y != 0, fates)


def sectors(activation: Activation, n: int, seed: int) -> list[tuple[float, float, str]]:
    """The sectors of the plane that get lost: from and to in degrees, counter-clockwise, and the fate of their points.

    Between two directions at right angles to rows of T, ReLU treats all points alike. An activation whose fates do not
    follow the direction alone has none.
    """
    t, x = matrix(n, seed), spiral()[::4]
    across = torch.atan2(t[:, 0], -t[:, 1])
    edges = torch.cat([across, across + math.pi]).remainder(2 * math.pi).sort().values
    edges = torch.cat([edges, edges[:1] + 2 * math.pi])
    middle = (edges[1:] + edges[:-1]) / 2
    ways = torch.stack([torch.cos(middle), torch.sin(middle)], 1)
    fates = {sent(activation, r * ways, t)[1] for r in (0.01, 0.1, 0.5, 1.0)}
    (first, *others) = fates
    if others or set(first) == {DECODABLE}:
        return []
    angle = torch.atan2(x[:, 1], x[:, 0])
    own = torch.searchsorted(edges, edges[0] + (angle - edges[0]).remainder(2 * math.pi), right=True) - 1
    if sent(activation, x, t)[1] != "".join(first[i] for i in own.tolist()):
        return []
    found: list[tuple[float, float, str]] = []
    for start, end, fate in zip(edges[:-1].rad2deg().tolist(), edges[1:].rad2deg().tolist(), first, strict=True):
        if found and found[-1][1:] == (start, fate):
            start = found.pop()[0]
        found.append((start, end, fate))
    return [(round(a, 1), round(b, 1), fate) for a, b, fate in found if fate != DECODABLE]


def averages(activation: Activation) -> list[list[float]]:
    """For each n over MANY seeds: n; mean and standard deviation of the best affine decoder's error; the inverse's
    error at one tenth, the median and nine tenths of the seeds; the mean shares of decodable and dead points."""
    lines = []
    for n in DIMENSIONS:
        trips = [trip(activation, n, seed) for seed in MANY]
        affine, inverse = (torch.tensor([way.errors[d] for way in trips], dtype=torch.float64) for d in DECODERS)
        spread = inverse.quantile(torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)).tolist()
        shares = [sum(way.fates.count(fate) for way in trips) / POINTS / len(MANY) for fate in (DECODABLE, DEAD)]
        lines.append([n, *(round(v, 6) for v in (affine.mean().item(), affine.std().item(), *spread, *shares))])
    return lines


def path(points: Tensor) -> str:
    """Points as a text of whole thousandths, x y x y."""
    return " ".join(str(v) for v in (1000 * points).round().long().flatten().tolist())


def packed(kept: Tensor) -> str:
    """Each point's bits in base 32, the first coordinate lowest, five a digit, the lowest digit first."""
    rows: list[Sequence[bool]] = kept.tolist()
    cut = [row[k : k + 5] for row in rows for k in range(0, len(row), 5)]
    return "".join("0123456789abcdefghijklmnopqrstuv"[sum(bit << k for k, bit in enumerate(five))] for five in cut)
