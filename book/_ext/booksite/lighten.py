"""Takes weight off the finished pages, and lets their first view come sooner, without changing what they show.

Photographs and maps of values leave the page that they were written into, and load as pictures do. Words of code that
have the colour of all other words need no mark. The style sheets of every page become one file, so a browser waits for
one answer instead of ten; and a figure's program stands behind the text that is read first.
"""

import base64
import os
import re
import zlib
from pathlib import Path

EMBEDDED = re.compile(r'(?<=")data:image/(webp|png);base64,([A-Za-z0-9+/=]+)(?=")')
PICTURES = "_images/plots"
TOKEN = re.compile(r'<span class="([a-z]+[0-9]?)">([^<]*)</span>')
COLOURED = re.compile(r"(?P<theme>[^{}]*?)\.highlight(?: \.(?P<token>\w+))?\s*\{(?P<body>[^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
STATE = re.compile(r'\s*<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>', re.S)
SHEET = re.compile(  # one for the screen and for paper; what has a `media` of its own stays a file of its own
    r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")(?![^>]*\bmedia=)'
    r'[^>]*\bhref="(?:\.\./)*(_static/[^"?]+)(?:\?[^"]*)?"[^>]*>\n?'
)
URL = re.compile(r"""url\(\s*["']?(?!data:|https?:|#)([^)"']+)["']?\s*\)""")
IMPORT = re.compile(r"""@import\s*(?:url\()?["']([^"']+)["']\)?;?""")
OPTIONS = re.compile(r'<script\b[^>]*\bsrc="[^"]*_static/documentation_options\.js[^"]*"[^>]*>\s*</script>')
WAITING = re.compile(r'<script (?=src="[^"]*scripts/sphinx-book-theme\.js)')
ONE = "book-all.css"


def pictures_out(texts: dict[Path, str], site: Path) -> None:
    """Give each picture that stands in a page a file of its own, called by its content."""
    for path, text in texts.items():
        up = "../" * (len(path.relative_to(site).parts) - 1)

        def file(match, up=up):
            data = base64.b64decode(match[2])
            name = f"{PICTURES}/{zlib.crc32(data):08x}.{match[1]}"
            (site / PICTURES).mkdir(parents=True, exist_ok=True)
            (site / name).write_bytes(data)
            return up + name

        texts[path] = EMBEDDED.sub(file, text)


def plain_tokens(css: str) -> set[str]:
    """The classes of code whose whole look, in every theme, is the colour of the code around them."""
    looks: dict[str, dict[str, str]] = {}
    for rule in COLOURED.finditer(COMMENT.sub("", css)):    # Sphinx says after each rule what its token is
        pairs = (pair.partition(":") for pair in rule["body"].split(";") if ":" in pair)
        said = {key.strip(): value.strip().lower() for key, _, value in pairs}
        looks.setdefault(rule["theme"].strip(), {})[rule["token"] or ""] = (
            said.get("color", "") if set(said) <= {"color"} or not rule["token"] else "more than a colour"
        )
    seen = {token for found in looks.values() for token in found} - {""}
    return {token for token in seen if all(look.get(token, look.get("")) == look.get("") for look in looks.values())}


def unmarked(html: str, plain: set[str]) -> str:
    """A page whose code marks only what has a look of its own."""
    return TOKEN.sub(lambda match: match[2] if match[1] in plain else match[0], html)


def text_first(html: str) -> str:
    """A page that sends the state of its figures behind its text, and waits for no script before it shows that."""
    found = STATE.findall(html)
    html = WAITING.sub("<script defer ", STATE.sub("", html))
    return html.replace("</body>", "".join(found) + "\n</body>", 1) if found else html


def options_inside(html: str, options: str) -> str:
    """A page that holds Sphinx's few settings itself."""
    return OPTIONS.sub(lambda _: f"<script>{' '.join(options.split())}</script>", html)


def one_sheet(texts: dict[Path, str], static: Path) -> None:
    """Make one file of the style sheets that all pages share, in their order; others stay where they are."""
    lists = [found for text in texts.values() if (found := SHEET.findall(text))]
    common = [name for name in lists[0] if all(name in found for found in lists)] if lists else []
    if len(common) < 2:
        return
    sheets = [_whole(static.parent / name, static) for name in common]
    (static / ONE).write_text("\n".join(sheets), "utf-8")
    for path, text in texts.items():

        def put(match):
            if match[1] not in common:
                return match[0]
            return match[0].replace(match[1], f"_static/{ONE}") if match[1] == common[-1] else ""

        texts[path] = SHEET.sub(put, text)
    for path in {part for name in common for part in _parts(static.parent / name)}:
        path.unlink()    # no page asks for it any more


def _parts(path: Path) -> list[Path]:
    """A style sheet and what it imports."""
    inner = IMPORT.findall(path.read_text("utf-8"))
    return [path, *(part for name in inner for part in _parts(_beside(path, name)))]


def _beside(path: Path, name: str) -> Path:
    return (path.parent / name.partition("?")[0]).resolve()


def _whole(path: Path, static: Path) -> str:
    """A style sheet with what it imports in its place, and addresses as they are seen from `static`."""

    def moved(match) -> str:
        address = os.path.relpath(path.parent / match[1].strip(), static)
        return f'url("{Path(address).as_posix()}")'

    text = path.read_text("utf-8")
    inner = "".join(_whole(_beside(path, name), static) for name in IMPORT.findall(text))
    return inner + URL.sub(moved, IMPORT.sub("", text))
