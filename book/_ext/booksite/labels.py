"""Writes what every label of the book points at, so that other editions print the same numbers and link to these pages.

The file lies beside the site, not in it: `labels.json` next to the folder of the doctrees, unless `book_labels_path`
or, first, the environment variable BOOK_LABELS names another place. One entry: {url, title, kind, number}; what has no
number has null there. Kinds are figure, table, code-block, section and equation.
"""

import json
import os
from pathlib import Path

from docutils import nodes


def _kind_and_number(app, docname, node):
    """What sort of thing a labelled node is, and its number as the pages print it."""
    standard = app.env.get_domain("std")
    if node is None:
        return None, None
    kind = "section" if isinstance(node, nodes.section) else standard.get_enumerable_node_type(node)
    if kind is None:
        return None, None
    try:
        number = standard.get_fignumber(app.env, app.builder, kind, docname, node)
    except ValueError:  # Sphinx's word for "not numbered"
        number = None
    return kind, ".".join(map(str, number)) if number else None


def _equation_number(app, docname, label):
    """The number of an equation: within its chapter where figures are numbered so, through the book otherwise."""
    env = app.env
    if not (env.config.math_numfig and env.config.numfig):
        return str(env.get_domain("math").get_equation_number_for(label))
    numbers = env.toc_fignumbers.get(docname, {}).get("displaymath", {}).get(nodes.make_id(f"equation-{label}"), ())
    return env.config.math_numsep.join(".".join(map(str, numbers)).rsplit(".", 1))


def collect(app) -> dict[str, dict]:
    """Every label of the book, sorted by name."""
    env, uri, found = app.env, app.builder.get_target_uri, {}
    standard = env.get_domain("std")
    doctrees = {docname: env.get_doctree(docname) for docname in env.found_docs}
    for name, (docname, anchor) in standard.anonlabels.items():
        if docname not in doctrees:  # Sphinx's own: genindex, search
            continue
        kind, number = _kind_and_number(app, docname, doctrees[docname].ids.get(anchor))
        title = standard.labels[name][2] if name in standard.labels else ""
        found[name] = {"url": f"{uri(docname)}#{anchor}", "title": title, "kind": kind, "number": number}
    for name, (docname, _) in env.get_domain("math").equations.items():
        url = f"{uri(docname)}#{nodes.make_id(f'equation-{name}')}"
        number = _equation_number(app, docname, name)
        found[name] = {"url": url, "title": "", "kind": "equation", "number": number}
    return dict(sorted(found.items()))


def _write(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    named = os.environ.get("BOOK_LABELS") or app.config.book_labels_path
    path = Path(app.confdir, named) if named else Path(app.doctreedir).parent / "labels.json"
    if path.resolve().is_relative_to(Path(app.outdir).resolve()):
        raise ValueError(f"book_labels_path: {path} lies inside the site {app.outdir}; name a place outside it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(collect(app), indent=1, ensure_ascii=False) + "\n", "utf-8")


def setup(app):
    """Register the part."""
    app.add_config_value("book_labels_path", "", "")
    app.connect("build-finished", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
