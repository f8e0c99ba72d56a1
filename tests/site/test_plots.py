"""Plots that become part of a page: in its colours, with ids of their own, legible, light, and the same every time."""

import base64
import gzip
import io
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import docutils.utils
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from booksite import ASSETS, plots, tables
from docutils import nodes
from PIL import Image

from lightnets_edu import show

SVG = "{http://www.w3.org/2000/svg}"


def drawn(draw, **options) -> str:
    """What a lesson's cell would give: matplotlib's own SVG."""
    with matplotlib.rc_context(), io.BytesIO() as file:
        show.vector_plots()
        fig, ax = plt.subplots(figsize=(4, 3))
        draw(ax)
        fig.savefig(file, format="svg", metadata={"Date": None}, **options)
        plt.close(fig)
        return file.getvalue().decode()


def everything(ax) -> None:
    """Lines with markers, bars with hatches, letters, a legend, a raster, and what is cut to the axes."""
    ax.plot([0, 1, 2], [2, 0, 1], "o-", label="one < two")
    ax.bar([0, 1], [1, 2], color="#D55E00", edgecolor="white", hatch="//", alpha=0.4)
    ax.imshow(np.linspace(-1, 1, 36).reshape(6, 6), cmap="signed", vmin=-1, vmax=1, extent=(0, 2, 0, 2))
    ax.text(1, 1, "small", fontsize=8, color="#595959")
    ax.set(xlabel="x", ylabel="y", yscale="symlog")
    ax.legend()


def parsed(svg: str, name: str = "plot1", alt: str = "Some lines") -> ET.Element:
    (picture,) = ET.fromstring(plots.themed(svg, name, alt))
    return picture


def test_every_colour_is_the_page_s_own():
    page = plots.themed(drawn(everything), "plot1", "Some lines")
    assert not re.search(r"#[0-9a-f]{6}", re.sub("data:[^\"]*", "", page), re.I)
    used = set(re.findall(r"var\((--[\w-]+)\)", page))
    assert used == {"--pst-color-background", "--pst-color-text-muted", "--ln-0", "--ln-1"} and "currentColor" in page
    css = (ASSETS / "book.css").read_text("utf-8")
    for theme in ("light", "dark"):
        (block,) = re.findall(rf'^html\[data-theme="{theme}"\] \{{(.*?)^\}}', css, re.S | re.M)
        assert {*used, "--ln-2", "--ln-3"} <= set(re.findall(r"--[\w-]+(?=:)", block)), theme
        if theme == "light":
            inks = dict(re.findall(r"(--ln-\d): (#\w+)", block))
            assert [inks[f"--ln-{i}"] for i in range(4)] == [ink.lower() for ink in show.INKS]


@pytest.mark.parametrize("colour", ["#123456", "red", "tab:blue"])
def test_a_colour_that_no_theme_has_is_refused(colour):
    wrong = matplotlib.colors.to_hex(colour)
    for draw in (lambda ax: ax.plot([0, 1], color=colour), lambda ax: ax.set_title("x", color=colour)):
        with pytest.raises(plots.PlotError, match=f"{wrong} in a plot is no colour that the page has for both themes"):
            plots.themed(drawn(draw), "plot1", "")


def test_the_ground_goes_and_what_is_white_on_purpose_stays():
    def white(ax):
        ax.bar([0, 1], [1, 2], color="#0072B2", edgecolor="white")

    picture = parsed(drawn(white))
    grounds = [part for part in picture.iter() if part.get("fill") == "var(--pst-color-background)"]
    edges = [part for part in picture.iter() if part.get("stroke") == "var(--pst-color-background)"]
    assert not grounds and len(edges) == 2


def test_ids_of_two_plots_are_their_own_and_every_reference_is_kept():
    svg = drawn(everything)
    pictures = [parsed(svg, name) for name in ("plot1", "plot2")]
    ids = [[part.get("id") for part in picture.iter() if part.get("id")] for picture in pictures]
    assert ids[0] and len({*ids[0], *ids[1]}) == 2 * len(ids[0])
    for picture, own in zip(pictures, ids, strict=True):
        asked = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', ET.tostring(picture, "unicode"))
        assert {first or second for first, second in asked} == set(own)
    assert set(re.findall(r'\bid="([^"]+)"', svg)) & {"figure_1", "patch_1"}, "matplotlib gives all plots the same ids"


def test_letters_are_text_in_the_page_s_face():
    picture = parsed(drawn(everything), alt='Lines, "quoted" & <more>')
    said = ["".join(part.itertext()) for part in picture.iter(f"{SVG}text")]
    assert {"one < two", "small", "x", "y"} <= set(said)
    assert not [part for part in picture.iter() if part.get("font-family") or part.get("style", "").startswith("font")]
    assert (picture.get("role"), picture.get("aria-label")) == ("img", 'Lines, "quoted" & <more>')


def test_the_smallest_letters_stay_legible():
    """At the least width that its style lets it have, they are as high as ten pixels."""
    picture = parsed(drawn(everything))
    least, width = float(re.search(r"--least:(\d+)px", picture.get("style"))[1]), float(picture.get("viewBox").split()[2])
    smallest = min(float(part.get("font-size").removesuffix("px")) for part in picture.iter() if part.get("font-size"))
    assert smallest < 10 and smallest * least / width == pytest.approx(10, abs=0.1)
    assert re.search(r"\.book-plot > svg \{[^}]*min-width: var\(--least\)", (ASSETS / "book.css").read_text("utf-8"))


