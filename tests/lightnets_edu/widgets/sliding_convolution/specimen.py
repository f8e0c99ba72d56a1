"""SlidingConvolution, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import SlidingConvolution


def act(figure) -> None:
    figure.get_by_label("Kind").select_option("depthwise")
    figure.get_by_label("Stride").select_option("2")
    figure.get_by_label("Padding").select_option("1")
    figure.get_by_role("slider", name="Step").fill("6")
    figure.page.keyboard.press("ArrowRight")
    figure.get_by_role("button", name="Step").click()


SPECIMEN = Specimen(
    make=lambda: SlidingConvolution(kernel=1, padding=1, size=6, step=127),
    label="Sliding convolution, interactive",
    moves=[
        {"kind": "standard", "kernel": 3, "padding": 0, "size": 5, "step": 7},
        {"kind": "depthwise", "step": 13},
        {"kind": "pointwise", "kernel": 1, "step": 24},
        {"kind": "standard", "kernel": 3, "padding": 1, "size": 6, "step": 0},
        {"stride": 2, "step": 17},
        {"kind": "depthwise", "kernel": 2, "padding": 1, "stride": 1, "step": 146},
        {"kind": "pointwise", "kernel": 1, "stride": 2, "padding": 1, "size": 4, "step": 17},
        {"kind": "standard", "kernel": 3, "stride": 2, "padding": 0, "size": 4, "step": 0},
        {"kind": "depthwise", "kernel": 3, "stride": 1, "padding": 0, "size": 5, "step": 4},
    ],
    live=Live(
        act, "w.kind, w.stride, w.padding, w.step, w.steps(), w.parts()[0].plane", "('depthwise', 2, 1, 8, 27, 2)",
        "w.kind = 'standard'; w.padding = 0; w.stride = 1; w.step = 17", "Multiply-adds: 27 in this step, 486 so far",
    ),
)
