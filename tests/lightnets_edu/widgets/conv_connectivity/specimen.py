"""ConvConnectivity, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import ConvConnectivity


def act(figure) -> None:
    figure.get_by_role("slider", name="Channels").fill("5")    # the last, 16
    figure.get_by_label("Layer").fill("2")    # four groups
    figure.get_by_role("option", name="Output 14", exact=True).click()
    figure.page.keyboard.press("Shift+ArrowRight")
    figure.get_by_role("slider", name="Window").focus()
    figure.page.keyboard.press("Home")
    for _ in range(6):
        figure.page.keyboard.press("ArrowUp")


SPECIMEN = Specimen(
    make=lambda: ConvConnectivity(kind="shuffled", c_in=16, c_out=16, kernel=5, groups=2, output=9),
    label="Connections of a convolution, interactive",
    moves=[
        {"kind": "separable", "kernel": 3, "output": 5, "more": 3},
        {"kind": "standard", "c_in": 8, "c_out": 8, "groups": 4, "output": 3, "more": 0},
        {"kind": "grouped"},
        {"kind": "depthwise", "stride": 2, "y": 1, "x": 2},
        {"kind": "pointwise", "kernel": 1, "c_out": 16, "output": 15, "y": 3, "x": 3},
        {"kind": "standard", "c_in": 2, "c_out": 2, "groups": 1, "output": 0},
        {"kind": "grouped", "c_in": 16, "c_out": 12, "groups": 4, "kernel": 5, "output": 9, "more": 2, "y": 0, "x": 0},
        {"kind": "standard", "c_in": 16, "c_out": 16, "stride": 1},
        {"kind": "shuffled", "c_in": 12, "c_out": 12, "groups": 3, "kernel": 3, "output": 4, "more": 0, "y": 6, "x": 6},
        {"kind": "separable", "c_in": 8, "c_out": 8, "groups": 2, "output": 2, "y": 2, "x": 2},
    ],
    live=Live(
        act, "w.kind, w.c_out, w.groups, w.output, w.more, w.y, w.x, w.numbers().params", "('grouped', 16, 4, 14, 1, 0, 0, 576)",
        "w.kind = 'depthwise'; w.kernel = 3; w.more = 0; w.stride = 2; w.y = 2", "6 positions (3 lie off the map) in 1 of 16 inputs",
    ),
)
