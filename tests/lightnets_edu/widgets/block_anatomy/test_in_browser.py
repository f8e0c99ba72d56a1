"""The figure of blocks drawn: two on one scale, every number, hands and keys, forks and joins, real modules."""

import random

import pytest
import stage
from block_anatomy.drawn import BANDS, PAPER, check, layers, says, scale_of
from block_anatomy.expected import BELOW, sentence, short
from block_anatomy.test_real_modules import KNOWN, OTHERS, SPOILT
from stage import move, open_data, trait

from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import costs, forks


@pytest.mark.parametrize("width", [320, 600, 1200])
def test_all_blocks_are_drawn_to_one_scale(paper, width):
    """Some states of each block, the extremes among them, set with the menus; and beside them another block."""
    tab, dice, scales, views = paper(BlockAnatomy(), width=width), random.Random(3), [], set()
    figure = tab.locator("figure")
    for i, (name, block) in enumerate(BLOCKS.items()):
        tab.get_by_label("Block", exact=True).select_option(block.title)
        assert [trait(tab, knob.trait) for knob in block.knobs] == [knob.default for knob in block.knobs]
        other = list(BLOCKS)[i - 3]
        tab.get_by_label("Beside it").select_option(BLOCKS[other].title)
        states = list(anatomies(name))
        for values in [states[0], states[-1], *dice.sample(states, min(3, len(states)))]:
            for knob, value in zip(block.knobs, values, strict=True):
                menu = tab.get_by_label(knob.label, exact=True)
                menu.select_option(index=knob.values.index(value))
            found = anatomies(name)[values]
            assert [trait(tab, knob.trait) for knob in block.knobs] == list(values) and trait(tab, "beside") == other
            layer = dice.randrange(len(found.rows))
            figure.get_by_role("option", name=found.rows[layer].text[0], exact=True).first.click()
            says(figure, found, trait(tab, "layer"))
            scales += [scale_of(figure, found)]
            check(figure, found, scales[0])
            if width > 1000:
                assert figure.evaluate(BANDS, 0)[0][2] == str(found.ends[0]), "the input's channels stand in the drawing"
            if width > 500:
                scales += [scale_of(figure, PAPER[other], 1)]
                check(figure, PAPER[other], scales[0], 1)
            views.add(figure.locator(".ln-ba-main").get_attribute("viewBox"))
            assert tab.locator("svg, svg *").count() < 600
            joins = [{"add": "⊕", "multiply": "⊗"}.get(f[0], "") for a in (found, PAPER[other])[: 1 + (width > 500)] for f in forks(a.flow)]
            assert sorted(figure.locator(".ln-ba-signs text").all_text_contents()) == sorted(joins)
            said = [one for one in figure.locator(".ln-ba-start").all_text_contents() if "parameters" in one or "multiply" in one]
            assert said == [f"{short(n)} {what}" for a in (found, PAPER[other]) for n, what in zip(costs(a), ("parameters", "multiply-adds"), strict=True)]
    assert scales == pytest.approx([scales[0]] * len(scales), rel=1e-3)
    assert len(views) == 1, "nothing jumps"


def test_bars_of_both_blocks_have_one_axis_which_stays_while_a_knob_moves(paper):
    tab = paper(BlockAnatomy(), width=1200)
    figure, units = tab.locator("figure"), []
    for t in range(1, 9):
        tab.get_by_label("Expansion t").select_option(str(t))
        for which, found in enumerate((anatomies("inverted_residual")[t, 1], PAPER["resnet"])):
            for k, all_ in enumerate(costs(found)):
                units.append((k, sum(one[6][k] for one in layers(figure, which).values()) / all_))
    for k in (0, 1):
        own = [unit for which, unit in units if which == k]
        assert own == pytest.approx([own[0]] * len(own))


