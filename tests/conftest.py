"""The browser that every test of pages and figures shares: Playwright allows one at a time in a process."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "no-sandbox disable-gpu disable-quic no-first-run "
    "disable-background-networking disable-component-update disable-sync"
)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one process for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[f"--{switch}" for switch in SWITCHES.split()]
        )
        yield browser
        browser.close()
