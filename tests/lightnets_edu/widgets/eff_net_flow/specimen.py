"""EffNetFlow, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import EffNetFlow


def act(figure) -> None:
    figure.get_by_label("Last layer").select_option("1×2, turned")
    figure.get_by_role("slider", name="Layers that have run").focus()
    figure.page.keyboard.press("ArrowLeft")
    figure.get_by_role("slider", name="Channels inside EffNet").focus()
    figure.page.keyboard.press("ArrowLeft")


SPECIMEN = Specimen(
    make=lambda: EffNetFlow(),
    label="EffNet, step by step, interactive",
    moves=[
        {"c_in": 256, "c_mid": 256, "c_out": 256, "map": 4, "row": 3, "column": 7},
        {"c_in": 3, "c_mid": 3, "c_out": 3, "map": 0, "row": 7, "column": 7},
        {"last": "1x2", "map": 5, "row": 3, "column": 3},
        {"step": 0},
        {"step": 1, "map": 7, "row": 2, "column": 1},
        {"step": 3, "c_in": 64, "c_mid": 64, "c_out": 128, "map": 3, "row": 0, "column": 0},
        {"step": 4, "last": "2x1", "map": 6, "row": 4, "column": 4},
        {"step": 5, "map": 2, "row": 4, "column": 3},
        {"map": 8, "row": 1, "column": 2},
    ],
    live=Live(
        act, "w.last, w.step, w.c_mid, sum(w.unread())", "('1x2', 4, 64, 0)",
        "w.last = '2x1'; w.step = 5", "No output is reached by 50% of depthwise 1×3, pool 2×1 and depthwise 3×1.",
    ),
)
