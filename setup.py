"""What the wheel says of itself that stands elsewhere: the repository's address, and the README with links that work.

The address stands in `_config.yml` alone. A package index shows the README away from its neighbours, so that each
relative link and picture becomes an absolute one. Everything else of the package is in `pyproject.toml`.
"""

import os
import re
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel

ROOT = Path(__file__).parent


class SameRights(bdist_wheel):
    """Packs files with the same rights wherever they come from; Python before 3.11.4 keeps those of the source."""

    def write_wheelfile(self, wheelfile_base, *arguments, **named):
        super().write_wheelfile(wheelfile_base, *arguments, **named)
        for folder, _, names in os.walk(self.bdist_dir):
            for name in names:
                os.chmod(os.path.join(folder, name), 0o644)


def address(config: str) -> tuple[str, str]:
    """The repository's address and branch in the text of `_config.yml`, read without a YAML library."""
    block = re.search(r"^repository:\n((?: .*\n)+)", config, re.M)
    found = dict(re.findall(r"^ +(\w+): *(\S+)", block[1] if block else "", re.M))
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", found.get("url", "")):
        raise SystemExit(f"_config.yml: repository.url is {found.get('url')!r}: it must read https://github.com/OWNER/NAME")
    return found["url"], found.get("branch", "main")


def book(config: str, url: str) -> str:
    """Where the book is read: `html.baseurl` of that text, or where GitHub Pages publishes the repository."""
    owner, name = url.split("/")[-2:]
    found = re.search(r"^html:\n(?: .*\n)*? +baseurl: *(https?://\S+)", config, re.M)
    return (found[1].rstrip("/") if found else f"https://{owner}.github.io/{name}") + "/"


def absolute(readme: str, url: str, branch: str) -> str:
    """The README for a package index: absolute links, pictures as files of the repository, one for light and dark."""
    page, file = f"{url}/blob/{branch}/", f"{url.replace('//github.com', '//raw.githubusercontent.com')}/{branch}/"
    parts = re.split(r"(^```.*?^```$)", readme, flags=re.M | re.S)
    for number in range(0, len(parts), 2):  # the others are code
        text = re.sub(r"<picture>.*?(<img [^>]*>).*?</picture>", r"\1", parts[number], flags=re.S)
        text = re.sub(r'(<img [^>]*src=")(?!\w+:)', rf"\g<1>{file}", text)
        text = re.sub(r"(!\[[^\]]*\]\()(?!\w+:)", rf"\g<1>{file}", text)
        parts[number] = re.sub(r"((?<!!)\[[^\]]+\]\()(?!\w+:|#)", rf"\g<1>{page}", text)
    return "".join(parts)


if __name__ == "__main__":
    config = (ROOT / "_config.yml").read_text("utf-8")
    url, branch = address(config)
    setup(
        cmdclass={"bdist_wheel": SameRights},
        long_description=absolute((ROOT / "README.md").read_text("utf-8"), url, branch),
        long_description_content_type="text/markdown",
        project_urls={
            "Repository": url,
            "Book": book(config, url),
            "Changelog": f"{url}/blob/{branch}/CHANGELOG.md",
            "Issues": f"{url}/issues",
        },
    )
