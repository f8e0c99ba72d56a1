"""What a chapter shows of the package itself: a class as its file has it, rows as a table, plots as vector graphics."""

import base64
import html
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

PAPER = "#fdfcf9"    # the ground of the book's pages in light mode
INKS = ("#0072B2", "#D55E00", "#009E73", "#C0689A")    # for which pages have others in the dark; grey is #595959
ALT = re.compile(r"^#\| fig-alt: >-\n((?:#\| +.*\n)+)")


class Markdown:
    """Text that a notebook renders as Markdown."""

    def __init__(self, text: str):
        self.text = text

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def source(thing: Callable[..., object]) -> Markdown:
    """The source of a function or class of this package, read from its file: what you see is what runs."""
    return Markdown(f"```python\n{textwrap.dedent(inspect.getsource(thing)).rstrip()}\n```")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """Rows under heads; whole numbers get thousands separators. ValueError when a row is ragged."""
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != len(heads):
            raise ValueError(f"a row has {len(row)} entries and the table {len(heads)} columns: {row}")
    number = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(heads))]
    lines = [list(heads), ["--:" if right else ":--" for right in number]]
    lines += [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def vector_plots() -> None:
    """Draw matplotlib figures as SVG with real text, the same bytes every time. Outside a notebook only sets styles.

    Lines take the book's colours in turn. With `cmap="signed"`, and `vmin` the negative of `vmax`, values below zero
    are blue and those above it orange, the stronger the further from it; zero has no colour.

    A cell that begins with `#| fig-alt: >-`, and lines `#|   …` below, says so what its plots show to who cannot see.
    """
    import matplotlib
    from IPython import get_ipython
    from matplotlib.colors import ListedColormap
    from matplotlib.rcsetup import cycler

    if "signed" not in matplotlib.colormaps:
        strong = [i / 127 for i in range(128)]
        signed = [(INKS[0], alpha) for alpha in reversed(strong)] + [(INKS[1], alpha) for alpha in strong]
        matplotlib.colormaps.register(ListedColormap(signed, "signed"))
    matplotlib.rcParams.update({
        "axes.prop_cycle": cycler(color=INKS),
        "svg.fonttype": "none", "svg.hashsalt": "lightnets_edu", "font.size": 11, "axes.spines.top": False,
        "axes.spines.right": False, "figure.constrained_layout.use": True, "legend.frameon": False,
        "figure.facecolor": PAPER, "axes.facecolor": PAPER,
    })
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    set_matplotlib_formats("svg", metadata={"Date": None})
    if shell := get_ipython():
        formatters = shell.display_formatter.formatters
        formatters["text/html"].for_type("matplotlib.figure.Figure", lambda plot: _with_alternative(shell, plot))


def _with_alternative(shell: Any, plot: object) -> str | None:
    """The SVG as a picture that carries the running cell's text alternative; None where the cell has none."""
    found = ALT.match(shell.history_manager.input_hist_raw[-1])
    if not found:
        return None
    alt = " ".join(line.removeprefix("#|").strip() for line in found[1].splitlines())
    svg = shell.display_formatter.formatters["image/svg+xml"](plot)
    return f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
