"""What a reader can take away: each chapter's notebook, from a menu of its page, and the package's wheel.

A page with a notebook for readers has `coursekit` in its source's metadata. Where its source is that notebook, as in
`jupyter-book build .`, it is put beside the page here; where the source is a page with outputs, whoever staged it adds
the notebook. Pages say `{{repository}}`, `{{folder}}` and `{{wheel}}` for the repository's address, the folder that a
clone of it makes, and a link to the wheel.
"""

import json
import shutil
from pathlib import Path, PurePosixPath

CARRIED = "carried"  # the folder of the stage that is copied into the site's root
BUTTON = "download-notebook"


def _prepare(app, config):
    if Path(app.srcdir, CARRIED).is_dir():
        config.html_extra_path.append(CARRIED)


def _fill(app, docname, source):
    """Put addresses into a page. Where the site carries no wheel, as with `jupyter-book build .`, say what makes it."""
    repository = app.config.html_theme_options.get("repository_url", "").rstrip("/")
    up = "../" * docname.count("/")
    wheels = [path.name for path in sorted(Path(app.srcdir, CARRIED).glob("*.whl"))]
    links = [f'<a href="{up}{name}" download aria-label="Download the package {name}">{name}</a>' for name in wheels]
    values = {"repository": repository, "folder": repository.rpartition("/")[2],
              "wheel": links[0] if links else "the wheel that `make dist` makes"}  # fmt: skip
    for name, value in values.items():
        source[0] = source[0].replace(f"{{{{{name}}}}}", value)


def _metadata(app, docname) -> dict:
    """What a page's source says of its notebook for readers; nothing where there is none."""
    path = Path(app.env.doc2path(docname))
    return json.loads(path.read_text("utf-8"))["metadata"].get("coursekit", {}) if path.suffix == ".ipynb" else {}


def _page(app, pagename, templatename, context, doctree):
    """Add the notebook to the menu that opens it elsewhere."""
    menus = [menu for menu in context.get("header_buttons", []) if menu.get("label") == "launch-buttons"]
    if doctree is not None and menus and _metadata(app, pagename):
        name = f"{PurePosixPath(pagename).name}.ipynb"
        words = "Download the notebook"
        menus[0]["tooltip"] = "Run or download this chapter"
        menus[0]["buttons"].append({"type": "link", "url": name, "text": words, "tooltip": f"{words} {name}",
                                    "icon": "fas fa-download", "label": BUTTON})  # fmt: skip


def _copy(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    for docname in sorted(app.env.found_docs):
        if "sha256" in _metadata(app, docname):
            shutil.copyfile(app.env.doc2path(docname), Path(app.outdir, f"{docname}.ipynb"))


def setup(app):
    """Register the part."""
    app.connect("config-inited", _prepare)
    app.connect("source-read", _fill)
    app.connect("html-page-context", _page, priority=910)  # after the theme's own buttons
    app.connect("build-finished", _copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
