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
POINTS, BETWEEN = 49, 10    # points drawn, and steps from one to the next on the curve that is measured
START = math.pi / 24        # the spiral's first angle: no point drawn lies where two hundredths of T could cancel out
DRAWS = range(1, 65)        # of the matrix T: seeds 0 to 63
LINES = 5                   # rows of T that a reader can turn: the first
DEAD, FLATTENED, DECODABLE = "0", "1", "2"

Activation = Callable[[Tensor], Tensor]


class Trip(NamedTuple):
    """What one matrix and an activation do to the spiral.

    `decoded` and `errors` by decoder: (POINTS, 2), and the root-mean-square distance between decoded and true points of
    the whole curve, as a share of the same for its mean. `fates` has a letter for each point: DEAD, all coordinates
    zero; DECODABLE, the Jacobian has rank 2; else FLATTENED.
    """

    decoded: dict[str, Tensor]
    errors: dict[str, float]
    fates: str


@contextlib.contextmanager
def measuring() -> Iterator[None]:
    """Gradients, whatever the caller has switched off; and one thread, for the matrices are small."""
    with one_thread(), torch.inference_mode(False), torch.enable_grad():
        yield


def spiral(bent: Sequence[int] = ()) -> Tensor:
    """The curve that is measured; every BETWEEN-th of its points is drawn. (POINTS, 2) with steps between.

    `bent`: how far each point drawn was pulled, x and y, in hundredths; what lies between goes along in proportion.
    """
    f = torch.linspace(0, 1, (POINTS - 1) * BETWEEN + 1, dtype=torch.float64)
    angle = 4 * math.pi * f + START
    curve = (0.1 + 0.9 * f)[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    if any(bent):
        pulled = torch.tensor(bent, dtype=torch.float64).view(1, POINTS, 2).mT / 100
        curve += nn.functional.interpolate(pulled, len(f), mode="linear", align_corners=True)[0].T
    return curve


def matrix(n: int, draw: int, turned: Sequence[int] = ()) -> Tensor:
    """T, (n, 2), standard normal in hundredths: the first n of the draw's rows, so that wider embeddings keep the
    narrower ones'; the first LINES of them `turned` by so many degrees."""
    generator = torch.Generator().manual_seed(draw - 1)
    t = torch.randn(DIMENSIONS[-1], 2, dtype=torch.float64, generator=generator).mul(100).round().div(100)
    t = t + 0    # no minus before zero
    if any(turned):
        by = torch.tensor([*turned, *[0] * (len(t) - len(turned))], dtype=torch.float64).deg2rad()
        cos, sin = by.cos(), by.sin()
        t = torch.stack([cos * t[:, 0] - sin * t[:, 1], sin * t[:, 0] + cos * t[:, 1]], 1)
    return t[:n]


def hundredths(draw: int) -> list[int]:
    """A draw's matrix, row by row."""
    numbers: list[int] = matrix(DIMENSIONS[-1], draw).mul(100).round().long().flatten().tolist()
    return numbers


def spaced(n: int) -> list[int]:
    """By how many degrees the first draw's lines are to be turned, to stand a circle's nth part from each other."""
    angles = torch.atan2(*matrix(n, 1).T.flip(0)).rad2deg()
    wanted = angles[0] + 360 / n * torch.arange(n)
    turned = (wanted - angles).round().add(180).remainder(360).sub(180)
    return [*turned.long().tolist(), *[0] * (LINES - n)]


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
    with_one = torch.cat([torch.ones(len(y), 1, dtype=y.dtype), y], 1)
    affine = with_one @ torch.linalg.lstsq(with_one, x, driver="gelsd").solution
    return dict(zip(DECODERS, (affine, y @ torch.linalg.pinv(t, rtol=1e-6).T), strict=True))


def trip(activation: Activation, n: int, draw: int, turned: Sequence[int] = (), bent: Sequence[int] = ()) -> Trip:
    """The whole way for the first n rows of a draw's matrix."""
    x, t = spiral(bent), matrix(n, draw, turned)
    decoded = decode(image(activation, x @ t.T).detach(), x, t)
    _, fates = sent(activation, x[::BETWEEN], t)
    spread = (x - x.mean(0)).norm()
    errors = {decoder: float((back - x).norm() / spread) for decoder, back in decoded.items()}
    return Trip({decoder: back[::BETWEEN] for decoder, back in decoded.items()}, errors, fates)


class Many(NamedTuple):
    """What all DRAWS do: lines of `averages`; `errors` by n, in thousandths, for both decoders."""

    averages: list[list[float]]
    errors: dict[str, list[list[int]]]


def many_draws(activation: Activation) -> Many:
    """Each line of the averages has n; mean and standard deviation of the best affine decoder's error; the inverse's
    error at one tenth, the median and nine tenths of the draws; the mean shares of decodable and dead points."""
    lines, errors = [], {}
    for n in DIMENSIONS:
        trips = [trip(activation, n, draw) for draw in DRAWS]
        affine, inverse = (torch.tensor([way.errors[d] for way in trips], dtype=torch.float64) for d in DECODERS)
        spread = inverse.quantile(torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)).tolist()
        shares = [sum(way.fates.count(fate) for way in trips) / POINTS / len(DRAWS) for fate in (DECODABLE, DEAD)]
        lines.append([n, *(round(v, 6) for v in (affine.mean().item(), affine.std().item(), *spread, *shares))])
        errors[str(n)] = [own.mul(1000).round().long().tolist() for own in (affine, inverse)]
    return Many(lines, errors)


def rounded(points: Tensor) -> list[list[float]]:
    """Points, each x and y to thousandths."""
    found: list[list[float]] = (1000 * points).round().div(1000).tolist()
    return found
