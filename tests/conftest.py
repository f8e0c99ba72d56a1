"""The browser that every test of pages and figures shares: Playwright allows one at a time in a process."""

import pytest
from chromium import CHROMIUM, LAUNCH
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one process for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
