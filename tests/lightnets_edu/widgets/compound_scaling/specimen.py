"""CompoundScaling, as the tests of all figures use it: `moves` are the extremes of every control, and what is drawn otherwise."""

from stage import Live, Specimen

from lightnets_edu.widgets import CompoundScaling


def act(figure) -> None:
    figure.get_by_label("Scale").select_option("width")
    figure.get_by_role("slider", name="Budget φ").focus()
    figure.page.keyboard.press("ArrowLeft")
    figure.get_by_role("option", name="B3", exact=True).focus()
    figure.page.keyboard.press("Enter")


SPECIMEN = Specimen(
    make=lambda: CompoundScaling(phi=7, against="B7"),
    label="Compound scaling, interactive",
    moves=[
        {"phi": 0, "against": "B0"}, {"mode": "depth", "phi": 7}, {"mode": "width", "against": "B7"}, {"mode": "resolution"},
        {"phi": 2, "mode": "depth", "against": "B4"}, {"mode": "all three", "alpha": 2.0, "beta": 1.0, "gamma": 1.0, "phi": 7},
        {"alpha": 1.05, "beta": 1.4, "gamma": 1.0, "phi": 5.5}, {"alpha": 1.0, "beta": 1.0, "gamma": 1.4, "against": "B1"},
        {"gamma": 1.0, "phi": 0.5}, {"alpha": 1.2, "beta": 1.1, "gamma": 1.15, "phi": 2, "against": "B7"},
    ],
    live=Live(
        act, "w.mode, w.phi, w.against", "('width', 2.5, 'B3')",
        "w.mode = 'resolution'; w.phi = 2", "448 pixels; B3: 300",
    ),
)
