"""GuidelineExplorer, as the tests of all figures use it: `moves` are the extremes of every control, and what is drawn otherwise."""

from stage import Live, Specimen

from lightnets_edu.widgets import GuidelineExplorer


def act(figure) -> None:
    figure.get_by_label("Groups").fill("4")
    figure.get_by_label("As shares").check()


SPECIMEN = Specimen(
    make=lambda: GuidelineExplorer(),
    label="Guideline explorer, interactive",
    moves=[{"groups": 1}, {"groups": 32, "shares": True}, {"groups": 8}, {"shares": False}],
    live=Live(
        act, "w.groups, w.shares", "(16, True)",
        "w.groups = 2; w.shares = False", "g = 2: 4,608 weights, 1/2 of those of one group.",
    ),
)
