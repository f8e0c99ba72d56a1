"""What the figure of a block must say, reckoned in Python."""

from decimal import ROUND_HALF_UP, Context, Decimal

from lightnets_edu.widgets.block_anatomy.flow import KINDS, Anatomy, forks

DIFFERS = "Measured, not the formula: "


def sentence(differs: bool, anatomy: Anatomy, layer: int) -> str:
    """What the block costs, where it is widest, and what the layer picked does."""
    params, macs, row = sum(r.params for r in anatomy.rows), sum(r.macs for r in anatomy.rows), anatomy.rows[layer]
    shares = ", ".join(f"{kind} {percent(part, macs)}" for kind, part in shares_of(anatomy).items())
    c, where = widest(anatomy)
    return (
        f"{DIFFERS if differs else ''}{params:,} parameters and {macs:,} multiply-adds, of these {shares}. "
        f"Widest {where}: {c} channels. {row.text[0]}: {row.text[1]}. {row.c_in} → {row.c_out} channels, "
        f"{times(row.size)}. {row.params:,} parameters, {row.macs:,} multiply-adds: {percent(row.params, params)} and "
        f"{percent(row.macs, macs)} of the block."
    )


def shares_of(anatomy: Anatomy) -> dict[str, int]:
    """The multiply-adds of each kind of layer that has any."""
    kinds = {row.kind for row in anatomy.rows if row.macs}
    return {KINDS[kind]: sum(row.macs for row in anatomy.rows if row.kind == kind) for kind in sorted(kinds)}


def widest(anatomy: Anatomy) -> tuple[int, str]:
    """The most channels of any map, and the first place that has them."""
    met = [(anatomy.ends[0], "at the input"), *((row.c_out, f"after {row.text[0]}") for row in anatomy.rows)]
    return max([*met, *((fork[2], f"after {fork[0]}") for fork in forks(anatomy.flow))], key=lambda place: place[0])


def percent(part: int, of: int) -> str:
    """A share to three digits: "84.2%"."""
    exact = Decimal(100 * part / (of or 1))
    return f"{Context(prec=3, rounding=ROUND_HALF_UP).plus(exact).normalize():f}%"


def times(size: int | str) -> str:
    """28 and "28×28" are both 28×28."""
    return f"{size}×{size}" if isinstance(size, int) else size
