"""A page for figures, and paper for them, which is quicker where nothing but the drawing matters."""

import pytest
from sketch import Sketch
from stage import put


@pytest.fixture
def page(browser):
    """A function that opens a page with figures; unless `complaints` is told otherwise, it must not complain."""
    contexts, complaints = [], []

    def open_page(*widgets, width=800, height=1000, motion="no-preference", theme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion=motion, color_scheme=theme
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        put(tab, widgets, theme)
        return tab

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def paper():
    """A function that draws a figure as on a page of so many pixels, without a browser."""
    return lambda figure, width=800, **_: Sketch(figure, width - 42)    # less margins, border and padding
