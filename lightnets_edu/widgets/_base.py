"""What every figure shares: a front end composed of modules, checks of its traits, and a still picture of its state."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets
from IPython.display import publish_display_data

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r"""^import\s*\{([^}]*)\}\s*from\s*["']\./(\w+)\.js["'];?[ \t]*$""", re.MULTILINE)
ANY_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;]*?\bfrom\b\s*["'][^"']*["']|^\s*import\s*["']|\bimport\s*\(""", re.MULTILINE
)
EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|const|class)\s+(\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)    # whole lines only

Proposal = dict[str, Any]  # what traitlets hands to a validator


def compose(name: str, folder: Path = STATIC) -> str:
    """The ES module `name`.js of `folder` as one text: what it imports, each module in a scope of its own, then itself.

    A front end is loaded from a Blob, where a relative import finds nothing, and a book asks no other host for a
    module. So the only import allowed is `import { a, b } from "./other.js"`, once for each module, of names that it
    exports; ValueError for any other, and where modules import each other in a ring. Comments stay behind.
    """
    order = modules(name, folder)
    parts = [_body(part, folder) for part in order]
    return "\n".join([*(_scope(part, *body) for part, body in zip(order[:-1], parts, strict=False)), parts[-1][0]])


def modules(name: str, folder: Path = STATIC, above: tuple[str, ...] = ()) -> list[str]:
    """The modules that `name` is composed of: each once, behind those that it imports, itself last."""
    if name in above:
        raise ValueError(f"modules import each other: {' → '.join([*above, name])}")
    found: list[str] = []
    for _, part in IMPORT.findall(_read(name, folder)):
        found += [m for m in modules(part, folder, (*above, name)) if m not in found]
    return [*found, name]


def _read(name: str, folder: Path) -> str:
    return (folder / f"{name}.js").read_text(encoding="utf-8")


def _exports(source: str) -> list[str]:
    return [match[1] for match in EXPORT.finditer(source)]


def _body(name: str, folder: Path) -> tuple[str, list[str]]:
    """A module's text with its imports taken from scopes, without comments; and the names it exports."""
    source = COMMENT.sub("", _read(name, folder))
    imported = [part for _, part in IMPORT.findall(source)]
    if stray := ANY_IMPORT.search(IMPORT.sub("", source)):
        raise ValueError(f'{name}.js may import names from "./other.js" only, got {stray[0].strip()!r}')
    for part in imported:
        if imported.count(part) > 1:
            raise ValueError(f'{name}.js: import from "./{part}.js" once, with all the names')

    def take(match: re.Match[str]) -> str:
        names, part = [word.strip() for word in match[1].split(",") if word.strip()], match[2]
        exported = _exports(_read(part, folder))
        if unknown := [word for word in names if word not in exported]:
            raise ValueError(f"{part}.js does not export {', '.join(unknown)}; it exports {', '.join(exported)}")
        return f"const {{ {', '.join(names)} }} = ln_{part};"

    return IMPORT.sub(take, source), _exports(source)


def _scope(name: str, body: str, exported: Sequence[str]) -> str:
    return f"const ln_{name} = (() => {{\n{EXPORT.sub('', body)}return {{ {', '.join(exported)} }};\n}})();"


def front_end(name: str) -> tuple[str, str]:
    """The ES module and the style sheet of the figure `name`, each complete in itself."""
    sheets = [STATIC / f"{part}.css" for part in modules(name)]
    return compose(name), "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.is_file())


class Figure(anywidget.AnyWidget):
    """An interactive figure: a caption, and a static picture with its data for pages without scripts and for print."""

    drawn: ClassVar[tuple[str, ...]] = ()
    """The traits that the static picture shows; it is made anew when one of them changes."""

    caption = traitlets.Unicode().tag(sync=True)
    fallback = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        if self.drawn:
            self.observe(self._redraw, names=list(self.drawn))
            self._redraw()

    def notify_change(self, change: Any) -> None:
        """Send a trait together with those that follow it: a page never sees a state that does not fit."""
        with self.hold_sync():
            super().notify_change(change)

    def _redraw(self, _change: object = None) -> None:
        if self.whole():
            self.fallback = self.fallback_html()

    def whole(self) -> bool:
        """Whether the traits fit together: not so for a moment, while one of them follows another."""
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.caption}"

    def _ipython_display_(self, **options: Any) -> None:
        """Show the figure, then its still picture: for a page where the figure's program does not run, because its
        kernel has gone, or the network. `shared.css` hides the still picture behind a figure that runs."""
        if own := getattr(super(), "_ipython_display_", None):    # ipywidgets 7
            own(**options)
        elif bundle := getattr(self, "_repr_mimebundle_", None):  # ipywidgets 8; None once the figure is closed
            data, metadata = bundle()
            publish_display_data(data, metadata)
        publish_display_data({"text/html": self._asleep()}, {"fallback": True})

    def _asleep(self) -> str:
        return (
            f'<figure class="ln-asleep">{self.fallback}<figcaption>{escape(self.caption)}</figcaption>'
            "<p>This is a still picture. In a notebook, run this cell to bring the figure to life.</p></figure>"
        )

    def fallback_html(self) -> str:
        """The picture of the present state as HTML without scripts, styles or outside references."""
        raise NotImplementedError(f"{type(self).__name__} has no static picture")


def one_of(what: str, value: Any, offered: Iterable[Any]) -> Any:
    """`value`, or TraitError unless it is one of those on offer."""
    offered = offered if isinstance(offered, range) else list(offered)
    if value not in offered:
        words = f"{offered[0]} to {offered[-1]}" if isinstance(offered, range) else ", ".join(map(str, offered))
        raise traitlets.TraitError(f"{what} must be one of {words}; got {value}")
    return value
