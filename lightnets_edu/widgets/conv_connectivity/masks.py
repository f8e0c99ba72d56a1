"""What each output of a convolution reads, asked of real modules: the support of gradients, channels and positions."""

import copy
import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from lightnets_edu.threads import one_thread

SIDE = 7                                   # of the input map
AREA = SIDE * SIDE
MOST = 16
WIDTHS = (2, 4, 6, 8, 12, 16)
KERNELS = (1, 3, 5)
STRIDES = (1, 2)
KINDS = ("standard", "grouped", "depthwise", "pointwise", "separable", "shuffled")
GROUPED = ("grouped", "shuffled")          # kinds that the number of groups means something to


class Plan(NamedTuple):
    """A convolution, or two, of the kinds on offer."""

    kind: str
    c_in: int
    c_out: int
    kernel: int
    groups: int
    stride: int


class Masks(NamedTuple):
    """Who has a gradient from whom: truth values (c_out, positions asked about, c_in, positions of the input).

    `whole` goes from the input to the output. `steps` are the two convolutions that it passes, if it passes two.
    `sizes` are the maps' heights and widths: input, between the steps, output. `read` (49) is what any output reads.
    """

    whole: Tensor
    steps: tuple[tuple[nn.Conv2d, Tensor], ...]
    sizes: tuple[tuple[int, int], ...]
    read: Tensor


class Shuffle(nn.Module):
    """The paper's channel shuffle as a layer."""

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        from lightnets_edu.models.shufflenet_v1 import channel_shuffle

        return channel_shuffle(x, self.groups)


def build(plan: Plan) -> nn.Module:
    """The convolution of a plan, without bias, padded to keep the size of a map at stride 1."""
    kind, c_in, c_out, kernel, groups, stride = plan

    def conv(c_to: int, size: int, step: int, g: int) -> nn.Conv2d:
        return nn.Conv2d(c_in, c_to, size, step, size // 2, groups=g, bias=False)

    if kind == "separable":
        return nn.Sequential(conv(c_in, kernel, stride, c_in), conv(c_out, 1, 1, 1))
    if kind == "shuffled":
        return nn.Sequential(conv(c_in, kernel, stride, groups), Shuffle(groups), conv(c_out, 1, 1, groups))
    return conv(c_out, kernel, stride, {"grouped": groups, "depthwise": c_in}.get(kind, 1))


def positive(module: nn.Module) -> nn.Module:
    """A copy whose every parameter is above zero, so that no two paths cancel; norms only scale."""
    twin = copy.deepcopy(module).double().cpu().eval()
    for part in twin.modules():
        if isinstance(part, _NormBase):
            part.reset_running_stats()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.fill_(0.5 if parameter.ndim < 2 else 1 / parameter[0].numel())
    return twin


def joints(twin: nn.Module, x: Tensor) -> tuple[list[Tensor], list[nn.Conv2d]]:
    """The input, what the first of two convolutions gives if there are two, and the output; and those two.

    ValueError for what is no map, and for one that the figure cannot show.
    """
    seen: list[tuple[nn.Conv2d, Tensor]] = []
    convolutions = [part for part in twin.modules() if isinstance(part, nn.Conv2d)]
    hooks = [part.register_forward_hook(lambda conv, _, y: seen.append((conv, y))) for part in convolutions]
    try:
        y = twin(x)
    except Exception as error:
        raise ValueError(f"{type(twin).__name__} cannot take maps of shape {tuple(x.shape)}: {error}") from error
    finally:
        for hook in hooks:
            hook.remove()
    if not isinstance(y, Tensor) or y.ndim != 4 or len(y) != 1:
        got = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"expected a module that gives a map (1, c_out, h, w), got {got}")
    if max(y.shape[2:]) > SIDE:
        raise ValueError(f"the figure shows output maps of at most {SIDE} × {SIDE}, got {y.shape[2]} × {y.shape[3]}")
    if y.shape[1] > MOST:
        raise ValueError(f"the figure shows at most {MOST} channels; the module gives {y.shape[1]}")
    if not y.requires_grad:
        raise ValueError(f"the output of {type(twin).__name__} has no gradient; it must come from its input")
    if len(seen) == 2 and (mid := seen[0][1]).ndim == 4 and mid.shape[1] <= MOST and max(mid.shape[2:]) <= SIDE:
        return [x, mid, y], [conv for conv, _ in seen]
    return [x, y], []


