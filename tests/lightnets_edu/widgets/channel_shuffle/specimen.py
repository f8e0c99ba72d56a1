"""ChannelShuffle, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ChannelShuffle


def act(figure) -> None:
    figure.get_by_label("Channels C").fill("4")    # the fifth multiple of 3
    figure.get_by_label("Groups g").select_option("5")
    figure.get_by_role("option", name="Output 12", exact=True).click()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("Enter")
    figure.get_by_role("button", name="Step").click()


SPECIMEN = Specimen(
    make=lambda: ChannelShuffle(channels=16, groups=4, output=15),
    label="Channel shuffle, interactive",
    moves=[
        *({"channels": 16, "groups": g, "output": o, "step": s} for g, o, s in ((1, 0, 0), (2, 15, 1), (8, 5, 2), (16, 9, 3))),
        {"channels": 2, "groups": 1, "output": 1, "step": 0},
        {"channels": 11, "groups": 11, "output": 3},
        {"channels": 16, "groups": 8, "order": "inverse", "output": 0, "step": 1},
        {"step": 2},
        {"step": 3},
        {"shuffle": False, "step": 0},
        {"channels": 16, "groups": 4, "shuffle": True, "layers": 3, "order": "paper"},
        {"channels": 16, "groups": 8, "layers": 2, "order": "own", "own": [*range(15, -1, -1)]},
        {"channels": 12, "groups": 3, "order": "paper", "output": 11},
    ],
    live=Live(
        act, "w.channels, w.groups, w.order, w.output, w.step, len(w.reached())", "(15, 5, 'paper', 13, 1, 9)",
        "w.groups = 1; w.channels = 16; w.groups = 8; w.order = 'inverse'; w.step = 2", "Transpose: its rows become columns.",
    ),
)
