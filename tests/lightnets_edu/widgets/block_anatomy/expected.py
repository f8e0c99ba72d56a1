"""What the figure of blocks must say, reckoned in Python."""

from decimal import ROUND_HALF_UP, Context, Decimal

from lightnets_edu.widgets.block_anatomy.flow import Anatomy, costs

DIFFERS = ": measured, not the formula"
BELOW = " Below a box: multiply-adds."


def sentence(anatomy: Anatomy, layer: int) -> str:
    """What a layer is, and what it costs."""
    (params, macs), row = costs(anatomy), anatomy.rows[layer]
    return (
        f"{row.text[0]}: {row.text[1]}. {row.c_in} → {row.c_out} channels, {times(row.size)}. {row.params:,} parameters "
        f"({percent(row.params, params)}), {row.macs:,} multiply-adds ({percent(row.macs, macs)})."
    )


def percent(part: int, of: int) -> str:
    """A share to three digits: "84.2%"."""
    exact = Decimal(100 * part / (of or 1))
    return f"{Context(prec=3, rounding=ROUND_HALF_UP).plus(exact).normalize():f}%"


def short(n: int) -> str:
    """Three digits: "25.7 M"."""
    if n < 1000:
        return str(n)
    exact = Context(prec=3, rounding=ROUND_HALF_UP).plus(Decimal(n))
    power = exact.adjusted() // 3
    return f"{exact.scaleb(-3 * power):.{2 - exact.adjusted() % 3}f} {'kMG'[power - 1]}"


def times(size: int | str) -> str:
    """28 and "28×28" are both 28×28."""
    return f"{size}×{size}" if isinstance(size, int) else size
