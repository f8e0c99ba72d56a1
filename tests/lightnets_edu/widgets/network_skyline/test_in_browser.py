"""The figure of a network's costs in a real browser: what is drawn against the rows, hand and keyboard, deep networks."""

import pytest
import stage
from network_skyline.expected import (
    OTHER,
    by_kind,
    ceiling,
    percent,
    ranked,
    running,
    sentence,
    summary,
    values,
)
from stage import move, open_data, trait
from torch import nn

from lightnets_edu.widgets import NetworkSkyline
from lightnets_edu.widgets.network_skyline.rows import KINDS, METRICS

# What stands in the i-th picture: bars and marks as [x, width, height] for each kind drawn, the lines' points, the texts.
DRAWN = """(i) => {
  const picture = document.querySelectorAll(".ln-ns-sky")[i], all = (name) => [...picture.querySelectorAll(name)];
  const boxes = (path) => [...path.getAttribute("d").matchAll(/M([\\d.]+) ([\\d.]+)h([\\d.]+)v([\\d.]+)/g)].map((m) => m.slice(1).map(Number));
  const points = (name) => all(name)[0].getAttribute("d").match(/L[^L]+/g).map((p) => p.slice(1).split(" ").map(Number));
  return {
    bars: all(".ln-ns-bars").map(boxes), marks: all(".ln-ns-marks").map(boxes), on: all(".ln-ns-on").map(boxes).flat(),
    line: points(".ln-ns-line"), other: points(".ln-ns-other"), texts: all("text").map((node) => node.textContent),
    inks: all(".ln-ns-bars").map((node) => +node.getAttribute("class").match(/ln-ink(\\d)/)[1]), dots: all("circle").length,
    high: +picture.getAttribute("viewBox").split(" ")[3],
  };
}"""
INK = [0, 1, 2, 2, 3, 3, 3]
NAMES = ["mobilenet_v1_1.0", "squeezenext_1.0_g_sqnxt_23", "xception", "vgg16"]


class Deep(nn.Module):
    """Two hundred layers of four kinds."""

    def __init__(self):
        super().__init__()
        kinds = (dict(kernel_size=1), dict(kernel_size=3, padding=1, groups=32), dict(kernel_size=3, padding=1), dict(kernel_size=1, groups=4))
        self.layers = nn.Sequential(*[nn.Conv2d(32, 32, **kinds[i % 4]) for i in range(199)])
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.layers(x).mean(dim=(2, 3)))


@pytest.fixture(scope="module")
def four():
    return NetworkSkyline(NAMES)


def here(tab) -> tuple:
    return tuple(trait(tab, name) for name in ("shown", "against", "metric", "order", "scale", "layer"))


@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("order", ["execution", "largest first"])
@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_drawn_in_its_place_and_kind(paper, name, order, width):
    """Kinds by lane and colour, heights and both lines to a tenth of a pixel, for each measure."""
    tab, foot = paper(NetworkSkyline([name], order=order, layer=3), width=width), 190 + (22 if width > 600 else 36)
    for metric in METRICS:
        move(tab, {"metric": metric})
        rows = NetworkSkyline([name]).network()["rows"]
        numbers = values(rows, metric)
        places, top = ranked(numbers, order), ceiling(max(numbers))
        found, kinds = tab.evaluate(DRAWN, 0), sorted({row[1] for row in rows})
        assert found["inks"] == [INK[kind] for kind in kinds]
        x = [point[0] for point in found["line"]]
        assert x == sorted(x) and len(x) == len(rows)
        for kind, bars, marks in zip(kinds, found["bars"], found["marks"], strict=True):
            own = [k for k, place in enumerate(places) if rows[place][1] == kind]
            assert [round(b[0] + b[2] / 2, 1) for b in bars] == pytest.approx([x[k] for k in own], abs=0.15)
            assert [m[0] for m in marks] == [b[0] for b in bars], "each mark under its bar"
            assert [b[3] for b in bars] == pytest.approx([190 * numbers[places[k]] / top for k in own], abs=0.01)
            assert {round(b[1] + b[3], 1) for b in bars} == {foot}, "all stand on the axis"
        for line, measure in (("line", metric), ("other", OTHER[metric])):
            shares = running([values(rows, measure)[place] for place in places])
            assert [y for _, y in found[line]] == pytest.approx([foot - 190 * share for share in shares], abs=0.01)
        chosen = places.index(3)
        assert found["dots"] == len(found["on"]) == 1
        assert found["on"][0][0] + found["on"][0][2] / 2 == pytest.approx(x[chosen], abs=0.1)
        assert found["on"][0][3] == pytest.approx(190 * numbers[3] / top, abs=0.01)
        shares = [percent(n, sum(numbers)) for kind, n in enumerate(by_kind(rows, metric)) if kind in kinds]
        if width > 600:
            assert {KINDS[kind] for kind in kinds} | set(shares) <= set(found["texts"])
            assert not tab.locator(".ln-ns-key").first.is_visible()
        else:
            key = tab.locator(".ln-ns-key").first.locator("span").all_inner_texts()
            assert key == [f"{KINDS[kind][0].upper()} {KINDS[kind]} {share}" for kind, share in zip(kinds, shares, strict=True)]
            assert {KINDS[kind][0].upper() for kind in kinds} <= set(found["texts"])


