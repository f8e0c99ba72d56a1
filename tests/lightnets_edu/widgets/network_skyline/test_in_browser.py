"""The figure of a network's costs in a real browser: what is drawn against the rows; hand, finger and keyboard; deep networks."""

import pytest
import stage
from network_skyline.expected import by_kind, ceiling, costs, overlap, percent, ranked, sides, spans
from stage import move, trait
from torch import nn

from lightnets_edu.widgets import NetworkSkyline
from lightnets_edu.widgets.network_skyline.rows import METRICS, values

# What stands in the i-th plot: bars and marks as [left, foot, top, right] for each kind, the brush's ends, the texts.
DRAWN = """(i) => {
  const plot = document.querySelectorAll(".ln-ns-told")[i].parentNode, all = (name) => plot.querySelectorAll(name);
  const boxes = (path) => [...path.getAttribute("d").matchAll(/M([\\d.]+) ([\\d.]+)V([\\d.]+)H([\\d.]+)/g)].map((m) => m.slice(1).map(Number));
  return {
    bars: [...all(".ln-ns-bars")].map(boxes), marks: [...all(".ln-ns-marks")].map(boxes), texts: [...all("text")].map((node) => node.textContent),
    edges: [...all(".ln-ns-edges")[0].getAttribute("d").matchAll(/M([\\d.]+)/g)].map((m) => +m[1] + 3), guess: all(".ln-ns-guess")[0].getAttribute("d"),
    here: all(".ln-ns-here")[0].getAttribute("d"), on: [...document.querySelectorAll(".ln-ns-on")].map((node) => node.getAttribute("aria-label")),
  };
}"""
NAMES = ["mobilenet_v1_1.0", "squeezenext_1.0_g_sqnxt_23", "xception", "vgg16"]
KINDS = ["point", "depth", "full", "group", "linear"]


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


def layers(drawn: dict, name: str = "bars") -> list[list[float]]:
    """All bars, from left to right."""
    return sorted(bar for bars in drawn[name] for bar in bars)


# What is drawn --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("order", ["execution", "largest first"])
@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_drawn_in_its_place_and_kind(paper, four, name, order, width):
    """Kinds by lane and colour, heights to a hundredth of a pixel, shares of kinds, for each measure."""
    tab = paper(NetworkSkyline([name], order=order), width=width)
    rows = four.rows(name)
    for metric in METRICS:
        move(tab, {"metric": metric})
        numbers, found = values(rows, metric), tab.evaluate(DRAWN, 0)
        places, top = ranked(numbers, order), ceiling(max(numbers))
        bars, marks = layers(found), layers(found, "marks")
        foot = bars[0][1]
        assert len(bars) == len(rows) and {bar[1] for bar in bars} == {foot}, "all stand on the axis"
        tall = foot - 20
        assert [foot - bar[2] for bar in bars] == pytest.approx([tall * numbers[place] / top for place in places], abs=0.011)
        assert [mark[0] for mark in marks] == [bar[0] for bar in bars], "each mark under its bar"
        for kind, own in enumerate(found["bars"]):
            assert [bars.index(bar) for bar in own] == [k for k, place in enumerate(places) if rows[place][1] == kind]
            assert len({mark[1] for mark in found["marks"][kind]}) <= 1, "a kind has a lane"
        assert len({own[0][1] for own in found["marks"] if own}) == len({row[1] for row in rows})
        shares = [100 * n / sum(numbers) for n in by_kind(rows, metric) if n]
        drawn = [float(text[:-1]) for text in found["texts"] if text.endswith("%")]
        assert drawn == pytest.approx(shares, rel=0.5, abs=0.06) and set(found["texts"]) >= {KINDS[row[1]] for row in rows}


