"""SlidingConvolution, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.layer import EDGES


def act(figure) -> None:
    figure.get_by_label("Layer").select_option(index=1)
    figure.get_by_label("Stride").select_option("2")
    figure.get_by_label("Padding").select_option("1")
    figure.get_by_role("option", name="Input, red").focus()
    figure.page.keyboard.press("Shift+ArrowRight")
    figure.get_by_role("button", name="Step").click()


RED = [0, 0, 0, 0, 2, 0, 0, 0, 0, *[0, 0, 0, 0, -1, 0, 0, 0, 0] * 2]

SPECIMEN = Specimen(
    make=lambda: SlidingConvolution(padding=1, row=11, column=11),
    label="Sliding convolution, interactive",
    moves=[
        {"padding": 0, "row": 5, "column": 3},
        {"kind": "depthwise", "row": 7},
        {"kind": "pointwise", "kernel": 1, "padding": 1, "row": -1, "column": 12},
        {"mix": [-2, -2, -2], "stride": 2},
        {"kind": "standard", "kernel": 2, "stride": 1, "row": 4},
        {"kernel": 3, "filters": [2] * 27, "padding": 0},
        {"kind": "depthwise", "kernel": 2, "filters": [-2, 2, 0] * 9, "speed": 16},
        {"kind": "standard", "kernel": 3, "filters": RED, "row": 0, "column": 0},
        {"filters": [0] * 27, "stride": 2},
        {"filters": EDGES, "stride": 1, "row": 6, "column": 7},
    ],
    live=Live(
        act, "w.kind, w.stride, w.padding, w.position(), w.shape(), w.parts()[0].sum",
        "('standard', 2, 1, (3, 4), (7, 7), -14)",
        "w.kind = 'standard'; w.kernel = 3; w.padding = 0; w.stride = 1", "for 3 outputs, 10\u00a0×\u00a010",
    ),
)