def test_two_networks_on_one_scale_or_each_on_its_own(paper, four):
    tab = paper(NetworkSkyline(NAMES, shown="mobilenet_v1_1.0", against="vgg16"), width=500)
    assert tab.locator(".ln-ns-key").last.is_visible()
    small, large = (max(values(four.network(name)["rows"], "macs")) for name in ("mobilenet_v1_1.0", "vgg16"))
    tallest = lambda i: max(bar[3] for bars in tab.evaluate(DRAWN, i)["bars"] for bar in bars)  # noqa: E731
    low = "Untick “Same scale” to see it."
    tab.get_by_label("Count").select_option("parameters")
    assert low in tab.evaluate(DRAWN, 0)["texts"] and low not in tab.evaluate(DRAWN, 1)["texts"]
    tab.get_by_label("Count").select_option("multiply-adds")
    assert tallest(0) / tallest(1) == pytest.approx(small / large, rel=1e-2)
    assert tab.evaluate(DRAWN, 0)["texts"][:6] == tab.evaluate(DRAWN, 1)["texts"][:6] == ["0", "0%", "1 G", "50%", "2 G", "100%"]
    tab.get_by_label("Same scale").uncheck()
    assert tallest(0) == pytest.approx(130 * small / ceiling(small), abs=0.01)
    assert tab.evaluate(DRAWN, 0)["texts"][4] == "60 M" and low not in tab.evaluate(DRAWN, 0)["texts"]
    assert tab.evaluate(DRAWN, 1)["on"] == [] and tab.evaluate(DRAWN, 1)["dots"] == 0, "layers are selected in the first"
    tab.get_by_label("Against").select_option("none")
    assert not tab.get_by_label("Same scale").is_visible()
    assert [part for part in ("title", "sky", "key") if tab.locator(f".ln-ns-{part}").last.is_visible()] == []


def test_every_sentence_is_pythons(paper, four):
    tab, network = paper(NetworkSkyline(NAMES)), four.network("mobilenet_v1_1.0")
    live, title = tab.locator(".ln-say"), tab.locator(".ln-ns-title").first
    for metric in METRICS:
        move(tab, {"metric": metric})
        assert title.inner_text() == f"MobileNet V1 1.0 {summary(network, metric, 'execution')}"
        for layer in range(28):
            move(tab, {"layer": layer})
            assert live.inner_text() == sentence(network, None, metric, layer)
    move(tab, {"against": "xception", "metric": "macs"})
    assert live.inner_text() == sentence(network, four.network("xception"), "macs", 27)
    note = tab.locator(".ln-ns-note")
    assert not note.is_visible()
    move(tab, {"metric": "params"})
    assert "pointwise 74.59%, depthwise 1.06%, standard 0.02%, linear 24.33%. Xception" in note.inner_text().replace("\u00a0", " ")


def test_what_was_measured_is_said(page):
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    tab = page(NetworkSkyline.from_module(model, (1, 12), name="vgg16"))
    assert tab.locator(".ln-say").inner_text() == (
        "Measured, not the reference. Layer 1 of 1, 1: linear, 12 → 3 features. It takes 36 multiply-adds: 100.00% of all, rank 1."
    )
    assert tab.get_by_role("slider").is_disabled() and tab.get_by_label("Against").is_disabled()
    assert tab.get_by_role("combobox", name="Network").locator("option").all_inner_texts() == ["VGG-16"]