def test_what_goes_back_is_the_size_of_the_map(page):
    """Stride 2 halves it, behind the layer that has the stride; after a global pool there is none; read off the screen."""
    tab = page(BlockAnatomy("shufflenet", stride=2, beside="mbconv"), width=1200)
    back = """(which) => [...document.querySelectorAll(".ln-ba-tops .ln-ba-flow")].map((node) => node.getAttribute("d").match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number))
      .filter((p) => (p[0] < 600) === (which === 0)).map((p) => p[14] - p[0])"""
    whole = {round(one, 1) for one in tab.evaluate(back, 0)}
    assert len(whole) == 2 and max(whole) == pytest.approx(2 * min(whole), rel=0.1)
    beside = {round(one, 1) for one in tab.evaluate(back, 1)}
    assert len(beside) == 2 and min(beside) < 1 and max(beside) == pytest.approx(max(whole)), "28×28 in both, and 1×1"


def test_ways_lie_as_they_are_wired(paper):
    """The trunk goes straight on; shortcuts, gates and other ways run above it, in the order in which they meet."""
    for width in (320, 1200):
        tab = paper(BlockAnatomy("mbconv"), width=width)
        own = layers(tab.locator("figure"))
        x, y = zip(*(own[name][4] for name in ("expand", "depthwise", "global pool", "se squeeze", "se expand", "project")), strict=True)
        assert list(x) == sorted(x) and y[0] == y[1] == y[5] > y[2] + 20 and y[2] == y[3] == y[4]
        move(tab, {"block": "fire", "squeeze": 0.125, "share": 0.5, "layer": 0})
        own = layers(tab.locator("figure"))
        squeeze, one, three = (own[name][4] for name in ("squeeze", "expand1x1", "expand3x3"))
        assert one[1] < squeeze[1] == three[1] and one[0] == pytest.approx(three[0], abs=20) and one[0] > squeeze[0]
        move(tab, {"block": "shufflenet", "groups": 3, "stride": 2, "layer": 0})
        own = layers(tab.locator("figure"))
        assert own["avg pool"][4][1] < own["reduce"][4][1] == own["expand"][4][1]


def test_any_layer_and_band_says_what_it_is(paper):
    """Under a pointer, in both blocks; the bands before and behind a layer light up; then the chosen layer is back."""
    tab = paper(BlockAnatomy("inverted_residual"), width=1200)
    figure, lists = tab.locator("figure"), tab.locator("[role=listbox]")
    for which, name in enumerate(("inverted_residual", "resnet")):
        for i, row in enumerate(PAPER[name].rows):
            lists.nth(which).get_by_role("option", name=row.text[0], exact=True).hover()
            assert figure.locator("[aria-live]").inner_text() == sentence(PAPER[name], i)
            assert lists.nth(which).locator(".ln-ba-on").count() == 2
        lists.nth(which).evaluate("(node) => node.dispatchEvent({ type: 'pointerleave', target: node })")
        assert figure.locator(".ln-ba-on").count() == 0
        assert figure.locator("[aria-live]").inner_text() == sentence(PAPER["inverted_residual"], 0) + BELOW
    band = lists.first.get_by_role("option", name="band", exact=True)
    heard = []
    for one in band.all():
        one.hover()
        heard.append(figure.locator("[aria-live]").inner_text())
    assert "After expand: 144 channels, 56×56, 451,584 numbers." in heard
    assert heard.count("After the input: 24 channels, 56×56, 75,264 numbers.") == 3, "before the fork, along it, and past all"
    assert "After add: 24 channels, 56×56, 75,264 numbers." in heard


GRIPS = [
    ("inverted_residual", "Expansion t", "t", 2, -1), ("resnet", "Middle width", "width", 32, -1), ("fire", "Squeeze ratio", "squeeze", 1.0, -1),
    ("ghost", "Ratio s", "s", 5, 1), ("mbconv", "SE ratio", "squeeze", 1.0, -1), ("shufflenet", "Groups g", "groups", 8, -1),
]  # fmt: skip


