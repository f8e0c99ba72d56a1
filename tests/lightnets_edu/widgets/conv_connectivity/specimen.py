"""ConvConnectivity, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ConvConnectivity


def act(figure) -> None:
    figure.get_by_label("Channels out").fill("5")    # the last, 16
    figure.get_by_label("Kind").select_option("grouped")
    figure.get_by_label("Groups").select_option("4")
    figure.get_by_role("radio", name="Output 14", exact=True).click()
    figure.page.keyboard.press("ArrowRight")
    figure.get_by_role("radio", name="Row 0, column 0", exact=True).click()


SPECIMEN = Specimen(
    make=lambda: ConvConnectivity(kind="shuffled", c_in=16, c_out=16, kernel=5, groups=8, output=9),
    label="Connections of a convolution, interactive",
    moves=[
        {"kind": "separable", "kernel": 3, "output": 5},
        {"kind": "standard", "c_in": 8, "c_out": 8, "groups": 4, "output": 3},
        {"kind": "grouped"},
        {"kind": "depthwise", "stride": 2, "y": 1, "x": 2},
        {"kind": "pointwise", "kernel": 1, "c_out": 16, "output": 15, "y": 3, "x": 3},
        {"kind": "standard", "c_in": 2, "c_out": 2, "groups": 1, "output": 0},
        {"kind": "grouped", "c_in": 16, "c_out": 12, "groups": 4, "kernel": 5, "output": 11, "y": 0, "x": 0},
        {"kind": "shuffled", "c_in": 12, "c_out": 12, "groups": 3, "kernel": 3, "stride": 1, "output": 4, "y": 6, "x": 6},
        {"kind": "separable", "c_in": 8, "c_out": 8, "groups": 2, "output": 2, "y": 2, "x": 2},
    ],
    live=Live(
        act, "w.kind, w.c_out, w.groups, w.output, w.y, w.x, w.numbers().edges", "('grouped', 16, 4, 15, 0, 0, 128)",
        "w.kind = 'depthwise'; w.kernel = 3; w.stride = 2; w.y = 2", "6 × 1 = 6 (standard 3×3: 6 × 8 = 48)",
    ),
)
