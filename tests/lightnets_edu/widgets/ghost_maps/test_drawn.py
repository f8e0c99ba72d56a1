"""What the figure of ghost maps draws and says, read off paper and held against Python, in every state that matters."""

import itertools
import math

import numpy as np
import pytest
import torch
from sketch import Sketch
from torch import nn

from lightnets_edu.widgets import GhostMaps
from lightnets_edu.widgets.ghost_maps import ghosts

SEEN = """() => {
  const all = (selector) => root.querySelector(".ln-gm-stage").querySelectorAll(selector), at = (node, name) => +node.getAttribute(name);
  const bars = (selector) => all(selector).map((node) => [at(node, "x"), at(node, "width")]);
  const picture = (node) => node.children.map((path) => [path.getAttribute("class"), path.getAttribute("d"), path.getAttribute("stroke")]);
  return {
    labels: all(".ln-gm-label").map((node) => node.textContent),
    notes: all(".ln-gm-note").map((node) => node.textContent),
    titles: all(".ln-gm-title").map((node) => node.textContent),
    keeps: all("[role=option]").map((node, i) => (node.classList.contains("ln-gm-keeps") ? i : -1)).filter((i) => i >= 0),
    kin: all("[role=option]").map((node, i) => (node.classList.contains("ln-gm-kin") ? i : -1)).filter((i) => i >= 0),
    of: all(".ln-gm-of").map((node) => [at(node, "width"), node.getAttribute("visibility")]),
    so: all(".ln-gm-of").map((node) => node.parentNode.children[3]).map((node) => [at(node, "width"), node.getAttribute("class")]),
    kernel: all(".ln-gm-weight").map((node) => [at(node, "width"), node.classList.contains("ln-gm-below")]),
    images: all(".ln-gm-image").map(picture),
    kept: bars(".ln-gm-kept"), cheap: bars(".ln-gm-cheap"), rule: all(".ln-gm-rule")[0].getAttribute("d"),
  };
}"""


def read(paths: list, shape: tuple[int, int]) -> np.ndarray:
    """A picture's levels, from its paths."""
    found = np.zeros(shape, int)
    for name, d, _ in paths:
        level = int(name.split()[0].rsplit("-", 1)[1]) * (-1 if "less" in name else 1)
        for run in filter(None, d.split("M")):
            spot, long = run.split("h")
            x, y = map(int, spot.split())
            assert (found[y, x : x + int(long)] == 0).all()
            found[y, x : x + int(long)] = level
    return found


def levels(values: np.ndarray) -> np.ndarray:
    """Seven levels either way; 99 is the last."""
    return (np.sign(values) * np.minimum(7, np.floor(np.abs(values) * 7 / 99 + 0.5))).astype(int)


def sentence(figure: GhostMaps) -> str:
    now, i = figure.ghosts[f"{figure.s} {figure.d}"], figure.map
    name = f"{i}, {figure.names[i]}" if figure.names else f"{i}"
    if not figure.revealed:
        return f"Which map has no good parent? You picked {name}. Then reveal."
    parent, shares = now["parents"][i], sorted((r for r, p in zip(now["r2"], now["parents"], strict=True) if p >= 0), reverse=True)
    if parent < 0:
        children = [str(j) for j, p in enumerate(now["parents"]) if p == i]
        return f"Map {name}: kept. " + (f"Its ghosts: {', '.join(children)}." if children else "No map has it for a parent.")
    rank = shares.index(now["r2"][i]) + 1
    place = "the best" if rank == 1 else "the worst" if rank == len(shares) else f"number {rank}"
    return f"Map {name}: ghost of {parent}, R² = {now['r2'][i]:.4f}, {place} of {len(shares)} ghosts."


