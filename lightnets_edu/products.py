"""How many multiply-adds one operator of torch does: torch's own formulas, those it lacks, and products spelled out.

None stands for a number that nobody knows: for operators from elsewhere, and for names that say that they multiply.
"""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Tensor
from torch.utils.flop_counter import flop_registry

from lightnets_edu.borrowed import Loan, storage, tensors

OWN = {"aten", "prim", "prims", "profiler"}    # torch's own operators; its quantised ones have no formulas
MULTIPLY = re.compile(
    r"(mm|mv|dot|addr|kron|[cp]dist|bilinear|trilinear)(_|$)|conv(?!ert)|linear|attention|rnn|_lstm|_gru|linalg_|fft"
    r"|(?<!re)solve|chol|svd|(^|_)(ge)?qr|eig(?!ht)|(?<!slice_)inverse|matrix|(^|_)lu_|orm[ql]|transformer|quantized"
)
HARMLESS = re.compile(r"thnn_fused|upsample|grid_sampler|norm")
# operators, by name, that multiply and that torch's counter passes over
FORMULAS: dict[str, Callable[..., int]] = {
    "mv": lambda a, v: a.numel(),
    "addmv": lambda start, a, v, **_: a.numel(),
    "dot": lambda a, b: a.numel(),
    "vdot": lambda a, b: a.numel(),
    "addr": lambda start, a, b, **_: a.numel() * b.numel(),
    "addbmm": lambda start, a, b, **_: a.numel() * b.shape[2],
    "_int_mm": lambda a, b: a.numel() * b.shape[1],
    "conv_tbc": lambda x, w, bias, pad=0: (x.shape[0] + 2 * pad - w.shape[0] + 1) * x.shape[1] * w.numel(),
    # nn.Bilinear: for each output, the matrix times one input, and that times the other
    "_trilinear": lambda x, w, y, *_: x.numel() // w.shape[1] * w.shape[0] * w.shape[1] * (w.shape[2] + 1),
}


@cache
def _multiplies(name: str) -> bool:
    return bool(MULTIPLY.search(name)) and not HARMLESS.search(name)


@cache
def name_of(op: Any) -> str:
    """`aten.mv`, as one looks it up."""
    return str(getattr(op, "_overloadpacket", op))


def multiply_adds(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> int | None:
    """Those of one call of an operator; None where they cannot be known."""
    if formula := flop_registry.get(getattr(op, "_overloadpacket", op)):
        return int(formula(*args, **kwargs, out_val=result)) // 2
    place, _, name = name_of(op).rpartition(".")
    if place.split(".")[-1] not in OWN:
        return None
    if name.rstrip("_") in FORMULAS:
        return FORMULAS[name.rstrip("_")](*args, **kwargs)
    return None if _multiplies(name) else 0


LINEAR = {f"aten.{name}" for name in ("clone", "_to_copy", "neg", "add", "sub", "rsub", "mul", "div")}


class SpelledOut:
    """Sees sums of products that are written as `(a * b).sum(1)` or `a[0] * b[0] + a[1] * b[1]`.

    A product of two tensors that both vary along an axis, summed along it, is a matrix product; where one of them is
    the same all along, as in squeeze-excite, it is a scaling. A mean is a pool, and a tensor times itself a square.
    """

    def __init__(self, loan: Loan):
        self.loan = loan
        self.axes: dict[int, list[tuple[int, int]]] = {}    # storage of a product: stride and size where both vary
        self.factors: dict[int, frozenset[int]] = {}        # storage of a product: those of what was multiplied
        self.kept: list[Any] = []

    def sums(self, op: Any, args: tuple[Any, ...], result: Any) -> int:
        """Multiply-adds that end with this operator; it may be one that multiplies, or hands products on."""
        name = name_of(op).rstrip("_")
        if name == "aten.sum":
            return self._summed(*args)
        if name in ("aten.cat", "aten.stack"):
            return self._joined(result, *args)
        if name == "aten.addcmul":
            return self._added_product(args, result)
        if name not in LINEAR:
            return 0
        given = tensors(args)
        same = self._same_factors(given) if name in ("aten.add", "aten.sub") else 0
        for t in given:
            if storage(t) in self.axes and t.shape == result.shape:
                self._note(result, [d for d in range(t.ndim) if self._varies(t, d)], self.factors[storage(t)])
        if name == "aten.mul" and len(given) == 2:
            self._product(given[0], given[1], result)
        return same

    def _note(self, product: Tensor, axes: list[int], factors: frozenset[int]) -> None:
        found = self.axes.setdefault(storage(product), [])
        found += [(product.stride(d), product.shape[d]) for d in axes]
        self.factors[storage(product)] = factors
        self.kept.append(product)

    def _product(self, a: Tensor, b: Tensor, result: Tensor) -> None:
        bases = self.loan.base(a), self.loan.base(b)
        if bases[0] == bases[1] and (a.storage_offset(), a.stride()) == (b.storage_offset(), b.stride()):
            return
        both = [d for d in range(-min(a.ndim, b.ndim), 0) if a.shape[d] > 1 and b.shape[d] > 1]
        self._note(result, [d % result.ndim for d in both], frozenset(bases))

    def _varies(self, t: Tensor, axis: int) -> bool:
        """Did both factors vary along this axis of a view of their product?"""
        stride, size = t.stride(axis), t.shape[axis]
        return size > 1 and any(stride < s * n and s < stride * size for s, n in self.axes[storage(t)])

    def _summed(self, x: Tensor, axes: Any = None, *_: Any) -> int:
        if storage(x) not in self.axes:
            return 0
        chosen = axes or range(x.ndim)
        return x.numel() if any(self._varies(x, d % x.ndim) for d in chosen) else 0

    def _same_factors(self, given: list[Tensor]) -> int:
        """Two parts of one pair of tensors, multiplied, and added up."""
        met = [self.factors.get(storage(t)) for t in given]
        return given[0].numel() if len(met) == 2 and met[0] is not None and met[0] == met[1] else 0

    def _joined(self, result: Tensor, parts: list[Tensor], axis: int = 0) -> int:
        met = {self.factors.get(storage(t)) for t in parts}
        if len(parts) > 1 and len(met) == 1 and (factors := met.pop()) is not None:
            self._note(result, [axis % result.ndim], factors)
        return 0

    def _added_product(self, args: tuple[Any, ...], result: Tensor) -> int:
        start, a, b = args[:3]
        again = self.factors.get(storage(start)) == frozenset((self.loan.base(a), self.loan.base(b)))
        self._product(a, b, result)
        return math.prod(result.shape) if again else 0
