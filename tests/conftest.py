"""What all tests share: one browser a process, since Playwright allows no more; a Ctrl-C that works; who runs what."""

import signal

import pytest
import torch
from chromium import CHROMIUM, LAUNCH
from playwright.sync_api import sync_playwright
from together import group


def pytest_configure():
    """A shell starts what it sends to the background with SIGINT ignored, and children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config, log):
    """With `--dist loadfile` the groups of together.py; `loadgroup` groups nothing under pytest 9.2 (pytest-xdist #1386)."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return Scheduler(config, log)


@pytest.fixture(autouse=True)
def seeded():
    """Every test begins with the same random numbers, whichever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one process for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
