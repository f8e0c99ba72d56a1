"""What a reader's browser loads for each page of the built site: bytes by file, as sent with gzip to an empty cache.

    python benchmarks/page_weight.py [SITE] [--json FILE] [--limit KIB]

A headless Chromium opens every page in a new context; every other host is blocked. Text files count as gzip -9 makes
them, fonts and pictures as they are. With --limit, a page that is heavier without its pictures is a failure.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import LAUNCH, served

TEXT = {".html", ".css", ".js", ".json", ".svg", ".txt", ".inv"}
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}


def transferred(path: Path) -> int:
    """The bytes of a file's body on the wire."""
    data = path.read_bytes()
    return len(gzip.compress(data, 9, mtime=0)) if path.suffix in TEXT else len(data)


def weigh(browser, site: Path, origin: str, page: str) -> dict[str, int]:
    """Bytes by file for one page."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    asked = set()

    def answer(route):
        url = urlparse(route.request.url)
        if f"{url.scheme}://{url.netloc}" == origin:
            asked.add(unquote(url.path).lstrip("/"))
        route.continue_() if f"{url.scheme}://{url.netloc}" == origin else route.abort()

    context.route("**/*", answer)
    tab = context.new_page()
    tab.goto(f"{origin}/{page}", wait_until="networkidle")
    tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")  # pictures that load late
    tab.wait_for_load_state("networkidle")
    context.close()
    return {name: transferred(site / name) for name in sorted(asked) if (site / name).is_file()}


def report(site: Path) -> dict[str, dict]:
    """Weight of every page of a site, heaviest file first."""
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html") if "_static" not in path.parts)
    found = {}
    with served(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for page in pages:
            files = weigh(browser, site, origin, page)
            bare = sum(size for name, size in files.items() if Path(name).suffix not in PICTURES)
            by_size = dict(sorted(files.items(), key=lambda item: -item[1]))
            found[page] = {"total": sum(files.values()), "without_pictures": bare, "files": by_size}
        browser.close()
    return found


def main(arguments=None) -> int:
    """Print the table; the exit status says whether the limit holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=Path("_build/html"))
    parser.add_argument("--json", type=Path, help="write every page's files here")
    parser.add_argument("--limit", type=float, help="KiB that a page may weigh without its pictures")
    options = parser.parse_args(arguments)
    if not options.site.is_dir():
        parser.error(f"no site at {options.site}: build it with `make book`")
    found = report(options.site.resolve())
    for page, weight in found.items():
        heaviest = ", ".join(f"{name} {size / 1024:.1f}" for name, size in list(weight["files"].items())[:4])
        bare, total = weight["without_pictures"] / 1024, weight["total"] / 1024
        print(f"{bare:7.1f} KiB {total:8.1f} with pictures  {page}  ({heaviest})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return int(options.limit is not None and any(w["without_pictures"] > options.limit * 1024 for w in found.values()))


if __name__ == "__main__":
    sys.exit(main())
