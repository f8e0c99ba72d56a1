"""Puts matplotlib's plots into the page itself, in the colours of its theme, so that none is a light slab in the dark.

A lesson draws for light paper, as it would anywhere. Here each colour of the book's palette becomes the page's own
variable, the plot's ground goes, its letters are set in the page's face, and its ids are its own among all plots of the
page. Photographs and maps of values, which matplotlib embeds as PNG, are kept as WebP, in a fraction of the bytes.
"""

import base64
import gzip
import html
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.util import logging

LOG = logging.getLogger(__name__)

GROUND = ("#fdfcf9", "#ffffff")
COLOURS = {  # what a lesson draws with, and what the page has for it: the same four as in figures and diagrams
    **dict.fromkeys(GROUND, "var(--pst-color-background)"), "#000000": "currentColor",
    "#595959": "var(--pst-color-text-muted)",
    "#0072b2": "var(--ln-0)", "#d55e00": "var(--ln-1)", "#009e73": "var(--ln-2)", "#c0689a": "var(--ln-3)",
}  # fmt: skip
COLOUR = re.compile(r"#[0-9a-f]{6}\b", re.I)
REFERENCE = re.compile(r'(?:url\(#|href="#)([^")]+)')
NUMBER = re.compile(r"-?\d+\.\d{3,}")
DATA = re.compile(r"data:image/png;base64,(.*)", re.S)
DROPPED = {"id", "version", "font-family", "font"}
PLACES = {"d", "x", "y", "width", "height", "points"}  # hundredths of a point are enough
HEAVY = 64_000  # bytes as a page sends them, compressed; a photograph and three maps of it take 45,000
LEGIBLE = 10  # pixels: what the smallest letters of a plot keep on a small screen; the plot is scrolled there


class PlotError(ValueError):
    """A plot with a colour for which the page has none, or one that is too heavy for a page."""


def themed(svg: str, name: str, alt: str) -> str:
    """A plot as part of a page, with ids that begin with `name`. PlotError where it cannot be one."""
    if unknown := sorted({c.lower() for c in COLOUR.findall(DATA.sub("", svg))} - set(COLOURS)):
        raise PlotError(f"{', '.join(unknown)} in a plot is no colour that the page has for both themes: draw with "
                        f"{', '.join(COLOURS)}, lighter by alpha, and maps of values with cmap=\"signed\"")  # fmt: skip
    root = ET.fromstring(svg)
    ids = {old: f"{name}-{i}" for i, old in enumerate(dict.fromkeys(REFERENCE.findall(svg)), 1)}
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", svg)]
    least = min(width * 4 / 3, width * LEGIBLE / min(sizes)) if sizes else 0
    body = "".join(part for child in root for part in _written(child, ids))
    whole = (    # the theme makes what is of this class, and can be scrolled, a stop of the Tab key
        f'<div class="book-plot pst-scrollable-table-container"><svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{html.escape(alt)}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}" '
        f'style="--least:{least:.0f}px" fill="currentColor" stroke-linejoin="round">{body}</svg></div>'
    )
    if (size := len(gzip.compress(whole.encode()))) > HEAVY:
        raise PlotError(f"a plot takes {size:,} bytes of the page, compressed, and may take {HEAVY:,}: "
                        "draw what has many points with rasterized=True, and photographs smaller")  # fmt: skip
    return whole


def _written(element: ET.Element, ids: dict[str, str]) -> Iterator[str]:
    """An element without what only matplotlib reads; a group that says nothing gives way to what it holds."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style") or (_style(element).keys() == {"fill"} and _style(element)["fill"] in GROUND):
        return
    inside = [part for child in element for part in _written(child, ids)]
    looks = _attributes(element, ids)
    if tag in ("g", "defs") and not inside:
        return
    if tag == "g" and not looks:
        yield from inside
        return
    said = "".join(f' {key}="{html.escape(value)}"' for key, value in looks.items())
    text = html.escape(element.text or "", quote=False) if tag in ("text", "tspan") else ""
    yield f"<{tag}{said}>{text}{''.join(inside)}</{tag}>" if text or inside else f"<{tag}{said}/>"


def _style(element: ET.Element) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in element.get("style", "").split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if value}


def _attributes(element: ET.Element, ids: dict[str, str]) -> dict[str, str]:
    """Its attributes, and what its style says as such, with the page's colours and ids."""
    own = {key.rpartition("}")[2]: value for key, value in element.attrib.items() if key != "style"}
    found = {key: value for key, value in {**own, **_style(element)}.items() if key not in DROPPED}
    if own.get("id") in ids:
        found["id"] = ids[own["id"]]
    for key, value in found.items():
        if key in PLACES:
            value = NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), " ".join(value.split()))
        value = re.sub(r"(url\(#|^#)([^)]+)", lambda match: match[1] + ids.get(match[2], match[2]), value)
        found[key] = COLOUR.sub(lambda match: COLOURS.get(match[0].lower(), match[0]), value)
    if found.get("transform", "").startswith("rotate(-0 "):
        del found["transform"]
    if picture := DATA.match(found.get("href", "")):
        found["href"] = f"data:image/webp;base64,{base64.b64encode(_webp(base64.b64decode(picture[1]))).decode()}"
    return found


def _webp(png: bytes) -> bytes:
    """Without loss where that is the smaller: maps with few values; otherwise photographs, with hardly any."""
    picture, made = Image.open(io.BytesIO(png)), [io.BytesIO(), io.BytesIO()]
    picture.save(made[0], "WEBP", lossless=True, quality=100, method=6)
    picture.save(made[1], "WEBP", quality=90, method=6)
    return min((file.getvalue() for file in made), key=len)


def _page(app, doctree):
    """Before Sphinx collects pictures to copy: those that stand in the page need no file."""
    outputs = [picture for picture in doctree.findall(nodes.image) if "mime_type" in picture.parent]
    for number, picture in enumerate(outputs, 1):
        try:
            if picture.parent["mime_type"] != "image/svg+xml":
                raise PlotError(f"a plot is {picture.parent['mime_type']}: call `show.vector_plots()` before you draw")
            svg = Path(app.env.relfn2path(picture["uri"])[1]).read_text("utf-8")
            drawn = themed(svg, f"plot{number}", picture.get("alt", ""))
        except PlotError as error:
            LOG.warning("%s", error, location=picture, type="plots")
        else:
            picture.replace_self(nodes.raw("", drawn, format="html"))


def setup(app):
    """Register the part."""
    app.connect("doctree-read", _page, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