@pytest.mark.parametrize(("block", "label", "name", "value", "way"), GRIPS)
def test_a_bands_edge_can_be_dragged(page, block, label, name, value, way):
    """Up makes a band wider, down narrower, each by as many channels as the hand goes; nothing else is set."""
    tab = page(BlockAnatomy(block), width=1200)
    grip = tab.get_by_role("slider", name=label, exact=True)
    before, where = tab.evaluate("({ ...models[0].state })"), grip.bounding_box()
    x, y = where["x"] + 16, where["y"] + 16
    if value in (2, 32):
        way = 1    # narrower
    tab.mouse.move(x, y)
    tab.mouse.down()
    for step in range(1, 9):
        tab.mouse.move(x, y + way * 16 * step)
    tab.wait_for_timeout(60)
    assert tab.locator(".ln-held").count() >= 1, "what is dragged does not glide"
    tab.mouse.up()
    assert tab.locator(".ln-held").count() == 0
    after = tab.evaluate("models[0].state")
    ends = (min, max)[value > before[name]](BLOCKS[block].knobs[[knob.trait for knob in BLOCKS[block].knobs].index(name)].values)
    assert after[name] == ends and value in BLOCKS[block].knobs[[knob.trait for knob in BLOCKS[block].knobs].index(name)].values
    assert {key for key in before if before[key] != after[key]} <= {name, "layer"}
    assert grip.get_attribute("aria-valuetext") == str(after[name]) == tab.get_by_role("combobox", name=label).input_value()


def test_a_drag_follows_the_hand(page):
    """As far as the edge goes, and 8 pixels from a value to the next where that is more; back at its start it is back."""
    tab = page(BlockAnatomy("inverted_residual"), width=1200)
    half = layers(tab.locator("figure"))["depthwise"][2] / 2
    where = tab.get_by_role("slider").bounding_box()
    x, y = where["x"] + 16, where["y"] + 16
    assert half / 6 < 8, "one more times 24 channels: less than 8 pixels"
    for t in (8, 7, 5, 3, 1, 6):
        tab.mouse.move(x, y)
        tab.mouse.down()
        tab.mouse.move(x, y - 5)
        at = y - (t - 6) * 8
        tab.mouse.move(x, at)
        tab.wait_for_timeout(50)
        assert trait(tab, "t") == t
        tab.mouse.move(x, y)
        tab.wait_for_timeout(50)
        tab.mouse.up()
        assert trait(tab, "t") == 6


def test_a_drag_goes_with_a_high_step(page):
    """Alone a block has a larger scale: there the edge stays under the hand."""
    tab = page(BlockAnatomy("resnext", blocks=["resnext"]), width=576)
    end = lambda: layers(tab.locator("figure"))["reduce"][3] / 2  # noqa: E731
    where, before = tab.get_by_role("slider").bounding_box(), end()
    x, y, step = where["x"] + 16, where["y"] + 16, before / 2
    assert step > 12, "64 of 128 channels"
    for share, width in ((0.4, 128), (0.6, 192), (-0.4, 128), (-0.6, 64)):
        tab.mouse.move(x, y)
        tab.mouse.down()
        tab.mouse.move(x, y - share * step, steps=3)
        tab.wait_for_timeout(50)
        assert trait(tab, "width") == width
        assert abs(end() - before - share * step) <= step / 2
        tab.mouse.move(x, y)
        tab.wait_for_timeout(50)
        tab.mouse.up()
        assert trait(tab, "width") == 128


def test_a_grip_touches_no_number_and_has_room_for_a_finger(page):
    for width, wide in ((320, 26), (360, 26), (1200, 32)):
        tab = page(BlockAnatomy(), width=width)
        tab.add_style_tag(content="* { transition: none !important }")
        for name, block in BLOCKS.items():
            for values in (next(iter(anatomies(name))), tuple(knob.default for knob in block.knobs), list(anatomies(name))[-1]):
                move(tab, {"block": name, "layer": 0, **dict(zip((k.trait for k in block.knobs), values, strict=True))})
                touched = tab.evaluate("""() => {
                  const box = (node) => node.getBoundingClientRect(), grips = [...document.querySelectorAll("[role=slider] path")].map(box);
                  return [...document.querySelectorAll(".ln-ba-main .ln-ba-flow text")].map((node) => [node.textContent, box(node)])
                    .filter(([text, a]) => text && grips.some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom))
                    .map(([text]) => text);
                }""")
                assert touched == [], (width, name, values)
                for grip in tab.get_by_role("slider").all():
                    assert (grip.bounding_box()["width"], grip.bounding_box()["height"]) == pytest.approx((wide, 32), abs=0.6)


