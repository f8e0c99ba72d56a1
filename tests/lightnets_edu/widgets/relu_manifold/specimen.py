"""ReluManifold, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ReluManifold


def act(figure) -> None:
    figure.get_by_label("Dimensions n").fill("3")
    figure.get_by_label("Decoder").select_option("inverse of T")
    for _ in range(5):
        figure.get_by_role("button", name="Draw again").click()
    figure.get_by_role("slider", name="Line 2").press("ArrowRight")
    figure.get_by_role("slider", name="Point").press("ArrowLeft")


SPECIMEN = Specimen(
    make=lambda: ReluManifold(n=2),
    label="ReLU on an embedded spiral, interactive",
    moves=[
        {"n": 3, "draw": 2, "point": 0},
        {"n": 5, "draw": 3, "point": 48, "turned": [0, 30, -60, 90, 180]},
        {"n": 15, "draw": 64},
        {"n": 30, "decoder": "inverse of T", "point": 20},
        {"n": 2, "draw": 4, "turned": [0] * 5, "bent": [20, -10] * 49},
        {"n": 3, "relu": False},
        {"n": 30, "decoder": "best affine", "relu": True, "bent": [0] * 98},
        {"n": 2, "draw": 1, "point": 30},
    ],
    live=Live(
        act, "w.n, w.decoder, w.draw, w.turned, w.point, w.trip()['fates'].count('2')",
        "(15, 'inverse of T', 6, [0, 3, 0, 0, 0], 29, 49)",
        "w.n = 2; w.draw = 2; w.turned = [0] * 5; w.decoder = 'best affine'", "● 18 decodable",
    ),
)
