"""What all tests share: one browser, since Playwright allows one at a time in a process; and a Ctrl-C that works."""

import signal

import pytest
from chromium import CHROMIUM, LAUNCH
from playwright.sync_api import sync_playwright


def pytest_configure():
    """A shell starts what it sends to the background with SIGINT ignored, and children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one process for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
