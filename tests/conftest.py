"""What all tests share: one browser a process, since Playwright allows no more; a Ctrl-C that works; who runs what."""

import signal

import pytest
from chromium import CHROMIUM, LAUNCH
from playwright.sync_api import sync_playwright


def pytest_configure():
    """A shell starts what it sends to the background with SIGINT ignored, and children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    """With `-n 2 --dist loadgroup` a file stays with one process, and what is slow to make is made once.

    A file whose tests share nothing slow sets `SHARES_NOTHING = True`; files that share it have a mark of their own.
    """
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if not getattr(item.module, "SHARES_NOTHING", False) and not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(item.path.relative_to(config.rootpath).as_posix()))


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one process for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
