"""The built site that the tests in this folder look at. A missing one is a failure, never a skip."""

import os
from pathlib import Path

import pytest
from chromium import served

SITE = Path(os.environ.get("LIGHTNETS_SITE") or Path(__file__).parents[2] / "_build" / "html").resolve()


def page_names() -> list[str]:
    """The names of the site's pages, without the redirect in its root."""
    names = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    return [name for name in names if name != "index.html" and not name.startswith("_static/")]


def pytest_generate_tests(metafunc):
    """A test that asks for a `page` runs on each; where there is no site, once, to fail."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", page_names() or ["index.html"])


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site: LIGHTNETS_SITE, or `_build/html`."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"no site at {SITE}: build it with `make book`, or name one in LIGHTNETS_SITE", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def address(site):
    """A function from page name and scheme to the page's address."""
    with served(site) as origin:
        yield lambda page, scheme="http": f"{origin}/{page}" if scheme == "http" else (site / page).as_uri()


@pytest.fixture(scope="session")
def widget_pages(site) -> list[str]:
    """The pages that show widgets."""
    found = [name for name in page_names() if "widget-view+json" in (site / name).read_text("utf-8")]
    assert found, "no page of the site shows a widget"
    return found