@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("order", ["execution", "largest first"])
def test_a_click_selects_the_layer_under_the_pointer(page, width, order):
    tab = page(NetworkSkyline(["xception"], order=order), width=width)
    numbers = values(NetworkSkyline(["xception"]).network()["rows"], "macs")
    box, line = tab.locator(".ln-ns-sky").first.bounding_box(), tab.evaluate(DRAWN, 0)["line"]
    for k in (0, 1, 30, 73, 74):
        tab.mouse.click(box["x"] + line[k][0], box["y"] + 60)
        assert trait(tab, "layer") == ranked(numbers, order)[k]
    tab.mouse.click(box["x"] + 1, box["y"] + 60)
    assert trait(tab, "layer") == ranked(numbers, order)[0], "left of the first"
    before = here(tab)
    move(tab, {"layer": 5})
    tab.get_by_text("The data").click()
    assert here(tab)[:5] == before[:5] and trait(tab, "layer") == 5


def test_keyboard(page):
    tab, press = page(NetworkSkyline(NAMES)), lambda *keys: [tab.keyboard.press(key) for key in keys]
    assert here(tab) == ("mobilenet_v1_1.0", "", "macs", "execution", "same", 6)
    press("Tab", "ArrowDown")
    assert here(tab)[0] == "squeezenext_1.0_g_sqnxt_23"
    press("ArrowUp", "Tab", "End")
    assert here(tab)[:2] == ("mobilenet_v1_1.0", "vgg16")
    press("Tab", "ArrowUp", "Tab", "Space", "Tab", "Space", "Tab")
    assert here(tab) == ("mobilenet_v1_1.0", "vgg16", "params", "largest first", "own", 6)
    press("Home")
    assert here(tab)[5] == 26, "the slider runs as the bars stand: the largest is the last pointwise layer"
    press("ArrowRight")
    assert here(tab)[5] == 27
    press("End", "ArrowLeft", "Tab", "Enter")
    assert here(tab)[5] == 3 and tab.locator("tbody tr").count() == (4 + 1 + 28) + (2 + 1 + 16)
    press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Home")
    assert here(tab)[1] == ""
    press("Shift+Tab", "End")
    assert here(tab) == ("vgg16", "", "params", "largest first", "own", 3)


def test_the_shown_and_the_other_change_places(page):
    tab = page(NetworkSkyline(NAMES, shown="xception", against="vgg16", layer=70))
    tab.get_by_role("combobox", name="Network").select_option("VGG-16")
    assert here(tab)[:2] == ("vgg16", "xception") and trait(tab, "layer") == 15
    options = tab.get_by_label("Against").locator("option").all_inner_texts()
    assert options == ["none", "MobileNet V1 1.0", "1.0-G-SqNxt-23", "Xception"]


def test_the_data_add_up(page, four):
    tab = page(NetworkSkyline(NAMES, against="xception"))
    open_data(tab)
    tab.locator("table").nth(3).wait_for()
    tables = tab.locator("table").all()
    assert len(tables) == 4
    for i, name in enumerate(("mobilenet_v1_1.0", "xception")):
        rows = four.network(name)["rows"]
        for place, metric in enumerate(METRICS):
            column = [
                [int(text.replace(",", "")) for text in part.locator(f"tbody td:nth-child({3 + place})").all_inner_texts()]
                for part in tables[2 * i : 2 * i + 2]
            ]
            assert column[1] == values(rows, metric)
            assert column[0][:-1] == [n for kind, n in enumerate(by_kind(rows, metric)) if any(r[1] == kind for r in rows)]
            assert column[0][-1] == sum(values(rows, metric))


@pytest.mark.parametrize("width", [320, 1200])
def test_deep_networks_have_room(page, width):
    """A pair of two hundred layers: few nodes, no scrolling, nothing cut off, no text on another."""
    shape = (1, 32, 16, 16)
    figure = NetworkSkyline.of({"deep": (Deep(), shape), "as deep": (Deep(), shape)}, against="as deep", layer=100)
    tab = page(figure, width=width)
    for order in ("execution", "largest first"):
        move(tab, {"order": order})
        assert tab.evaluate(stage.NODES) < 150
        faults = [fault for check in (stage.WIDER, stage.CROPPED, stage.OVERLAPS, stage.SPILLS) for fault in tab.evaluate(check)]
        assert faults == []
        drawn = tab.evaluate(DRAWN, 0)
        assert sum(map(len, drawn["bars"])) == sum(map(len, drawn["marks"])) == 200
        assert min(bar[2] for bars in drawn["bars"] for bar in bars) > 0.8, "a bar is at least a pixel of most screens"