def test_two_networks_on_one_scale(paper, four):
    for width in (320, 1200):
        tab = paper(NetworkSkyline(NAMES, shown="mobilenet_v1_1.0", against="vgg16"), width=width)
        small, large = (max(values(four.rows(name), "macs")) for name in ("mobilenet_v1_1.0", "vgg16"))
        tallest = [max(bar[1] - bar[2] for bar in layers(tab.evaluate(DRAWN, i))) for i in (0, 1)]
        assert tallest[0] / tallest[1] == pytest.approx(small / large, rel=2e-2)
        assert tab.evaluate(DRAWN, 0)["texts"][:3] == tab.evaluate(DRAWN, 1)["texts"][:3] == ["0", "1 G", "2 G"]


@pytest.mark.parametrize(("name", "sides"), [("squeezenet_1.0", [109, 54, 27, 13]), ("squeezenext_1.0_sqnxt_23", [111, 55, 28, 14, 7])])
def test_a_map_whose_place_is_taken_is_named_beside_it(paper, name, sides):
    """The second map begins one bar behind the first, where no second number has room."""
    texts = paper(NetworkSkyline([name]), width=800).evaluate(DRAWN, 0)["texts"]
    assert [int(text) for text in texts[texts.index("map") + 1 :] if text.isdigit()] == sides


def test_every_layer_and_block_says_what_it_is(paper, four):
    """What it costs, and how much is spent before and behind it; its block lights up with it."""
    tab, network, rows = paper(NetworkSkyline(NAMES)), four.network("mobilenet_v1_1.0"), four.rows("mobilenet_v1_1.0")
    say, parts = tab.locator(".ln-say"), tab.locator(".ln-ns-part").all()
    assert say.text_content() == "Point at a bar, or drag across several."
    for metric in METRICS:
        move(tab, {"metric": metric})
        numbers = values(rows, metric)
        for k in range(0, 28, 3):
            parts[k].hover()
            span = [k, k + 1]
            assert say.text_content() == f"Layer {k + 1} of 28: {rows[k][0]}. {costs(numbers, span, metric)}; {sides(numbers, span)}."
            block = f"block {(k + 1) // 2}" if 0 < k < 27 else ""
            assert [name.split(": ")[1] for name in tab.evaluate(DRAWN, 0)["on"]] == [block][: bool(block)]
    blocks = spans(network["blocks"])
    tab.locator(".ln-ns-box").nth(4).hover()
    span = [blocks[4]["from"], blocks[4]["to"]]
    assert say.text_content() == f"Layers 10 to 11 of 28: block 5. {costs(numbers, span, 'access')}; {sides(numbers, span)}."


def test_what_was_measured_is_said(page):
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    tab = page(NetworkSkyline.from_module(model, (1, 12), name="vgg16"))
    tab.locator(".ln-ns-part").hover()
    assert tab.locator(".ln-say").inner_text() == (
        "Measured, not the reference. Layer 1 of 1: 1, linear, 12 → 3 features. 36 multiply-adds, 100.00%; 0.00% before, 0.00% behind."
    )
    assert tab.get_by_label("Against").is_disabled()
    assert tab.get_by_role("combobox", name="Network").locator("option").all_inner_texts() == ["VGG-16"]


def test_no_network_stands_beside_itself(page):
    tab = page(NetworkSkyline(NAMES, shown="xception", against="vgg16"))
    options = lambda name: tab.get_by_role("combobox", name=name).locator("option").all_inner_texts()  # noqa: E731
    assert options("Network") == ["MobileNet V1 1.0", "1.0-G-SqNxt-23", "Xception"]
    assert options("Against") == ["none", "MobileNet V1 1.0", "1.0-G-SqNxt-23", "VGG-16"]
    tab.get_by_role("combobox", name="Network").select_option("MobileNet V1 1.0")
    assert (trait(tab, "shown"), trait(tab, "against")) == ("mobilenet_v1_1.0", "vgg16")


# A brush --------------------------------------------------------------------------------------------------------------


def grab(tab, first, last, height=40) -> None:
    """Drags from the middle of one part to that of another, a little below its upper end."""
    (a, b) = (part.bounding_box() for part in (first, last))
    tab.mouse.move(a["x"] + a["width"] / 2, a["y"] + height)
    tab.mouse.down()
    tab.mouse.move(b["x"] + b["width"] / 2, b["y"] + height, steps=4)
    tab.wait_for_timeout(60)
    tab.mouse.up()


