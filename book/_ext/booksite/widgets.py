"""Prepares each page's widgets: steady names instead of random ones, only the state that a page uses, a still picture each.

MyST-NB writes the state of every widget model of a notebook into its page, and a view wherever one is shown. Model names
are random, so they are numbered here: the same book always gives the same bytes. A widget hands over its still picture as
HTML in the string `fallback` of its state; it is put after the view, where a reader without JavaScript or on paper sees
it, and `book.css` hides it once the widget host has mounted that view.
"""

import json
import re

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector

VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.S)
LOOKS = ("LayoutModel", "StyleModel")                    # models that only say how a standard control looks


def embed(value) -> str:
    """JSON that can stand inside a script element, whatever markup its strings hold."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def tidy(bundle: dict) -> tuple[dict, dict[str, str], dict[str, str]]:
    """Split a page's widget state into what the page needs, the new name of each model, and the still pictures by new name."""
    records = {old: rec for old, rec in bundle.get("state", {}).items() if not rec["model_name"].endswith(LOOKS)}
    names = {old: f"widget-{number}" for number, old in enumerate(records, 1)}
    pictures = {names[old]: rec["state"]["fallback"] for old, rec in records.items() if rec["state"].get("fallback")}
    slim = {}
    for old, record in records.items():
        state = {key: value for key, value in record["state"].items() if key not in ("fallback", "layout", "style")}
        slim[names[old]] = {**record, "state": state}
    return {**bundle, "state": rename(slim, names)}, names, pictures


def rename(value, names: dict[str, str]):
    """The same JSON value, in which references between models (`IPY_MODEL_…`) use the new names."""
    text = json.dumps(value)
    for old, new in names.items():
        text = text.replace(f'"IPY_MODEL_{old}"', f'"IPY_MODEL_{new}"')
    return json.loads(text)


def show(html: str, names: dict[str, str], pictures: dict[str, str]) -> str:
    """A view under its model's new name, followed by the model's still picture."""
    view = json.loads(VIEW.search(html)[1])
    name = names.get(view["model_id"], view["model_id"])
    script = f'<script type="application/vnd.jupyter.widget-view+json">{embed({**view, "model_id": name})}</script>'
    picture = f'\n<div class="ln-fallback">{pictures[name]}</div>' if name in pictures else ""
    return VIEW.sub(lambda _: script + picture, html, count=1)


def _page(app, doctree):
    _, attributes = NbMetadataCollector.get_js_files(app.env, app.env.docname).get("ipywidgets_state", (None, {}))
    bundle, names, pictures = tidy(json.loads(attributes.get("body") or "{}"))
    if names:
        attributes["body"] = embed(bundle)
    for node in doctree.findall(nodes.raw):
        if VIEW.search(node.astext()):
            html = show(node.astext(), names, pictures)
            node.children[:], node.rawsource = [nodes.Text(html)], html


def setup(app):
    """Register the part."""
    app.connect("doctree-read", _page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