def check(sketch: Sketch, figure: GhostMaps) -> None:
    """Everything but where it stands."""
    seen, now, i, n = sketch.evaluate(SEEN), figure.ghosts[f"{figure.s} {figure.d}"], figure.map, len(figure.maps)
    parents, on = now["parents"], figure.revealed
    head = i if not on or parents[i] < 0 else parents[i]
    kin = [j for j in range(n) if on and (parents[j] == head or j == head)]
    assert seen["keeps"] == ([j for j in range(n) if parents[j] < 0] if on else []) and seen["kin"] == kin
    assert seen["labels"] == [("" if j not in kin else "◆" if j == head else "◇") + str(j) for j in range(n)]
    assert seen["titles"] == [f"map {i}", "ghost", "missing"]
    for j, ((room, visible), (width, kind)) in enumerate(zip(seen["of"], seen["so"], strict=True)):
        kept = parents[j] < 0
        share = figure.shares[str(figure.d)][j][i] if kept else now["r2"][j]
        shown = on and not (kept and j == i)
        assert visible == ("visible" if shown else "hidden") and width == pytest.approx(room * max(0, share) if shown else 0)
        assert not shown or kind == ("ln-gm-could" if kept else "ln-bars")
    made = on and parents[i] >= 0
    weights = now["kernels"][i] if made else []
    most = max(map(abs, weights), default=1)
    big = max((size for size, _ in seen["kernel"]), default=0)
    for (size, below), weight in itertools.zip_longest(seen["kernel"], weights, fillvalue=0):
        assert size == pytest.approx(big * math.sqrt(abs(weight) / most)) and below == (weight < 0)
    maps, blank = np.array(figure.maps, float), np.zeros_like(np.array(figure.maps[i], float))
    ghost = np.array(figure.ghost(i)) if made else blank
    images = seen["images"][1 if figure.picture else 0 :]
    for paths, values in zip(images, [*maps, maps[i], ghost, maps[i] - ghost if made else blank], strict=True):
        assert (read(paths, blank.shape) == levels(values)).all()
    c_in, c_out = map(int, figure.channels.split(":"))
    costs = ghosts.macs(c_in, c_out, figure.k, figure.s, figure.d)
    bars = [seen["kept"][0][1], seen["kept"][1][1], seen["cheap"][1][1]]
    unit = sum(bars) / sum(costs)
    assert bars == pytest.approx([cost * unit for cost in costs]) and seen["cheap"][0][1] == 0
    assert float(seen["rule"][1:].split()[0]) == pytest.approx(seen["kept"][0][0] + costs[0] * unit / figure.s)
    fewer = figure.times()
    times = f"{float(f'{fewer:.3g}'):g}× fewer" if fewer >= 1 else f"{float(f'{1 / fewer:.3g}'):g}× more"
    shares = [r for r, p in zip(now["r2"], parents, strict=True) if p >= 0]
    mean = ["mean", f"{math.floor(100 * sum(shares) / len(shares) + 0.5)}%"] if on and figure.picture else ["", ""]
    notes = ["kernel" if made else "no kernel", f"{c_in} → {c_out}, {figure.k}×{figure.k}: {times}", f"1/{figure.s}", "+ cheap"]
    assert seen["notes"] == [*notes, "input" if figure.picture else "", *mean]
    assert sketch.said() == sentence(figure)


@pytest.mark.parametrize("width", [278, 758])
def test_every_state_is_drawn_as_python_found_it(width):
    figure = GhostMaps()
    sketch = Sketch(figure, width)
    check(sketch, figure)
    for n, (s, d, k) in enumerate(itertools.product((2, 3, 4), (1, 3, 5), (1, 3, 5))):
        values = {"s": s, "d": d, "k": k, "map": 5 * n % 12, "revealed": n % 5 > 0, "channels": figure.offers("channels")[n % 4]}
        figure.set_state(values)
        sketch.move(values)
        check(sketch, figure)


def test_real_layers_are_drawn():
    """Maps below zero, an input of many channels, uneven sides; and sixteen maps of a grey picture."""
    torch.manual_seed(4)
    for conv, shape in ((nn.Conv2d(5, 7, 3), (5, 9, 12)), (nn.Sequential(nn.Conv2d(1, 24, 3), nn.ReLU()), (1, 1, 26, 26))):
        figure = GhostMaps.from_module(conv, torch.randn(shape))
        sketch = Sketch(figure)
        for s, d, i in ((2, 3, 0), (4, 5, 5), (3, 1, 6)):
            figure.set_state({"s": s, "d": d, "map": i})
            sketch.move({"s": s, "d": d, "map": i})
            check(sketch, figure)
        assert sketch.evaluate("root.querySelectorAll('svg, svg *').length") <= 600