@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("order", ["execution", "largest first"])
def test_layers_are_added_up_by_dragging_across_them(page, four, width, order):
    """Either way; in the other network the same share of the layers; a click takes one, a second click all."""
    tab = page(NetworkSkyline(NAMES, against="xception", order=order), width=width)
    both = [values(four.rows(name), "macs") for name in ("mobilenet_v1_1.0", "xception")]
    one, two = ([numbers[place] for place in ranked(numbers, order)] for numbers in both)
    parts = tab.locator(".ln-ns-part").all()
    grab(tab, parts[11], parts[4], 20)
    assert trait(tab, "brush") == [143, 429]
    by = "" if order == "execution" else " by size"
    said = f"MobileNet V1 1.0, 8 of 28 layers{by}: {costs(one, [4, 12], 'macs')}. Xception, 21 of 75 layers{by}: {costs(two, [11, 32], 'macs')}."
    assert tab.locator(".ln-say").inner_text() == said
    assert f"{100 * sum(one[4:12]) / sum(one):.1f}% of 569 M" in tab.evaluate(DRAWN, 0)["texts"]
    box = parts[12].bounding_box()
    tab.mouse.move(box["x"] + 1, box["y"] + 20)    # the brush ends there: its end is moved
    tab.mouse.down()
    tab.mouse.move(box["x"] + 3.5 * box["width"], box["y"] + 20, steps=4)
    tab.wait_for_timeout(60)
    tab.mouse.up()
    assert trait(tab, "brush") == [143, 571]
    grab(tab, parts[28 + 25], parts[28 + 60], 20)
    assert trait(tab, "brush") == [333, 813], "of the other network"
    parts[3].click(position={"x": 1, "y": 20})
    assert trait(tab, "brush") == [107, 143]
    parts[3].click(position={"x": 1, "y": 20})
    assert trait(tab, "brush") == [0, 1000]


def test_a_block_is_added_up_by_a_click(page):
    tab = page(NetworkSkyline(["mobilenet_v2_1.0"]))
    tab.get_by_role("option", name="Layers 4 to 6 of 53: block 2").click()
    assert trait(tab, "brush") == [57, 113]
    move(tab, {"order": "largest first"})
    assert tab.locator(".ln-ns-box").count() == 0, "in another order blocks do not hang together"


