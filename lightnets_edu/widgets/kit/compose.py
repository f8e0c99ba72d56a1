"""Makes one ES module and one style sheet of a figure's files and those of the kit that it uses."""

import re
from collections.abc import Sequence
from pathlib import Path

KIT = Path(__file__).parent
IMPORT = re.compile(
    r"""^import\s*\{([^}]*)\}\s*from\s*["'](\.|\.\./kit)/(\w+)\.js["'];?[ \t]*$""", re.MULTILINE
)
ANY_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;]*?\bfrom\b\s*["'][^"']*["']|^\s*import\s*["']|\bimport\s*\(""", re.MULTILINE
)
EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|const|class)\s+(\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)    # whole lines only
INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def front_end(room: str | Path) -> tuple[str, str]:
    """The ES module and the style sheet of the figure whose room a file lies in, each complete in itself.

    A style sheet has the name of the module that it is for: that of the kit first, the figure's own last.
    """
    figure = Path(room).parent / "figure.js"
    sheets = [path.with_suffix(".css") for path in modules(figure)]
    return compose(figure), "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.is_file())


def compose(module: Path) -> str:
    """An ES module as one text: what it imports, each module in a scope of its own, then itself.

    A front end is loaded from a Blob, where a relative import finds nothing, and a book asks no other host for a
    module. So the only import allowed is `import { a, b } from "./other.js"`, or from `"../kit/other.js"`, once for
    each module, of names that it exports; ValueError for any other, and where modules import each other in a ring.
    Comments and indentation stay behind: no text may go over several lines.
    """
    order = modules(module)
    parts = [_body(part) for part in order]
    scopes = [_scope(path, *body) for path, body in zip(order[:-1], parts, strict=False)]
    return "\n".join([*scopes, parts[-1][0]])


def modules(module: Path, above: tuple[Path, ...] = ()) -> list[Path]:
    """The modules that a module is composed of: each once, behind those that it imports, itself last."""
    module = module.resolve()
    if module in above:
        raise ValueError(f"modules import each other: {' → '.join(path.stem for path in [*above, module])}")
    found: list[Path] = []
    for _, way, name in IMPORT.findall(_read(module)):
        found += [path for path in modules(_path(module, way, name), (*above, module)) if path not in found]
    return [*found, module]


def _read(module: Path) -> str:
    return module.read_text(encoding="utf-8")


def _exports(source: str) -> list[str]:
    return [match[1] for match in EXPORT.finditer(source)]


def _body(module: Path) -> tuple[str, list[str]]:
    """A module's text with its imports taken from scopes, without comments; and the names it exports."""
    source = INDENT.sub("", COMMENT.sub("", _read(module)))
    if stray := ANY_IMPORT.search(IMPORT.sub("", source)):
        raise ValueError(f'{module.name} may import names from "./other.js" only, got {stray[0].strip()!r}')
    imported = [_path(module, way, name) for _, way, name in IMPORT.findall(source)]
    for path in imported:
        if imported.count(path) > 1:
            raise ValueError(f"{module.name}: import from {path.name} once, with all the names")

    def take(match: re.Match[str]) -> str:
        names, part = [word.strip() for word in match[1].split(",") if word.strip()], _path(module, match[2], match[3])
        exported = _exports(_read(part))
        if unknown := [word for word in names if word not in exported]:
            raise ValueError(f"{part.name} does not export {', '.join(unknown)}; it exports {', '.join(exported)}")
        return f"const {{ {', '.join(names)} }} = {_name(part)};"

    return IMPORT.sub(take, source), _exports(source)


def _path(module: Path, way: str, name: str) -> Path:
    """What a module imports: from its own folder, or from the kit beside it."""
    return (module.parent / way / f"{name}.js").resolve()


def _name(module: Path) -> str:
    """What a module's scope is called; the kit and a room may both have one of a name."""
    return re.sub(r"\W", "_", f"ln_{module.parent.name}_{module.stem}")


def _scope(module: Path, body: str, exported: Sequence[str]) -> str:
    return f"const {_name(module)} = (() => {{\n{EXPORT.sub('', body)}return {{ {', '.join(exported)} }};\n}})();"