def test_rasters_keep_what_they_show_and_let_the_ground_through():
    """Zero is transparent, both signs grow stronger, and a photograph is a fraction of its PNG."""
    def values(ax):
        ax.imshow([[-1, -0.5, 0, 0.5, 1]], cmap="signed", vmin=-1, vmax=1, interpolation="none")

    picture = raster(parsed(drawn(values)))
    pixels = [picture.getpixel((x, 0)) for x in np.linspace(0, picture.width - 1, 5).astype(int)]
    assert [pixel[3] for pixel in pixels] == pytest.approx([255, 128, 0, 128, 255], abs=2)
    assert pixels[0][:3] == (0x00, 0x72, 0xB2) and pixels[4][:3] == (0xD5, 0x5E, 0x00)
    rng = np.random.default_rng(0)
    photo = np.clip(rng.normal(0.5, 0.03, (160, 160, 3)) + np.linspace(-0.3, 0.3, 160)[:, None], 0, 1)
    svg = drawn(lambda ax: ax.imshow(photo, interpolation="none"))
    ours, theirs = plots.themed(svg, "plot1", ""), svg
    assert len(gzip.compress(ours.encode())) < len(gzip.compress(theirs.encode())) / 3
    shown = np.asarray(raster(parsed(svg)).convert("RGB"), float) / 255
    assert abs(shown - photo).mean() < 0.03


def raster(picture: ET.Element) -> Image.Image:
    (image,) = picture.iter(f"{SVG}image")
    return Image.open(io.BytesIO(base64.b64decode(image.get("href").partition(",")[2]))).convert("RGBA")


def test_a_plot_is_the_same_every_time_and_lighter_than_its_picture():
    def curves(ax):
        for i in range(4):
            ax.plot(range(100), [i * x for x in range(100)], label=f"line {i}")
        ax.legend()

    svg, png = drawn(curves), io.BytesIO()
    page = plots.themed(svg, "plot1", "Lines")
    assert page == plots.themed(drawn(curves), "plot1", "Lines")
    with matplotlib.rc_context():
        show.vector_plots()
        fig, ax = plt.subplots(figsize=(4, 3))
        curves(ax)
        fig.savefig(png, format="png")
        plt.close(fig)
    assert len(gzip.compress(page.encode())) < len(gzip.compress(svg.encode())) < len(gzip.compress(png.getvalue()))


def test_a_plot_with_very_many_points_is_refused_until_they_are_one_picture():
    x, y = np.random.default_rng(0).normal(size=(2, 20_000))
    with pytest.raises(plots.PlotError, match=r"takes \d+,\d+ bytes of the page, compressed, and may take 64,000: .* rasterized"):
        plots.themed(drawn(lambda ax: ax.plot(x, y, "o", ms=2)), "plot1", "Many")
    picture = parsed(drawn(lambda ax: ax.plot(x, y, "o", ms=2, rasterized=True)))
    shown = raster(picture)
    assert shown.getpixel((0, 0))[3] == 0 and (0x00, 0x72, 0xB2, 255) in set(shown.get_flattened_data())
    assert len(list(picture.iter(f"{SVG}text"))) > 4, "its axes stay letters"


def page_with(tmp_path, kind: str, content: str):
    """A page as MyST-NB reads it: one output in a figure. Returns the document, after our part has seen it."""
    (tmp_path / "a.picture").write_text(content)
    app = SimpleNamespace(env=SimpleNamespace(relfn2path=lambda uri: (uri, str(tmp_path / uri.lstrip("/")))))
    document = docutils.utils.new_document("page")
    picture = nodes.image(uri="/a.picture", alt="Lines")
    document += nodes.figure("", nodes.container("", picture, mime_type=kind), nodes.caption("", "A caption"))
    document += nodes.image(uri="drawn-by-hand.png", alt="Not of a cell")
    plots._page(app, document)
    return document


def test_plots_of_a_page_stand_in_it(tmp_path):
    document = page_with(tmp_path, "image/svg+xml", drawn(everything))
    (raw,) = document.findall(nodes.raw)
    assert raw.astext().startswith('<div class="book-plot') and 'aria-label="Lines"' in raw.astext()
    assert [picture["uri"] for picture in document.findall(nodes.image)] == ["drawn-by-hand.png"]


@pytest.mark.parametrize(("kind", "draw", "said"), [
    ("image/png", everything, "a plot is image/png: call `show.vector_plots()` before you draw"),
    ("image/svg+xml", lambda ax: ax.plot([0, 1], color="red"), "#ff0000 in a plot is no colour"),
])  # fmt: skip
def test_a_plot_that_would_shine_in_the_dark_is_told(tmp_path, monkeypatch, kind, draw, said):
    told = []
    monkeypatch.setattr(plots.LOG, "warning", lambda text, error, **place: told.append(f"{error} {place['location'].tagname}"))
    document = page_with(tmp_path, kind, drawn(draw))
    assert len(told) == 1 and told[0].startswith(said) and told[0].endswith("image")
    assert len(list(document.findall(nodes.image))) == 2


@pytest.mark.parametrize(("text", "quiet"), [
    ("0", True), ("0.0%", True), ("0 ms", True), ("–", True), ("−0.0", True),
    ("10", False), ("0.1", False), ("0 to 3", False), ("", False), ("- 5", False),
])  # fmt: skip
def test_cells_that_hold_nothing_are_marked(text, quiet):
    entry = nodes.entry("", nodes.paragraph("", text))
    document = docutils.utils.new_document("page")
    document += nodes.table("", nodes.tgroup("", nodes.tbody("", nodes.row("", entry))))
    tables._page(None, document)
    assert ("book-zero" in entry["classes"]) == quiet
