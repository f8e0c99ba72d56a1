"""ChannelShuffle, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ChannelShuffle


def act(figure) -> None:
    figure.get_by_label("Channels C").fill("22")    # the 23rd of 2 to 32
    figure.get_by_label("Groups g").select_option("6")
    figure.get_by_role("radio", name="Output 20", exact=True).click()
    figure.page.keyboard.press("ArrowRight")
    figure.get_by_role("button", name="Step").click()


SPECIMEN = Specimen(
    make=lambda: ChannelShuffle(channels=32, groups=8, output=31),
    label="Channel shuffle, interactive",
    moves=[
        *({"channels": 32, "groups": g, "output": o, "step": s} for g, o, s in ((1, 0, 0), (2, 31, 1), (16, 5, 2), (32, 9, 3))),
        {"channels": 2, "groups": 1, "output": 1, "step": 0},
        {"channels": 11, "groups": 11, "output": 3},
        {"channels": 24, "groups": 6, "order": "inverse", "output": 0, "step": 4},
        {"shuffle": False},
        {"channels": 12, "groups": 3, "shuffle": True, "order": "paper", "output": 11, "step": 0},
    ],
    live=Live(
        act, "w.channels, w.groups, w.order, w.output, w.step, len(w.reached())", "(24, 6, 'paper', 21, 1, 16)",
        "w.channels = 32; w.groups = 8; w.order = 'inverse'; w.step = 2", "Transpose to 8 rows of 4.",
    ),
)