def test_the_focus_frames_a_box_and_no_word(page):
    """On a tap too: not what is hit, not what is written, not the drawing."""
    tab = page(BlockAnatomy(), width=360)
    tab.keyboard.press("Tab")
    for part in tab.locator("[role=option]").all():
        part.focus()
        found = part.evaluate("""(node) => [...node.querySelectorAll("*")].filter((one) => getComputedStyle(one).stroke !== "none")
          .map((one) => one.matches("path") ? "path" : one.matches("rect:not(:first-child)") ? "bar" : one.outerHTML)""")
        assert set(found) <= {"path", "bar"} and part.evaluate("(node) => node.matches(':focus-visible')")
        assert part.locator("path").first.evaluate("(node) => getComputedStyle(node).strokeWidth") == "3px"


def test_no_word_lies_on_a_box(page):
    for width in (320, 768, 1200):
        tab = page(BlockAnatomy(), width=width)
        tab.add_style_tag(content="* { transition: none !important }")
        for name in BLOCKS:
            for values in (next(iter(anatomies(name))), list(anatomies(name))[-1]):
                move(tab, {"block": name, "layer": 0, **dict(zip((k.trait for k in BLOCKS[name].knobs), values, strict=True))})
                hits = tab.evaluate("""() => {
                  const box = (node) => node.getBoundingClientRect();
                  const fronts = [...document.querySelectorAll(".ln-ba-main .ln-part:not(.ln-ba-flow) path:first-of-type")].map(box);
                  return [...document.querySelectorAll(".ln-ba-main [role=option] text")].map((node) => [node.textContent, box(node)])
                    .filter(([text, a]) => text && fronts.some((b) => a.left < b.right - 3 && b.left < a.right - 3 && a.top < b.bottom - 4 && b.top < a.bottom - 4))
                    .map(([text]) => text);
                }""")
                assert hits == [], (width, name, values)


@pytest.mark.parametrize("width", [320, 900])
def test_real_blocks_have_room(page, width):
    every = [BlockAnatomy.from_module(module, shape) for module, shape in KNOWN + OTHERS + SPOILT]
    every.append(BlockAnatomy.from_module(*SPOILT[0], name="MyDepthwiseSeparableConvolutionWithSqueezeAndExcitation"))
    for start in range(0, len(every), 10):
        some = every[start : start + 10]
        tab = page(*some, width=width)
        faults = [f for looked in (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.SPILLS) for f in tab.evaluate(looked)]
        assert faults == [] and tab.evaluate("stops") == 0
        for figure, widget in zip(tab.locator("figure").all(), some, strict=True):
            says(figure, widget.anatomy(), widget.layer)
            check(figure, widget.anatomy(), scale_of(figure, widget.anatomy()))
            assert figure.locator("input, select").count() == 0 and figure.locator("[role=listbox]").count() == 1
            assert figure.locator(".ln-ba-title").text_content() == widget.tables["module"]["title"]


def test_other_wiring_changes_the_picture(paper):
    plain, dense, added = (BlockAnatomy.from_module(*which) for which in (KNOWN[0], SPOILT[0], SPOILT[3]))
    figures = [paper(widget, width=900).locator("figure") for widget in (plain, dense, added)]
    assert [layers(figure)["depthwise"][0] for figure in figures[:2]] == ["1", "2"]
    assert layers(figures[0])["depthwise"][5] > 0 == layers(figures[1])["depthwise"][5]
    assert figures[2].locator(".ln-ba-signs text").all_text_contents() == ["⊕"]