def test_keyboard(page):
    tab, press = page(NetworkSkyline(NAMES)), lambda *keys: [tab.keyboard.press(key) for key in keys]
    press("Tab", "ArrowDown", "Tab", "End", "Tab", "ArrowUp", "Tab", "Space", "Space", "Tab")
    assert [trait(tab, name) for name in ("shown", "against", "metric", "order")] == ["squeezenext_1.0_g_sqnxt_23", "vgg16", "params", "execution"]
    press("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert trait(tab, "brush") == [18, 45], "from the third to the fifth of 112"
    assert tab.locator(".ln-say").inner_text().startswith("1.0-G-SqNxt-23, 3 of 112 layers: ")
    press("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft")
    assert trait(tab, "brush") == [9, 27], "the third is where it began"
    press("Enter")
    assert trait(tab, "brush") == [9, 18]
    press("ArrowDown")
    assert "Layers 8 to 12 of 112: block 1.2" in tab.locator(".ln-say").inner_text()
    press("Shift+ArrowRight")
    assert trait(tab, "brush") == [9, 18], "blocks are not stretched"
    press("Enter", "ArrowDown")
    assert trait(tab, "brush") == [63, 107] and tab.locator(".ln-say").inner_text().startswith("VGG-16. Layer 2 of 16")


# A sketch -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ["Network", "Count", "Sort", "How few hold half?"])
def test_a_sketch_is_of_one_network_one_measure_one_order(page, control):
    tab = page(NetworkSkyline(NAMES, shown="vgg16", metric="macs", sketch=[3] * 10))
    assert tab.evaluate(DRAWN, 0)["guess"].count("H") == 10
    if control == "Sort":
        tab.get_by_label(control).check()
    elif control.endswith("?"):
        tab.get_by_role("button", name=control).click()
    else:
        tab.get_by_role("combobox", name=control).select_option(index=0)
    assert trait(tab, "sketch") == [0] * 10 and tab.evaluate(DRAWN, 0)["guess"] == ""


def test_a_skyline_is_sketched_first_and_then_revealed(page, four):
    tab = page(NetworkSkyline(NAMES, shown="vgg16", metric="params"))
    bars, say = tab.locator(".ln-ns-bars").nth(4), tab.locator(".ln-say")
    assert bars.is_visible()
    tab.get_by_role("button", name="Sketch first").click()
    assert not bars.is_visible() and "%" not in "".join(tab.locator("svg text:visible").all_text_contents()), "nothing tells"
    parts = tab.locator(".ln-ns-part").all()
    assert [part.get_attribute("aria-label") for part in parts] == [f"Tenth {j} of the layers" for j in range(1, 11)]
    box = parts[0].bounding_box()
    grab(tab, parts[0], parts[6], 0.9 * box["height"])
    grab(tab, parts[7], parts[9], 0.2 * box["height"])
    assert trait(tab, "sketch") == [1] * 7 + [8] * 3
    parts[9].click(position={"x": 5, "y": 1})
    assert trait(tab, "sketch") == [1] * 7 + [8] * 2 + [9], "a click raises one"
    tab.keyboard.press("Tab")
    tab.mouse.move(2, 2)
    tab.get_by_role("button", name="Reveal").click()
    assert bars.is_visible() and tab.evaluate(DRAWN, 0)["guess"].count("H") == 10
    share = percent(overlap([1] * 7 + [8] * 2 + [9], values(four.rows("vgg16"), "params")), 1)
    assert say.inner_text() == f"{share} of your sketch lies where the parameters are."
    tab.get_by_role("button", name="Sketch first").click()
    assert trait(tab, "sketch") == [0] * 10 and tab.evaluate(DRAWN, 0)["guess"].count("H") == 10, "a line along the foot"


def test_the_keyboard_sketches_too(page):
    tab = page(NetworkSkyline(["vgg16"], sketching=True))
    tab.get_by_role("option", name="Tenth 1 of the layers").focus()
    for key in ("Shift+ArrowUp", "Shift+ArrowUp", "ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "Enter"):
        tab.keyboard.press(key)
    assert trait(tab, "sketch") == [2, 1] + [0] * 8 and trait(tab, "brush") == [0, 1000]
    assert tab.locator(".ln-say").inner_text() == "Tenth 2 of the layers: 1 of 10."


def test_paper_hides_nothing(page):
    tab = page(NetworkSkyline(["vgg16"], sketching=True))
    assert not tab.locator(".ln-ns-bars").nth(2).is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".ln-ns-bars").nth(2).is_visible() and tab.locator(".ln-ns-told").first.is_visible()
    tab.emulate_media(media="screen")


# Room and time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 1200])
def test_deep_networks_have_room(page, width):
    """A pair of two hundred layers: few nodes, no scrolling, nothing cut off, no text on another."""
    shape = (1, 32, 16, 16)
    figure = NetworkSkyline.of({"deep": (Deep(), shape), "as deep": (Deep(), shape)}, against="as deep")
    tab = page(figure, width=width)
    for order in ("execution", "largest first"):
        move(tab, {"order": order})
        assert tab.evaluate(stage.NODES) < 600
        faults = [fault for check in (stage.WIDER, stage.CROPPED, stage.OVERLAPS, stage.SPILLS) for fault in tab.evaluate(check)]
        assert faults == []
        bars = layers(tab.evaluate(DRAWN, 0))
        assert len(bars) == 200 and min(bar[3] - bar[0] for bar in bars) > 0.8, "a bar is at least a pixel of most screens"
