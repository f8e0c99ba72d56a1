"""What every widget shares: assembling its front end from the shared module and its own."""

import re
from pathlib import Path

import anywidget
import traitlets

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r"""^import\s*\{([^}]*)\}\s*from\s*["']\./shared\.js["'];?[ \t]*$""", re.MULTILINE)
ANY_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;]*?\bfrom\b\s*["'][^"']*["']|^\s*import\s*["']|\bimport\s*\(""", re.MULTILINE
)
EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|const|class)\s+(\w+))", re.MULTILINE)


def inline_shared(source: str, shared: str) -> str:
    """`source` with its import from "./shared.js" replaced by that module's text, in a scope of its own.

    The front end is loaded from a Blob, where a relative import finds nothing, and a book asks no other host for a
    module: any other import is a ValueError, and so is a name that the shared module does not export.
    """
    if found := ANY_IMPORT.search(shared):
        raise ValueError(f"the shared module must import nothing, got {found[0].strip()!r}")
    exported = [match[1] for match in EXPORT.finditer(shared)]

    def scope(match: re.Match[str]) -> str:
        names = [name.strip() for name in match[1].split(",") if name.strip()]
        if unknown := [name for name in names if name not in exported]:
            raise ValueError(f"shared.js does not export {', '.join(unknown)}; it exports {', '.join(exported)}")
        wanted = ", ".join(names)
        return f"const {{ {wanted} }} = (() => {{\n{EXPORT.sub('', shared)}\nreturn {{ {wanted} }};\n}})();"

    if len(IMPORT.findall(source)) > 1:
        raise ValueError('import from "./shared.js" once, with all the names')
    if stray := ANY_IMPORT.search(IMPORT.sub("", source)):
        raise ValueError(f'a widget may import only from "./shared.js", got {stray[0].strip()!r}')
    return IMPORT.sub(scope, source)


def front_end(name: str) -> tuple[str, str]:
    """The ES module and the style sheet of the widget `name`, each complete in itself."""
    shared, own = (STATIC / "shared", STATIC / name)
    texts = {p: p.read_text(encoding="utf-8") for base in (shared, own) for p in map(base.with_suffix, (".js", ".css"))}
    script = inline_shared(texts[own.with_suffix(".js")], texts[shared.with_suffix(".js")])
    return script, texts[shared.with_suffix(".css")] + texts[own.with_suffix(".css")]


class Figure(anywidget.AnyWidget):
    """An interactive figure: a caption, and a static picture with its data for pages without scripts and for print."""

    caption = traitlets.Unicode().tag(sync=True)
    fallback = traitlets.Unicode().tag(sync=True)

    def fallback_html(self) -> str:
        """The picture of the present state as HTML without scripts, styles or outside references."""
        raise NotImplementedError(f"{type(self).__name__} has no static picture")