def test_keyboard_only(page):
    """Every state is reached without a pointer; keys outside the figure do nothing; figures are independent."""
    tab = page(BlockAnatomy("fire"), BlockAnatomy("fire"))
    state = "(i) => ['block', 'beside', 'squeeze', 'share', 'layer'].map((name) => models[i].get(name))"
    first, second = tab.locator("figure").first, tab.locator("figure").last.inner_html()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(state, 0) == ["fire", "inverted_residual", 0.125, 0.5, 2], "a key outside the figure must do nothing"
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    press("Tab", "ArrowDown")
    assert trait(tab, "block") == "shufflenet" and trait(tab, "groups") == 3
    press("ArrowUp", "Tab", "ArrowDown", "Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[:3] == ["fire", "resnet", 0.25]
    press("Tab", "ArrowUp", "Tab")
    assert tab.evaluate(state, 0)[3] == 0.25
    focused = "document.activeElement.getAttribute('aria-label')"
    said = first.locator("[aria-live]")
    names = []
    press("Home")
    for _ in range(20):
        names.append(tab.evaluate(focused))
        press("ArrowRight")
    found = anatomies("fire")[0.25, 0.25]
    assert [name for i, name in enumerate(names) if name != "band" and name not in names[:i]] == ["squeeze", "expand1x1", "expand3x3"] or set(
        names
    ) == {"band", "squeeze", "expand1x1", "expand3x3"}
    while tab.evaluate(focused) != "squeeze":
        press("ArrowLeft")
    assert said.inner_text() == sentence(found, 0) and trait(tab, "layer") != 0, "focus reads, and picks nothing"
    press("Enter")
    assert trait(tab, "layer") == 0
    press("Tab")
    assert tab.evaluate("document.activeElement.closest('[role=listbox]').getAttribute('aria-label')") == "Layers beside it"
    press("Tab")
    assert tab.evaluate(focused) == "Squeeze ratio"
    press("ArrowUp")
    assert trait(tab, "squeeze") == 0.5
    press("ArrowDown", "Home", "Tab", "End")
    assert tab.evaluate(state, 0)[2:4] == [0.125, 0.875]
    tab.locator("summary").first.focus()
    press("Enter")
    tab.locator("tbody tr").nth(3).wait_for()
    press("Tab", "Tab")  # over the data, which can be scrolled
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"


def test_questions_set_what_they_name(page):
    tab = page(figure := BlockAnatomy("fire"), width=1200)
    for words, values in figure.questions:
        tab.get_by_role("button", name=words).click()
        assert {name: trait(tab, name) for name in values} == values
        assert tab.get_by_role("button", pressed=True).all_inner_texts() == [words]


def test_the_layer_picked_stays_while_a_knob_moves(paper):
    """By its name: project is the last layer with and without expansion; a layer that is gone gives way to the dearest."""
    tab = paper(BlockAnatomy("mbconv"))
    tab.get_by_role("option", name="project").first.click()
    tab.get_by_label("Expand ratio").select_option("1")
    assert (trait(tab, "t"), trait(tab, "layer")) == (1, 4)
    tab.get_by_label("SE ratio").select_option("0")
    assert (trait(tab, "squeeze"), trait(tab, "layer")) == (0, 1)
    tab.get_by_label("SE ratio").select_option("1")
    tab.get_by_role("option", name="se expand").first.click()
    tab.get_by_label("SE ratio").select_option("0")
    rows = anatomies("mbconv")[1, 5, 0].rows
    assert rows[trait(tab, "layer")].macs == max(row.macs for row in rows)


def test_the_same_node_for_the_same_layer(page):
    """So that it glides: the depthwise box of one expansion is that of another, its outline on the way between two."""
    tab = page(BlockAnatomy("inverted_residual"), width=1200)
    kept = "[...document.querySelectorAll('[aria-label=depthwise]')][0]"
    tab.evaluate(f"window.own = {kept}")
    tab.get_by_role("combobox", name="Expansion t").select_option("2")
    assert tab.evaluate(f"{kept} === window.own")
    moving = "document.getAnimations().filter((one) => one.transitionProperty === 'd').length"
    assert tab.evaluate(moving) > 3
    still = page(BlockAnatomy("inverted_residual"), width=1200, motion="reduce")
    still.get_by_role("combobox", name="Expansion t").select_option("2")
    assert still.evaluate(moving) == 0


def test_the_data_as_a_table(page):
    tab = page(BlockAnatomy("mbconv"))
    open_data(tab)
    for which, name in enumerate(("mbconv", "inverted_residual")):
        found = PAPER[name]
        rows = [row.split("\t") for row in tab.locator("tbody").nth(which).inner_text().splitlines()]
        size = lambda row: row.size if isinstance(row.size, str) else f"{row.size}×{row.size}"  # noqa: E731
        assert rows[:-1] == [[*r.text[:2], f"{r.c_in} → {r.c_out}", size(r), f"{r.params:,}", f"{r.macs:,}"] for r in found.rows]
        assert rows[-1][0] == "block" and rows[-1][-2:] == [f"{n:,}" for n in costs(found)]

