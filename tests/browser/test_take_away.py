"""What a reader takes away from the site: each chapter's notebook, from its page, and the package's wheel."""

import zipfile
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT
from probe import visit

from coursekit.project import Project

BOOK = Project(ROOT)
STEMS = [path.stem for path in BOOK.sources() if path.stem != "welcome"]    # the front page has no box of its own


@pytest.mark.parametrize("stem", STEMS)
def test_the_site_has_the_notebook_as_it_is_in_the_repository(stem, site):
    content = (site / "notebooks" / f"{stem}.ipynb").read_bytes()
    assert content == (ROOT / "notebooks" / f"{stem}.ipynb").read_bytes()
    nb = nbformat.reads(content.decode(), 4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in nb.cells)


def test_from_a_folder_the_link_leads_to_the_file_itself(address, browser):
    """Chromium downloads nothing from a folder: it shows the notebook as text, which lies there already."""
    with visit(browser, address("notebooks/gallery.html", "file")) as seen:
        beside_colab(seen.tab, "gallery.ipynb").press("Enter")
        seen.tab.wait_for_url("file://**/notebooks/gallery.ipynb")


def test_a_page_gives_its_notebook_at_two_places_and_says_how_to_run_it(address, browser, site):
    name = f"{STEMS[0]}.ipynb"
    with visit(browser, address(f"notebooks/{STEMS[0]}.html")) as seen:
        tab = seen.tab
        for find in (beside_colab, in_the_menu):
            with tab.expect_download() as started:
                find(tab, name).press("Enter")
            assert started.value.suggested_filename == name
            assert Path(started.value.path()).read_bytes() == (site / "notebooks" / name).read_bytes()
        tab.locator("article").get_by_role("link", name="how to run it here").press("Enter")
        tab.wait_for_url("**/how_to_use.html#run-it-here")
        said = tab.locator("#on-your-own-machine").inner_text()
        for part in (BOOK.repository, "Python 3.11 to 3.13", "Linux", "macOS", "Windows", "make lab", "jupyter lab", BOOK.wheel):
            assert part in said
        with tab.expect_download() as started:
            tab.get_by_role("link", name=f"Download the package {BOOK.wheel}").press("Enter")
        assert zipfile.is_zipfile(started.value.path()) and started.value.suggested_filename == BOOK.wheel
        assert seen.complaints == []


def beside_colab(tab, name):
    """The link in the box at the chapter's start."""
    return tab.locator("article").get_by_role("link", name=f"Download the notebook {name}")


def in_the_menu(tab, name):
    """The entry of the menu that opens the chapter elsewhere, opened by keyboard."""
    tab.get_by_role("button", name="Run or download this chapter").press("Enter")
    entries = tab.locator(".dropdown-launch-buttons")
    assert entries.get_by_role("link", name="Colab").is_visible()
    return entries.get_by_role("link", name="Download the notebook")
