"""GuidelineExplorer, as the tests of all figures use it: `moves` are the extremes of every control, and what is drawn otherwise."""

from stage import Live, Specimen

from lightnets_edu.widgets import GuidelineExplorer


def act(figure) -> None:
    figure.get_by_label("Map").fill("1")    # the second of those on offer
    figure.get_by_role("slider", name="Ratio of channels in to out").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.get_by_role("button", name="Reveal", exact=True).click()


SPECIMEN = Specimen(
    make=lambda: GuidelineExplorer(revealed=True, guess=1.5),
    label="Guideline explorer, interactive",
    moves=[
        {"ratio": "1:32", "guess": 4.0}, {"ratio": "32:1", "guess": 1.0}, {"ratio": "1:1", "size": 7, "width": 512},
        {"guideline": 2, "groups": 8, "guess": 2.8}, {"size": 56, "width": 128}, {"revealed": False, "guess": 4.0},
        {"groups": 1, "guess": 1.0}, {"guideline": 1, "size": 112, "width": 64, "guess": 2.0}, {"revealed": True, "ratio": "1:14"},
        {"size": 56, "width": 128, "ratio": "1:2", "guess": 1.1},
    ],
    live=Live(
        act, "w.size, w.ratio, w.revealed", "(14, '1:13', True)",
        "w.size = 56; w.ratio = '1:12'; w.guess = 2", "Your guess is 8% too high. Its height is passed at 1:15.",
    ),
)
