"""What the figure of a convolution's connections must say, reckoned in Python."""

from math import gcd
from typing import TYPE_CHECKING

from lightnets_edu.widgets.conv_connectivity.masks import AREA
from lightnets_edu.widgets.conv_connectivity.module import words

if TYPE_CHECKING:
    from lightnets_edu.widgets.conv_connectivity import ConvConnectivity


def share(part: int, all_: int) -> str:
    """A fraction in lowest terms: "1/4"."""
    by = gcd(part, all_)
    return f"{part // by}{f'/{all_ // by}' if all_ > by else ''}"


def numbers(widget: "ConvConnectivity") -> list[tuple[str, ...]]:
    """Head and rows: the exact numbers beside those of a standard convolution, where it is not one itself."""
    here, mine, full = widget.reading(), widget.numbers(), widget.standard()
    by, joined = f"{mine.positions} × {mine.channels}", "Pairs joined by both steps" if here["steps"] else "Connections"
    rows: list[tuple[str, ...]] = [
        ("number", widget.measured["name"] if widget.measured else words(widget.plan()), here["beside"]),
        ("Density in space", f"{mine.positions}/{AREA}", f"{full.positions}/{AREA}"),
        ("Density in channels", share(mine.pairs, full.pairs), "1"),
        (
            f"Output {widget.output} reads, positions × channels",
            f"{by} = {mine.fan_in}" if mine.fan_in == mine.positions * mine.channels else f"{mine.fan_in} of {by}",
            f"{full.positions} × {full.channels} = {full.fan_in}",
        ),
        (f"{joined}, all outputs at this position", f"{mine.edges:,}", f"{full.edges:,}"),
        ("Parameters", here["spent"], f"{full.params:,}"),
    ]
    return [row[:2] for row in rows] if widget.kind == "standard" and not widget.measured else rows


def sentence(widget: "ConvConnectivity") -> str:
    """What the picture shows, in words and numbers."""
    rows, beside = numbers(widget)[3:], widget.reading()["beside"]
    said = [f"{what}: {mine}{''.join(f' ({beside}: {value})' for value in full)}." for what, mine, *full in rows]
    if unread := len(widget.reading()["unread"]):
        said.append(f"{unread} of {AREA} positions are never read.")
    return " ".join([widget.measured.get("unlike", ""), *said]).strip()