def slopes(y: Tensor, x: Tensor, at: int | None) -> Tensor:
    """The gradients of all channels of `y`, (c_out, positions, c_in, positions in): at one position or at all."""
    (c_out, *_out), (c_in, *size) = y.shape[1:], x.shape[1:]
    asked = torch.arange(y.numel()).reshape(c_out, -1)[:, slice(None) if at is None else [at]]
    each = nn.functional.one_hot(asked.flatten(), y.numel()).to(y).reshape(-1, *y.shape)
    (found,) = torch.autograd.grad(y, x, each, retain_graph=True, is_grads_batched=True, allow_unused=True)
    shape = (*asked.shape, c_in, math.prod(size))
    return torch.zeros(shape) if found is None else found.reshape(shape)


def between(maps: list[Tensor], at: int | None) -> list[Tensor]:
    """The gradients from input to output; then, if there are two steps, those of each.

    Asked at one position, the first step answers for the middle of what the second reads there.
    """
    whole = slopes(maps[-1], maps[0], at)
    if len(maps) == 2:
        return [whole]
    second = slopes(maps[2], maps[1], at)
    here = second.any(2).any(0)[0].nonzero().flatten().tolist()
    return [whole, slopes(maps[1], maps[0], None if at is None or not here else here[len(here) // 2]), second]


def measure(module: nn.Module, c_in: int, at: int | None = None, linear: bool = False) -> Masks:
    """Who reads whom through `module`, whatever its weights: at one position of its output map, or at all of them.

    Where gradients differ from input to input, as those of a maximum do, every position in turn is made the largest.
    """
    with one_thread():
        return _measured(positive(module), c_in, at, linear)


def _measured(twin: nn.Module, c_in: int, at: int | None, linear: bool) -> Masks:
    dice = torch.Generator().manual_seed(0)

    def ask(raised: int | None = None) -> tuple[list[Tensor], list[nn.Conv2d], list[Tensor]]:
        x = 0.5 + 0.5 * torch.rand(1, c_in, AREA, generator=dice, dtype=torch.float64)
        if raised is not None:
            x[..., raised] += 1
        with torch.inference_mode(False), torch.enable_grad():
            maps, parts = joints(twin, x.reshape(1, c_in, SIDE, SIDE).clone().requires_grad_())
            return maps, parts, [*between(maps, at), slopes(maps[-1].sum((1, 2, 3), keepdim=True), maps[0], None)]

    maps, parts, found = ask()
    masks = [part != 0 for part in found]
    if not linear and not all(map(torch.allclose, found, ask()[2])):
        for position in range(AREA):
            masks = [mask | (part != 0) for mask, part in zip(masks, ask(position)[2], strict=True)]
    whole, *steps, read = masks
    sizes = [(one.shape[2], one.shape[3]) for one in maps]
    if steps and not torch.equal(rows(whole), (rows(steps[1]).double() @ rows(steps[0]).double()) > 0):
        steps, sizes = [], [sizes[0], sizes[-1]]    # other ways lead from input to output
    return Masks(whole, tuple(zip(parts, steps, strict=False)), tuple(sizes), read.flatten(0, 2).any(0))


def rows(mask: Tensor) -> Tensor:
    """The channels that each channel reads, (c_out, c_in), at any of the positions asked about."""
    return mask.any(3).any(1)


def divisors(c_in: int, c_out: int) -> list[int]:
    """The numbers of groups that divide both."""
    return [g for g in range(1, min(c_in, c_out) + 1) if c_in % g == c_out % g == 0]
