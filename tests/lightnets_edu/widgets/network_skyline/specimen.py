"""NetworkSkyline, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import NetworkSkyline

NAMES = ["xception", "vgg16", "squeezenext_1.0_g_sqnxt_23", "mobilenet_v1_1.0"]


def act(figure) -> None:
    figure.get_by_role("combobox", name="Network").select_option("Xception")
    figure.get_by_label("Against").select_option("VGG-16")
    figure.get_by_label("Count").select_option("parameters")
    figure.get_by_role("slider").press("End")


SPECIMEN = Specimen(
    make=lambda: NetworkSkyline(NAMES, shown="squeezenext_1.0_g_sqnxt_23", against="xception"),
    label="Network skyline, interactive",
    moves=[
        {"metric": "params", "layer": 111},
        {"metric": "access", "order": "largest first", "layer": 0},
        {"scale": "own", "layer": 40},
        {"shown": "vgg16", "layer": 13, "metric": "params", "order": "execution"},
        {"shown": "xception", "against": "", "layer": 74, "metric": "macs"},
        {"shown": "mobilenet_v1_1.0", "against": "vgg16", "scale": "same", "layer": 0},
        {"against": "", "metric": "params", "layer": 27},
        {"metric": "macs", "layer": 16},
    ],
    live=Live(
        act, "w.shown, w.against, w.metric, w.layer, w.network()['rows'][w.layer][-3]",
        "('xception', 'vgg16', 'params', 74, 2049000)",
        "w.shown = 'mobilenet_v1_1.0'; w.metric = 'macs'; w.layer = 27", "Layer 28 of 28, head: linear, 1,024 → 1,000 features.",
    ),
)  # fmt: skip
