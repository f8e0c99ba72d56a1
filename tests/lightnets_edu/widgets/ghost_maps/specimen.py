"""GhostMaps, as the tests of all figures use it: `moves` are the extremes of every control, and what is drawn otherwise."""

from stage import Live, Specimen

from lightnets_edu.widgets import GhostMaps


def act(figure) -> None:
    figure.get_by_role("combobox", name="d", exact=True).select_option("1×1")
    figure.get_by_role("option", name="Map 11, spots").click()
    figure.get_by_role("button", name="Hide", exact=True).click()


SPECIMEN = Specimen(
    make=lambda: GhostMaps(),
    label="Ghost maps, interactive",
    moves=[
        {"s": 4, "d": 5, "map": 0, "channels": "3:12", "k": 1}, {"s": 3, "d": 1, "map": 11, "channels": "256:512", "k": 5},
        {"revealed": False, "s": 2, "d": 5}, {"revealed": True, "map": 4}, {"s": 4, "d": 1, "map": 7},
        {"s": 3, "d": 3, "channels": "16:32", "map": 2}, {"s": 2, "channels": "64:128", "k": 3, "map": 5}, {"map": 1, "k": 1},
    ],
    live=Live(
        act, "w.d, w.map, w.revealed", "(1, 11, False)",
        "w.d = 3; w.map = 1; w.revealed = True", "Map 1, blurred: ghost of 0, R² = 0.9905, the best of 6 ghosts.",
    ),
)
