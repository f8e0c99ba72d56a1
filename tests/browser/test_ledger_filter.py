"""The list of checked statements: filtered without a kernel, whole without a script."""

import shutil

import pytest
from booksite import ASSETS
from chromium import served
from probe import WIDER, accessibility, visit

ROW = '<tr><td><span id="claim-{id}" class="book-claim" data-chapter="{chapter}" data-verdict="{verdict}" data-how="{how}"></span>{id}</td><td>{verdict}</td></tr>'
SECTION = "<section><h2>{chapter}</h2><table class='table'><thead><tr><th>statement</th><th>verdict</th></tr></thead><tbody>{rows}</tbody></table></section>"
SHELL = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>A page</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="book.css"><link rel="stylesheet" href="reader.css"><script defer src="ledger.js"></script>
<style>body {{ background: var(--pst-color-background); color: var(--pst-color-text-base); }}</style></head>
<body><main class="bd-article"><h1>A page</h1><div class="book-filter"></div>{body}</main></body></html>"""
TWO = "2. Two: a title that is longer than the screen of a phone is wide, as many of them are"
ROWS = {"1. One": [("a", "holds", "tested"), ("b", "wrong", "quoted")], TWO: [("c", "holds", "measured"), ("d", "open", "quoted"), ("e", "holds", "tested")]}


def body() -> str:
    return "".join(
        SECTION.format(chapter=chapter, rows="".join(ROW.format(id=i, chapter=chapter, verdict=v, how=h) for i, v, h in rows))
        for chapter, rows in ROWS.items()
    )


@pytest.fixture(params=["http", "file"])
def shown(request, tmp_path, browser):
    """A function that opens the page."""
    for name in ("ledger.js", "reader.css", "book.css"):
        shutil.copy(ASSETS / name, tmp_path)
    with served(tmp_path) as origin:

        def show(theme="light", anchor="", **options):
            (tmp_path / "a.html").write_text(SHELL.format(theme=theme, body=body()))
            address = f"{origin}/a.html" if request.param == "http" else (tmp_path / "a.html").as_uri()
            return visit(browser, address + anchor, theme=theme, **options)

        yield show


def seen_rows(tab) -> str:
    return "".join(row.locator("td").first.text_content() for row in tab.locator("tbody tr").all() if row.is_visible())


def test_rows_are_chosen_by_three_menus(shown):
    with shown() as seen:
        tab, said = seen.tab, seen.tab.get_by_role("status")
        assert seen_rows(tab) == "abcde" and said.text_content() == "5 of 5 statements"
        assert tab.get_by_label("Verdict").locator("option").all_text_contents() == ["all", "holds", "wrong", "open"]
        tab.get_by_label("Verdict").select_option("holds")
        assert seen_rows(tab) == "ace" and said.text_content() == "3 of 5 statements"
        tab.get_by_label("How we know").select_option("tested")
        assert seen_rows(tab) == "ae"
        tab.get_by_label("Chapter").select_option(TWO)
        assert seen_rows(tab) == "e" and tab.get_by_role("heading", level=2).all_text_contents() == [TWO]
        tab.get_by_label("Verdict").select_option("wrong")
        assert seen_rows(tab) == "" and "Choose “all”" in said.text_content()
        tab.evaluate("location.hash = 'claim-b'")
        tab.wait_for_function("!document.getElementById('claim-b').closest('tr').hidden")
        assert seen_rows(tab) == "abcde" and tab.get_by_label("Verdict").input_value() == ""
        assert seen.complaints == []


def test_without_javascript_all_rows_show(shown):
    with shown(javascript=False) as seen:
        assert seen_rows(seen.tab) == "abcde" and seen.tab.locator("select").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_menus_are_accessible_and_fit(shown, theme):
    with shown(theme, width=320) as seen:
        seen.tab.get_by_label("Verdict").select_option("wrong")
        assert accessibility(seen.tab) == [] and seen.tab.evaluate(WIDER) == []
        assert all(select.bounding_box()["height"] >= 24 for select in seen.tab.locator("select").all())
