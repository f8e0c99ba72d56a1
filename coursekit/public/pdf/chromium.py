"""Prints a page by the Chromium of this machine."""

import re
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from ...errors import BookError

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
OLDEST = 131  # the first that writes heads and numbers of pages
SWITCHES = ("disable-gpu", "disable-background-networking", "disable-component-update", "disable-sync", "no-first-run")


def find() -> str:
    """The program. BookError where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise BookError("Chromium", "is not there, and it prints the book", "Debian and Ubuntu: apt-get install chromium")


@contextmanager
def printer(program: str):
    """A function that prints the file at one path as a PDF to another. BookError where Chromium does not print."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=[f"--{switch}" for switch in SWITCHES],
                                                 handle_sigint=False)  # fmt: skip
            if int(browser.version.split(".")[0]) < OLDEST:
                todo = f"it takes {OLDEST} or a later one; Debian and Ubuntu: apt-get install chromium"
                raise BookError(program, f"is version {browser.version}", todo)
            yield _on(browser)
            browser.close()
        except Error as error:
            said = error.message.splitlines()[0]
            raise BookError(program, f"does not print: {said}", "see whether it starts by hand") from None


def _on(browser) -> Callable[[Path, Path], None]:
    def to_pdf(document: Path, target: Path) -> None:
        page = browser.new_page(color_scheme="light")
        page.set_default_timeout(600_000)
        page.route(re.compile("^(?!file:|data:)"), lambda route: route.abort())  # nothing of another host
        page.goto(document.as_uri(), wait_until="load")
        page.evaluate("document.fonts.ready")
        page.pdf(path=target, prefer_css_page_size=True, print_background=True, tagged=True)
        page.close()

    return to_pdf
