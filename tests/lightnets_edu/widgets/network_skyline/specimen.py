"""NetworkSkyline, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import NetworkSkyline

NAMES = ["xception", "vgg16", "squeezenext_1.0_g_sqnxt_23", "mobilenet_v1_1.0"]


def act(figure) -> None:
    figure.get_by_role("combobox", name="Network").select_option("Xception")
    figure.get_by_label("Against").select_option("VGG-16")
    figure.get_by_label("Count").select_option("parameters")
    figure.get_by_role("option", name="Xception. Layer 75 of 75").press("Enter")


SPECIMEN = Specimen(
    make=lambda: NetworkSkyline(NAMES, shown="squeezenext_1.0_g_sqnxt_23", against="xception"),
    label="Network skyline, interactive",
    moves=[
        {"metric": "params", "brush": [0, 500]},
        {"metric": "access", "order": "largest first", "brush": [100, 120]},
        {"sketching": True},
        {"sketch": [10, 9, 8, 0, 6, 5, 4, 3, 2, 1]},
        {"shown": "vgg16", "brush": [0, 1000], "metric": "params", "order": "execution", "sketching": False},
        {"shown": "xception", "against": "", "metric": "macs"},
        {"sketch": [0] * 10, "brush": [990, 310]},
        {"shown": "mobilenet_v1_1.0", "against": "vgg16"},
        {"against": "", "metric": "params", "brush": [500, 500]},
        {"metric": "macs", "brush": [0, 1000]},
    ],
    live=Live(
        act, "w.shown, w.against, w.metric, w.brush, w.rows()[-1][-3]",
        "('xception', 'vgg16', 'params', [987, 1000], 2049000)",
        "w.shown = 'mobilenet_v1_1.0'; w.against = ''; w.metric = 'macs'; w.brush = [500, 1000]",
        "MobileNet V1 1.0, 14 of 28 layers: 339,",
    ),
)  # fmt: skip
