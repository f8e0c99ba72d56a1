"""What stands in the figure of blocks, read off its outlines, and held against what was measured."""

import pytest
from block_anatomy.expected import BELOW, sentence, short

from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import KINDS, costs, forks

# Of the layers of one of the two blocks, by name: colour, length, heights at both ends, what goes back there, middle,
# lines along it, lengths of its two bars, its words, and the room they have. Numbers are read off outlines.
LAYERS = """(figure, which) => {
  const numbers = (node) => node.getAttribute("d").match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
  const list = figure.querySelectorAll("[role=listbox]")[which];
  return [...list.querySelectorAll("[role=option]")].filter((node) => node.getAttribute("aria-label") !== "band").map((node) => {
    const [front, cut] = node.querySelectorAll("path"), [hit, ...bars] = node.querySelectorAll("rect"), p = numbers(front);
    const lines = cut.getAttribute("d").split("M").length - 1;
    return [node.getAttribute("aria-label"), node.getAttribute("class").match(/ln-ink(\\d)/)[1], p[6] - p[0], p[15] - p[1], p[9] - p[7],
      [(p[0] + p[6]) / 2, (p[1] + p[15]) / 2], lines, bars.map((bar) => +bar.getAttribute("width")),
      [...node.querySelectorAll("tspan")].map((one) => one.textContent), +hit.getAttribute("width")];
  });
}"""
# Of the bands of one block: channels' height at both ends, length of what goes back, and the number on it.
BANDS = """(figure, which) => {
  const numbers = (node) => node.getAttribute("d").match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
  return [...figure.querySelectorAll("[role=listbox]")[which].querySelectorAll("[aria-label=band]")].map((node) => {
    const p = numbers(node.querySelectorAll("path")[0]);
    return [p[15] - p[1], p[9] - p[7], node.textContent];
  });
}"""
INK = {"pointwise": "0", "depthwise": "1", "standard": "2", "grouped": "2", "linear": "3", "other": "3", "step": "9"}
PAPER = {name: anatomies(name)[tuple(knob.default for knob in block.knobs)] for name, block in BLOCKS.items()}


def layers(figure, which: int = 0) -> dict[str, list]:
    return {name: rest for name, *rest in figure.evaluate(LAYERS, which)}


def scale_of(figure, found, which: int = 0) -> float:
    """Pixels a channel, by the highest end of a layer."""
    heights = [max(one[3:5]) for one in figure.evaluate(LAYERS, which)]
    return max(heights) / max(c for row in found.rows for c in (row.c_in, row.c_out))


def written(row, room: float, lines: int) -> list[str]:
    """The words below a box: name, kernel and cost, as far as they have room; what is too much is left out from the front."""
    parts = [row.text[0].split(" "), [row.text[2]], [short(row.macs) if row.macs else ""]]
    parts = [words for words in parts if all(word and 7 * len(word) + 9 < room for word in words)]
    return next(words for k in range(4) if len(words := [word for words in parts[k:] for word in words]) <= lines)


def check(figure, found, scale: float, which: int = 0) -> None:
    """One block is drawn as it was measured."""
    drawn = sorted(figure.evaluate(LAYERS, which))
    assert [one[0] for one in drawn] == sorted(row.text[0] for row in found.rows)
    rows = sorted(found.rows, key=lambda row: row.text[0])
    if len({row.text[0] for row in rows}) == len(rows):
        long = [one[2] / (8 + 4 * (row.side or 1)) for one, row in zip(drawn, rows, strict=True)]
        assert long == pytest.approx([long[0]] * len(long)), "a larger kernel is a longer box"
        for (_, ink, _, left, right, _, lines, _, told, room), row in zip(drawn, rows, strict=True):
            assert ink == INK[KINDS[row.kind]]
            assert [left, right] == pytest.approx([max(1.2, scale * c) for c in (row.c_in, row.c_out)], rel=1e-3)
            fits = int(min(left, right) / 3 + 1e-6)
            assert lines == max(0, min(row.groups, fits) - 1) + 6 * (row.text[0] == "shuffle"), row
            assert told in (written(row, room, 2), written(row, room, 4)), row
    for k, all_ in enumerate(costs(found)):
        lengths = [one[7][k] for one in drawn]
        assert lengths == pytest.approx([sum(lengths) * (row.params, row.macs)[k] / all_ for row in rows], abs=0.01)
    known = {row.c_in for row in rows} | {row.c_out for row in rows} | {fork[2] for fork in forks(found.flow)}
    known |= {way[0] for fork in forks(found.flow) for way in fork[4:]} | {found.ends[0]}
    for start, stop, number in figure.evaluate(BANDS, which):
        assert start == pytest.approx(stop), "a band keeps its channels"
        if number:
            assert int(number) in known and start == pytest.approx(max(1.2, scale * int(number)), rel=1e-3)


def says(figure, found, layer: int) -> None:
    """The sentence, number by number, and which layer is chosen."""
    assert figure.locator("[aria-live]").inner_text().removesuffix(BELOW) == sentence(found, layer)
    chosen = figure.locator("[role=option]").evaluate_all(
        "(all) => all.filter((node) => node.getAttribute('aria-selected') === 'true').map((node) => node.getAttribute('aria-label'))"
    )
    assert chosen == [found.rows[layer].text[0]]
