"""After the build: cuts from the site what no reader needs, and marks every file's address with its final content.

Works on Sphinx's output only, so the theme stays as installed. A rebuild reads only the sources that changed, but
it copies every static file and writes every page anew, so it ends like a build into an empty folder.
"""

import os
import re
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path
from string import ascii_letters, digits

from sphinx.errors import ExtensionError

from . import ASSETS, fonts, licences, lighten, minify, pages, search
from .purge import drop_unread, names, purge, words

ASCII = {chr(code) for code in range(32, 127)}
# what `book.css` takes from the text's font in formulas
FROM_THE_TEXT = {"KaTeX_Main-Regular": {*ascii_letters, *digits}, "KaTeX_Math-Italic": {*ascii_letters}}
OPERATOR = "o"    # of the marks of code one in seven; signs are told from words without a colour
TEXT_FEATURES = ("liga", "mark", "mkmk", "ccmp", "lnum", "tnum", "pnum")
BOLD_FEATURES = (*TEXT_FEATURES, "kern")    # seen in headings; its tables are a quarter of a font
# Sphinx's own holds a hash of this machine's paths. One that never matches makes the next build write every page and
# copy every static file, which is what a rebuild needs to start from.
BUILD_INFO = "# Sphinx build info version 1\n# Every build writes all pages.\nconfig: none\ntags: none\n"
UNUSED = ("**/*.map", "scripts/fontawesome.js", "scripts/bootstrap.js", "clipboard.min.js", "copybutton.js",
    "copybutton_funcs.js",
    "scripts/bootstrap.js.LICENSE.txt", "scripts/fontawesome.js.LICENSE.txt", "locales", "katex/README.md",
          "fonts/README.md", "vendor/fontawesome/webfonts/*.ttf", "plus.png", "minus.png", "file.png",
          "searchtools.js", "language_data.js", "doctools.js", "sphinx_highlight.js", "search/*.js", "search/README.md",
          "search/LICENSE")  # fmt: skip
STAMPED = re.compile(r'((?:href|src)="(?:\.\./)*(_static/[^"?]+))(?:\?[^"]*)?"')
TRUETYPE = re.compile(r',\s*url\([^)]*\.ttf\)\s*format\("truetype"\)')


def _start_afresh(app, config):
    """Take away the static files of an earlier build, which were cut for the pages of then."""
    shutil.rmtree(Path(app.outdir, "_static"), ignore_errors=True)


def edit_pages(site: Path) -> dict[Path, str]:
    """Edit every page of the site; returns their texts, which are written when nothing more is to come."""
    texts, before = {}, []
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.relative_to(site).parts:  # the theme's templates
            path.unlink()
            continue
        old = path.read_text("utf-8")
        texts[path] = pages.mend(pages.drop_scripts(old))
        before.append(old)
    pages.refuse_unmatched(before)
    return texts


def lighten_pages(site: Path, texts: dict[Path, str]) -> None:
    """What `lighten` takes out of the pages themselves; their texts are changed in place."""
    lighten.pictures_out(texts, site)
    settings = site / "_static/documentation_options.js"
    options = settings.read_text("utf-8")
    settings.unlink()
    plain = lighten.plain_tokens((site / "_static/pygments.css").read_text("utf-8")) | {OPERATOR}
    for path, text in texts.items():
        texts[path] = lighten.text_first(lighten.unmarked(lighten.options_inside(text, options), plain))


def remove_unused(static: Path) -> None:
    """Delete the files that no page asks for."""
    for path in [path for pattern in UNUSED for path in sorted(static.glob(pattern))]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def shrink_scripts(static: Path) -> None:
    """Write the book's own scripts anew, smaller; those of the theme are as small as can be."""
    for path in [path for path in sorted(static.glob("*.js")) if path.name in {"search.js", *os.listdir(ASSETS)}]:
        path.write_text(minify.script(path.read_text("utf-8")), "utf-8")


def cut_styles(static: Path, used: set[str], others: Iterable[str]) -> None:
    """Purge every style sheet, of custom properties that nothing reads too; only woff2 fonts are kept."""
    paths = sorted(static.rglob("*.css"))
    sheets = [TRUETYPE.sub("", purge(path.read_text("utf-8"), used)) for path in paths]
    for path, sheet in zip(paths, drop_unread(sheets, "".join(others)), strict=True):
        path.write_text(sheet, "utf-8")


def cut_fonts(static: Path, texts, css: str, used: set[str]) -> None:
    """Cut the icon, formula and text fonts down to what the pages show."""
    icons = fonts.icon_characters(css, used)
    if len(icons) < 5:
        raise ExtensionError("hardly any icon found in the theme's style sheets: did their markup change?")
    shown = set().union(*texts) | ASCII
    faces = {"italic": fonts.characters_of(texts, fonts.ITALIC), "600": fonts.characters_of(texts, fonts.BOLD)}
    italic, upright = (set().union(*part) for part in zip(*map(fonts.formula_characters, texts), strict=True))
    faces["italic"] |= italic & FROM_THE_TEXT["KaTeX_Math-Italic"]
    for path in sorted(static.glob("vendor/fontawesome/webfonts/*.woff2")):
        fonts.cut(path, icons, features=())
    for path in sorted(static.glob("katex/fonts/*.woff2")):
        wanted = italic if path.stem == "KaTeX_Math-Italic" else upright
        fonts.cut(path, wanted - FROM_THE_TEXT.get(path.stem, set()) | {" "}, hinting=False)
    for path in sorted(static.glob("fonts/*.woff2")):
        set_in_it = next((characters for name, characters in faces.items() if name in path.stem), shown)
        fonts.cut(path, set_in_it | {" "}, BOLD_FEATURES if "600" in path.stem else TEXT_FEATURES)


def stamp(site: Path, texts: dict[Path, str]) -> None:
    """Mark each static file's address with its final content, so that browsers keep the file until it changes."""
    marks = {}

    def mark(match):
        name = match[2]
        if name not in marks:
            path = site / name
            marks[name] = f"?v={zlib.crc32(path.read_bytes()):08x}" if path.is_file() else ""
        return f'{match[1]}{marks[name]}"'

    for path, text in texts.items():
        stamped = STAMPED.sub(mark, text)
        if stamped != path.read_text("utf-8"):
            path.write_text(stamped, "utf-8")


def _finish(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    site, static = Path(app.outdir), Path(app.outdir, "_static")
    (static / "licences.txt").write_text(licences.compose(static), "utf-8")
    texts = edit_pages(site)
    remove_unused(static)
    search.write_script(static)
    shrink_scripts(static)
    lighten_pages(site, texts)
    scripts = [path.read_text("utf-8") for path in sorted(static.rglob("*.js"))]
    used = words("\n".join(scripts)).union(*map(names, texts.values()))
    css = "".join(path.read_text("utf-8") for path in sorted(static.rglob("*.css")))
    cut_styles(static, used, [*texts.values(), *scripts])
    cut_fonts(static, texts.values(), css, used)
    named = {path.relative_to(site).with_suffix("").as_posix(): text for path, text in texts.items()}
    search.write_words(static, named)
    lighten.one_sheet(texts, static)
    stamp(site, texts)
    (site / ".buildinfo").write_text(BUILD_INFO, "utf-8")


def setup(app):
    """Register the part."""
    app.connect("config-inited", _start_afresh)
    app.connect("build-finished", _finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
