"""Sets formulas while the book is built: KaTeX in a small JavaScript engine, so that pages need no script for them.

A formula that KaTeX does not understand is a warning at its line in the source, and `-W` makes that fail the build.
"""

import functools
import re
from importlib import resources

import quickjs
from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

LOG = logging.getLogger(__name__)
OPTIONS = '{displayMode: display, output: "htmlAndMathml", throwOnError: true, strict: "error", trust: false}'
CALL = f"""function typeset(tex, display) {{
    try {{ return "+" + katex.renderToString(tex, {OPTIONS}); }} catch (error) {{ return "-" + error.message; }}
}}"""

SOURCE = re.compile(r"<annotation\b.*?</annotation>", re.S)    # the formula's TeX, which nobody sees or hears


class FormulaError(ValueError):
    """KaTeX cannot set this formula; the message is KaTeX's own."""


@functools.cache
def _engine():
    """KaTeX, loaded once. Its source comes with sphinxcontrib-katex; style and fonts are in `assets/katex`."""
    context = quickjs.Context()
    context.eval((resources.files("sphinxcontrib") / "katex.min.js").read_text("utf-8"))
    context.eval(CALL)
    return context


def version() -> str:
    """The version of the KaTeX that sets the formulas."""
    return _engine().eval("katex.version")


@functools.cache
def typeset(tex: str, display: bool) -> str:
    """The HTML of one formula, with MathML inside for screen readers. Raises FormulaError."""
    answer = _engine().get("typeset")(tex, display)
    if answer.startswith("-"):
        raise FormulaError(answer[1:])
    return SOURCE.sub("", answer[1:])


def _html(translator, node, display: bool) -> str:
    tex = node.astext().strip()
    try:
        html = typeset(tex, display)
    except FormulaError as error:
        LOG.warning("formula %r: %s", tex, error, location=node, type="math", subtype="katex")
        return f"<code>{translator.encode(tex)}</code>"
    # a wide formula scrolls in its own box, so the keyboard must be able to reach it
    return html.replace('<span class="katex-display">', '<span class="katex-display" tabindex="0">', 1)


def _inline(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(_html(translator, node, display=False) + "</span>")
    raise nodes.SkipNode


def _block(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    translator.body.append(_html(translator, node, display=True))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the part."""
    app.add_html_math_renderer("katex-at-build-time", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
