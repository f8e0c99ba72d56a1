"""The widget host by itself: pages as MyST-NB writes them, with small widgets, over http and from a file."""

import json
import shutil
from pathlib import Path

import pytest
from chromium import served
from probe import visit

HOST = Path(__file__).parents[2] / "book" / "_ext" / "assets" / "widget-host.js"
COUNTER = """
export default { initialize({ model }) { model.set("born", (model.get("born") ?? 0) + 1); },
  render({ model, el }) {
    const button = document.createElement("button");
    const draw = () => { button.textContent = `${model.get("count")} born ${model.get("born")}`; };
    button.addEventListener("click", () => { model.set("count", model.get("count") + 1); model.save_changes(); });
    model.on("change:count", draw);
    draw();
    el.append(button);
  } };"""
FACTORY = 'export default () => ({ render({ el }) { el.append("made"); } })'
NAMED = 'export function render({ el }) { el.append("named"); }'
BYTES = 'export default { render({ model, el }) { el.append(model.get("data").getUint8(1)); } }'
LISTENS = """export default { async render({ model, el }) {
  const other = await model.widget_manager.get_model(model.get("other"));
  const show = () => el.replaceChildren(`sees ${other.get("count")}`);
  other.on("change:count", show);
  show();
} };"""
THROWS = 'export default { render() { throw new Error("planted"); } }'
BROKEN = "export default {"


STOPS = """
export default { render({ el }) {
  const figure = document.createElement("figure");
  figure.append("alive");
  el.append(figure);
  const stop = () => { figure.textContent = "stopped"; figure.dispatchEvent(new CustomEvent("ln-stopped", { bubbles: true })); };
  if (ATONCE) stop(); else figure.addEventListener("click", stop);
} };"""


def anywidget(source, **state):
    return {"model_name": "AnyModel", "model_module": "anywidget", "state": {"_esm": source, **state}}


def page(models, views, sources):
    """A page that shows these models in this order."""
    state = json.dumps({"state": models, "sources": sources})
    shown = [
        f'<script type="application/vnd.jupyter.widget-view+json">{{"model_id": "{view}"}}</script>' for view in views
    ]
    return (
        f'<!doctype html><script defer src="widget-host.js"></script><script defer src="widget-host.js"></script>'
        f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>'
        + "".join(f"<div>{script}<div class='ln-fallback'>still</div></div>" for script in shown)
    )


@pytest.fixture(params=["http", "file"])
def shown(request, tmp_path, browser):
    """A function that opens a page of models and views."""
    shutil.copy(HOST, tmp_path)
    with served(tmp_path) as origin:

        def show(models, views, sources=()):
            (tmp_path / "a.html").write_text(page(models, views, sources))
            return visit(browser, f"{origin}/a.html" if request.param == "http" else (tmp_path / "a.html").as_uri())

        yield show


def test_two_widgets_are_independent_and_two_views_are_one(shown):
    models = {"a": anywidget(COUNTER, count=1), "b": anywidget(COUNTER, count=5)}
    with shown(models, ["a", "b", "a"]) as seen:
        buttons = seen.tab.locator("button")
        assert buttons.all_text_contents() == ["1 born 1", "5 born 1", "1 born 1"]
        buttons.nth(2).click()
        assert buttons.all_text_contents() == ["2 born 1", "5 born 1", "2 born 1"]
        assert seen.complaints == [] and seen.tab.evaluate("window.bookWidgets") == {"mounted": 3, "failed": 0}


@pytest.mark.parametrize("source", [THROWS, BROKEN])
def test_a_widget_that_fails_says_so_in_its_place_only(shown, source):
    models = {"bad": anywidget(source), "good": anywidget(COUNTER, count=1)}
    with shown(models, ["bad", "good"]) as seen:
        hosts = seen.tab.locator(".book-widget")
        assert hosts.nth(0).locator("p").count() == 1 and "could not be started" in hosts.nth(0).text_content()
        assert hosts.nth(0).get_attribute("data-mounted") is None, "its still picture must stay"
        assert hosts.nth(1).text_content() == "1 born 1" and hosts.nth(1).get_attribute("data-mounted") == ""
        assert len(seen.complaints) == 1 and "widget:" in seen.complaints[0]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_figure_that_stops_gives_its_still_picture_back(shown, at_once):
    models = {"bad": anywidget(STOPS.replace("ATONCE", str(at_once).lower())), "good": anywidget(COUNTER, count=1)}
    with shown(models, ["bad", "good"]) as seen:
        bad, good = seen.tab.locator(".book-widget").all()
        assert (bad.get_attribute("data-mounted") is None) == at_once
        bad.locator("figure").click()
        assert bad.text_content() == "stopped" and bad.get_attribute("data-mounted") is None
        assert good.get_attribute("data-mounted") == "" and seen.tab.evaluate("bookWidgets.failed") == 1
        assert seen.complaints == []


def test_models_share_parts_of_their_sources(shown):
    begin, end = COUNTER[:20], COUNTER[20:]
    models = {"a": anywidget([0, 1], count=1), "b": anywidget([0, 1], count=5), "own": anywidget(COUNTER, count=7)}
    with shown(models, ["a", "b", "own"], [begin, end]) as seen:
        assert seen.tab.locator("button").all_text_contents() == ["1 born 1", "5 born 1", "7 born 1"]
        assert seen.complaints == []


def test_what_needs_a_kernel_says_so(shown):
    slider = {"model_name": "IntSliderModel", "model_module": "@jupyter-widgets/controls", "state": {}}
    with shown({"s": slider}, ["s", "lost"]) as seen:
        first, second = seen.tab.locator(".book-widget").all_text_contents()
        assert "IntSlider" in first and "needs a running kernel" in first and "needs a running kernel" in second
        assert seen.complaints == []


def test_every_form_of_module_and_state(shown):
    buffers = [{"data": "AAc=", "encoding": "base64", "path": ["data"]}]
    models = {
        "factory": anywidget(FACTORY),
        "named": anywidget(NAMED),
        "bytes": {**anywidget(BYTES, data=None), "buffers": buffers},
        "hex": {**anywidget(BYTES, data=None), "buffers": [{"data": "0009", "encoding": "hex", "path": ["data"]}]},
        "counter": anywidget(COUNTER, count=3),
        "listens": anywidget(LISTENS, other="IPY_MODEL_counter"),
    }
    with shown(models, list(models)) as seen:
        texts = seen.tab.locator(".book-widget").all_text_contents()
        assert texts == ["made", "named", "7", "9", "3 born 1", "sees 3"]
        seen.tab.locator("button").click()
        assert seen.tab.locator(".book-widget").last.text_content() == "sees 4"
        assert seen.complaints == []