@pytest.mark.parametrize("what", ["r2", "parents", "kernels", "maps", "shares"])
def test_a_spoilt_table_is_noticed(what):
    figure, spoilt = GhostMaps(), GhostMaps()
    check(Sketch(spoilt), figure)
    if what == "maps":
        spoilt.maps[7][9][18] = 0
    elif what == "shares":
        spoilt.shares["3"][0][7] = 0.1
    else:
        spoilt.ghosts["2 3"][what][7] = {"r2": 0.1, "parents": 3, "kernels": [9] * 9}[what]
    sketch = Sketch(spoilt)
    with pytest.raises(AssertionError):
        check(sketch, figure)


def test_what_is_pointed_at_is_told():
    """Another map, the pictures, the costs, exactly; while nothing is revealed no picture tells."""
    figure = GhostMaps(s=3)
    sketch = Sketch(figure)
    point = lambda name: sketch.get_by_role("option", name=name).hover()  # noqa: E731
    share = figure.ghosts["3 3"]["r2"][7]
    point("Map 2, red")
    figure.map = 2
    assert sketch.said() == sentence(figure) and sketch.state()["map"] == 7
    for name, said in {
        "The map": "Map 7, right edges: the more ink, the larger the number; the largest is 99.",
        "Its ghost": f"The ghost explains {share:.4f} of how map 7 varies.",
        "What is missing": f"Missing: {1 - share:.4f} of how map 7 varies. Blue: too little; orange: too much.",
        "Convolution": "Convolution: 64 · 128 · 9 = 73,728 multiply-adds at each place.",
        "Ghost module": "Ghost module: 64 · 43 · 9 + 43 · 2 · 9 = 25,542 at each place.",
    }.items():
        point(name)
        assert sketch.said() == said
    sketch.move({"revealed": False})
    point("Its ghost")
    assert sketch.said() == "Reveal first."


def test_questions_set_the_state_that_answers_them():
    figure = GhostMaps()
    sketch = Sketch(figure)
    press = lambda name: sketch.get_by_role("button", name=name).click()  # noqa: E731
    press("No parent?")
    assert [sketch.state()[name] for name in ("s", "d", "revealed", "map")] == [4, 1, False, 7]
    sketch.get_by_role("option", name="Map 11, spots").click()
    press("Reveal")
    figure.set_state({"s": 4, "d": 1, "map": 11})
    check(sketch, figure)
    press("Twice as cheap?")
    assert "1.97× fewer" in sketch.evaluate(SEEN)["notes"][1]
    press("With 1×1?")
    assert "1.75× fewer" in sketch.evaluate(SEEN)["notes"][1]
    press("Copies only?")
    assert [sketch.state()[name] for name in ("s", "d", "revealed")] == [2, 1, True]


def test_the_data_say_what_the_figure_found():
    """Kernels and biases too; nothing of them before it is revealed."""
    figure = GhostMaps()
    sketch, now = Sketch(figure), figure.ghosts["2 3"]
    rows = lambda: [row.locator("td").all_text_contents() for row in sketch.locator("tbody tr").all()]  # noqa: E731
    kernel = " ".join(map(str, now["kernels"][7])).replace("-", "−")
    assert rows()[7] == ["7, right edges", "ghost of 0", f"{now['r2'][7]:.4f}", kernel, str(now["biases"][7]).replace("-", "−")]
    assert rows()[0] == ["0, brightness", "kept", "", "", ""] and len(rows()) == 12
    assert [row[2:] for row in figure.data()[1]][7] == ("ghost of 0", f"{now['r2'][7]:.4f}")
    sketch.move({"revealed": False})
    assert all(row[1:] == ["", "", "", ""] for row in rows())
