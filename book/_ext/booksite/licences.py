"""Writes `_static/licences.txt`: the licence of every piece of other people's work that the site's files hold."""

import re
from importlib import metadata
from pathlib import Path

from . import ASSETS

# whose scripts and styles Sphinx copies into `_static`
PACKAGES = ("Sphinx", "pydata-sphinx-theme", "sphinx-book-theme", "myst-nb", "sphinx-copybutton", "sphinx-design",
            "sphinx-togglebutton", "Pygments")  # fmt: skip
NOTICE = re.compile(r"/\*!.*?\*/|/\*\*?[^*]*(?:\*(?!/)[^*]*)*(?:@license|[Ll]icensed|[Cc]opyright).*?\*/", re.S)
RULE = "\n\n" + "=" * 100 + "\n"


def _of_package(name: str) -> str:
    """The licence texts a package was installed with."""
    package = metadata.distribution(name)
    texts = [file.read_text("utf-8") for file in package.files or [] if re.search(r"dist-info/.*LICEN[CS]E", str(file))]
    if not texts:
        texts = [f"License: {package.metadata['License-Expression'] or package.metadata['License']}"]
    return f"{name} {package.version}\n\n" + "\n\n".join(text.strip() for text in texts)


def notices(static: Path) -> list[str]:
    """The licence notices inside the site's scripts and style sheets, and the theme's licence files."""
    found = set()
    for path in sorted([*static.rglob("*.css"), *static.rglob("*.js")]):
        found.update(NOTICE.findall(path.read_text("utf-8")))
    for path in sorted(static.rglob("*LICENSE*.txt")):
        found.add(path.read_text("utf-8").strip())
    return sorted(found)


def compose(static: Path) -> str:
    """The whole text, from the site as Sphinx wrote it: call this before anything is cut."""
    parts = ["These pages hold work of others, under the licences below."]
    parts += [f"KaTeX\n\n{(ASSETS / 'katex/LICENSE').read_text('utf-8').strip()}"]
    parts += [f"Literata\n\n{(ASSETS / 'fonts/LICENSE').read_text('utf-8').strip()}"]
    parts += [f"MiniSearch\n\n{(ASSETS / 'search/LICENSE').read_text('utf-8').strip()}"]
    parts += [_of_package(name) for name in PACKAGES]
    parts += ["Notices inside the files\n\n" + "\n\n".join(notices(static))]
    return RULE.join(parts) + "\n"
