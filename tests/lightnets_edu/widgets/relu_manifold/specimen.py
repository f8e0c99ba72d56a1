"""ReluManifold, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ReluManifold


def act(figure) -> None:
    figure.get_by_role("radio", name="n = 5").click()
    figure.page.keyboard.press("ArrowRight")
    figure.get_by_label("Decoder").select_option("inverse of T")
    figure.get_by_label("Random T").fill("3")
    figure.get_by_label("Point").fill("7")


SPECIMEN = Specimen(
    make=lambda: ReluManifold(n=2, seed=0),
    label="ReLU on an embedded spiral, interactive",
    moves=[
        {"n": 3, "seed": 1, "point": 0},
        {"n": 5, "seed": 2, "point": 48},
        {"n": 15, "seed": 5},
        {"n": 30, "decoder": "inverse of T", "point": 20},
        {"n": 2, "seed": 2},
        {"n": 3, "relu": False},
        {"n": 30, "decoder": "best affine", "relu": True},
        {"n": 2, "seed": 0, "point": 30},
    ],
    live=Live(
        act, "w.n, w.decoder, w.seed, w.point, w.trip()['fates'].count('2')", "(15, 'inverse of T', 5, 7, 49)",
        "w.n = 2; w.seed = 1; w.decoder = 'best affine'", "n = 2: 18 of 49 points are decodable, 19 dead.",
    ),
)
