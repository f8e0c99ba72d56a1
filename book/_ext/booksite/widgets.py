"""Prepares each page's widgets: steady names, only the state that a page uses, and a still picture of each.

MyST-NB writes the state of every widget model of a notebook into its page, and a view wherever one is shown. Model
names are random, so they are numbered here: the same book always gives the same bytes. A widget's own module draws its
still picture (`still.py`), with the style sheet that it shares with the living one; it is put after the view, where a
reader without JavaScript or on paper sees it, and `book.css` hides it once the widget host has mounted that view.
"""

import json
import re

import tinycss2
from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util import logging

from . import minify
from .still import StillError, still

LOG = logging.getLogger(__name__)

VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.S)
REFERENCE = re.compile(r'"IPY_MODEL_(\w+)"')
SLEEPER = '<figure class="ln-asleep">'    # what stands for a figure in a notebook where it does not live
SCOPE = re.compile(r"(?<=^\}\)\(\);\n)", re.M)    # behind the scope of a module that a figure's own is composed with
NOT_NEEDED = ("_css", "layout", "style")  # stands before a still picture, or is only for standard controls


def embed(value) -> str:
    """JSON that can stand inside a script element, whatever markup its strings hold."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")


def needed(records: dict, viewed: list[str]) -> dict[str, dict]:
    """The models that the views show or refer to, in the order of the page, without superfluous state."""
    found, waiting = {}, list(reversed(viewed))
    while waiting:
        name = waiting.pop()
        if name in records and name not in found:
            state = {key: value for key, value in records[name]["state"].items() if key not in NOT_NEEDED}
            found[name] = {**records[name], "state": state}
            waiting += reversed(REFERENCE.findall(json.dumps(state)))
    return found


def tidy(bundle: dict, viewed: list[str]) -> tuple[dict, dict[str, str]]:
    """Split widget state into what a page's views need, and each model's new name."""
    kept = needed(bundle.get("state", {}), viewed)
    names = {old: f"widget-{number}" for number, old in enumerate(kept, 1)}
    text = REFERENCE.sub(lambda m: f'"IPY_MODEL_{names.get(m[1], m[1])}"', json.dumps(list(kept.values())))
    models, parts = json.loads(text), {}
    for state in (model["state"] for model in models):
        if "_esm" in state:  # a long text, of parts that many figures share: each stands in the page once, beside them
            *shared, own = SCOPE.split(state["_esm"])
            small = [*map(minify.script, shared), minify.script(own, module=True)]
            state["_esm"] = [parts.setdefault(part, len(parts)) for part in small]
    return {"sources": list(parts), **bundle, "state": dict(zip(names.values(), models, strict=True))}, names


def show(html: str, names: dict[str, str], picture: str) -> str:
    """A view under its model's new name, followed by the model's still picture."""
    view = json.loads(VIEW.search(html)[1])
    name = names.get(view["model_id"], view["model_id"])
    script = f'<script type="application/vnd.jupyter.widget-view+json">{embed({**view, "model_id": name})}</script>'
    return VIEW.sub(lambda _: script + (picture and f'\n<div class="ln-fallback">{picture}</div>'), html, count=1)


def rules(css: str) -> list[str]:
    """The rules of a style sheet, without comments; as one where it does not parse."""
    found = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return [css] if any(rule.type == "error" for rule in found) else [rule.serialize() for rule in found]


class Stills:
    """The still pictures of one page's models; each rule of style stands in the page once, before its first picture.

    A figure's style sheet begins with that of the kit, which the figures of a page share.
    """

    def __init__(self, records: dict):
        self.records, self.styles = records, set()

    def of(self, name: str) -> str:
        """Style and picture of a model, "" where it is no moving figure. StillError where it cannot be drawn."""
        record = self.records.get(name, {})
        if record.get("model_module") != "anywidget":
            return ""
        state = {key: value for key, value in record["state"].items() if not key.startswith("_")}
        css = record["state"].get("_css", "")
        new = list(dict.fromkeys(rule for rule in rules(css) if rule not in self.styles))
        self.styles.update(new)
        style = f"<style>{''.join(new)}</style>" if new else ""
        return style + still(record["state"].get("_esm", ""), state)


def drop_what_shows_nothing(doctree) -> None:
    """Take out emptied outputs, such as a progress bar at its end, and still pictures, which this page has already."""
    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if "mime_type" in node.parent and (not text.strip() or text.startswith(SLEEPER)):
            node.parent.remove(node)    # with its last part MyST-NB removes an output


def _page(app, doctree):
    drop_what_shows_nothing(doctree)
    views = [node for node in doctree.findall(nodes.raw) if VIEW.search(node.astext())]
    if not views:
        return
    _, attributes = NbMetadataCollector.get_js_files(app.env, app.env.docname).get("ipywidgets_state", (None, {}))
    viewed = [json.loads(VIEW.search(node.astext())[1])["model_id"] for node in views]
    whole = json.loads(attributes.get("body") or "{}")
    stills = Stills(whole.get("state", {}))
    bundle, names = tidy(whole, viewed)
    attributes["body"] = embed(bundle)
    for node, name in zip(views, viewed, strict=True):
        try:
            picture = stills.of(name)
        except StillError as error:
            LOG.warning("the figure cannot draw its still picture: %s", error, location=node, type="widgets")
            picture = ""
        html = show(node.astext(), names, picture)
        node.children[:], node.rawsource = [nodes.Text(html)], html


def setup(app):
    """Register the part."""
    app.connect("doctree-read", _page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
