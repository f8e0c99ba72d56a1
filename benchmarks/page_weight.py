"""What a reader's browser loads for each page of the built site, and how soon the first view can be read.

    python benchmarks/page_weight.py [SITE] [--json FILE] [--limit KIB] [--front-limit KIB] [--rounds N] [--within S]

A headless Chromium opens every page with an empty cache, scrolls to its end and counts what was sent: text files as
gzip -9 makes them, fonts and pictures as they are. "Without pictures" leaves out picture files, and of the page itself
its drawings: plots, diagrams and the figures' still pictures stand in it as SVG. Then each page is opened on a slow
line, 1.6 Mbit/s with answers 150 ms late, and the seconds count until its heading and first words are painted: the
median of some rounds, since a busy machine delays some. With a limit, a page beyond it is a failure; the front page has
one of its own.
"""

import argparse
import gzip
import json
import re
import statistics
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlparse

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the book first: tests/coursekit has the name of its package
from chromium import LAUNCH  # noqa: E402

TEXT = {".html", ".css", ".js", ".json", ".svg", ".txt", ".inv", ".xml"}
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".ico"}
DRAWING = re.compile(r"<svg\b.*?</svg>|data:image/[^\"')]*", re.S)
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
READABLE = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) done(paint.startTime / 1000);
  }).observe({ type: "paint", buffered: true });
})"""
TOP = """() => {    // what is in the first view has its words: a heading and a paragraph
  const seen = (css) => [...document.querySelectorAll(css)].some((node) => {
    const { top, height } = node.getBoundingClientRect();
    return height && top < innerHeight && node.innerText.trim();
  });
  return seen("article h1") && seen("article p, article li, article td, article dd");
}"""


def packed(data: bytes) -> bytes:
    """As a server sends a text."""
    return gzip.compress(data, 9, mtime=0)


def transferred(path: Path) -> int:
    """The bytes of a file's body on the wire."""
    data = path.read_bytes()
    return len(packed(data)) if path.suffix in TEXT else len(data)


def drawn(path: Path) -> int:
    """The bytes that drawings in a page add to it on the wire."""
    if path.suffix != ".html":
        return 0
    text = path.read_text("utf-8")
    return len(packed(text.encode())) - len(packed(DRAWING.sub("", text).encode()))


def without_pictures(files: dict[str, int], site: Path) -> int:
    """The bytes of files that are no pictures, and of no drawing in them."""
    bare = sum(size for name, size in files.items() if Path(name).suffix not in PICTURES)
    return bare - sum(drawn(site / name) for name in files)


class _Packed(SimpleHTTPRequestHandler):
    """Sends texts with gzip, as a web server does, and says nothing."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXT or not path.is_file():
            return super().do_GET()
        body = packed(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing per request."""


@contextmanager
def served(folder: Path):
    """The folder on a loopback port; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Packed, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


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


def readable(browser, origin: str, page: str) -> float:
    """Seconds until the first view of a page can be read on the slow line. ValueError where it has no words."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    line = context.new_cdp_session(tab)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    tab.goto(f"{origin}/{page}", wait_until="commit")
    seconds = tab.evaluate(READABLE)
    tab.wait_for_load_state("load")
    words = tab.evaluate(TOP)
    context.close()
    if not words:
        raise ValueError(f"{page}: the first view has no heading or no words")
    return seconds


def pages_of(site: Path) -> list[str]:
    """All pages of a site."""
    return sorted(str(path.relative_to(site)) for path in site.rglob("*.html") if "_static" not in path.parts)


def report(site: Path, rounds: int) -> dict[str, dict]:
    """Weight of every page of a site, heaviest file first, and the seconds of each round."""
    found = {}
    with served(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for page in pages_of(site):
            files = weigh(browser, site, origin, page)
            by_size = dict(sorted(files.items(), key=lambda item: -item[1]))
            found[page] = {"total": sum(files.values()), "without_pictures": without_pictures(files, site),
                           "files": by_size, "seconds": []}  # fmt: skip
        reading = [page for page in found if Path(page).name not in ("index.html", "search.html", "404.html")]
        for _ in range(rounds):  # round by round: a slow moment of the machine meets every page
            for page in reading:
                found[page]["seconds"].append(round(readable(browser, origin, page), 3))
        browser.close()
    return found


def front(site: Path) -> str:
    """The page that the site's root leads to."""
    found = re.search(r'http-equiv="Refresh" content="0; url=([^"]+)"', (site / "index.html").read_text("utf-8"), re.I)
    return found[1] if found else "index.html"


def beyond(found: dict[str, dict], first: str, limit: float | None, front_limit: float | None,
           within: float | None) -> list[str]:  # fmt: skip
    """What is over a limit, in words."""
    faults = []
    for page, weight in found.items():
        most = front_limit if page in (first, "index.html") and front_limit is not None else limit
        if most is not None and weight["without_pictures"] > most * 1024:
            faults.append(f"{page} weighs {weight['without_pictures'] / 1024:.1f} KiB, more than {most:g}")
        if within is not None and weight["seconds"] and statistics.median(weight["seconds"]) > within:
            faults.append(f"{page} takes {statistics.median(weight['seconds']):.2f} s, more than {within:g}")
    return faults


def main(arguments=None) -> int:
    """Print the table; the exit status says whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=Path("_build/html"))
    parser.add_argument("--json", type=Path, help="write every page's files and times here")
    parser.add_argument("--limit", type=float, help="KiB that a page may weigh without its pictures")
    parser.add_argument("--front-limit", type=float, help="KiB that the front page may weigh")
    parser.add_argument("--rounds", type=int, default=3, help="openings of each page on the slow line; 0: none")
    parser.add_argument("--within", type=float, help="seconds in which the first view must be readable")
    options = parser.parse_args(arguments)
    if not options.site.is_dir():
        parser.error(f"no site at {options.site}: build it with `make book`")
    site = options.site.resolve()
    found = report(site, options.rounds)
    print("without pictures, with them, first view readable on 1.6 Mbit/s and 150 ms: median (least to most)\n")
    for page, weight in found.items():
        heaviest = ", ".join(f"{name} {size / 1024:.1f}" for name, size in list(weight["files"].items())[:4])
        bare, total, times = weight["without_pictures"] / 1024, weight["total"] / 1024, weight["seconds"]
        took = f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})" if times else ""
        print(f"{bare:7.1f} KiB {total:8.1f} KiB  {took:24} {page}  ({heaviest})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    faults = beyond(found, front(site), options.limit, options.front_limit, options.within)
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
