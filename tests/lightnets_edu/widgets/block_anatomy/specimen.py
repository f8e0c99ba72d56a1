"""BlockAnatomy, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import BlockAnatomy


def act(figure) -> None:
    figure.get_by_role("combobox", name="Block", exact=True).select_option("Fire module (SqueezeNet)")
    figure.get_by_role("combobox", name="Squeeze ratio").select_option("0.5")
    figure.get_by_role("option", name="expand1x1", exact=True).first.locator("path").first.click()
    figure.page.keyboard.press("ArrowRight")


SPECIMEN = Specimen(
    make=lambda: BlockAnatomy(block="mbconv"),
    label="Block anatomy, interactive",
    moves=[
        {"t": 1, "kernel": 3, "squeeze": 0.0, "layer": 0},
        {"t": 2, "squeeze": 0.125, "layer": 4, "beside": "mbconv"},
        {"t": 6, "squeeze": 1.0, "kernel": 5},
        {"block": "inverted_residual", "t": 6, "stride": 1, "layer": 1, "beside": "resnet"},
        {"t": 8, "stride": 2},
        {"t": 1, "layer": 1},
        {"block": "fire", "squeeze": 0.125, "share": 0.5, "layer": 2, "beside": "xception"},
        {"squeeze": 1.0, "share": 0.875},
        {"block": "ghost", "s": 2, "d": 3, "layer": 0, "beside": "fire"},
        {"s": 5, "d": 7, "layer": 1},
        {"block": "resnet", "width": 64, "beside": "inverted_residual"},
        {"width": 128, "layer": 2},
        {"block": "resnext", "groups": 32, "width": 128, "layer": 1, "beside": "resnext"},
        {"groups": 64, "width": 64},
        {"block": "xception", "width": 384, "layer": 5, "beside": "ghost"},
        {"block": "shufflenet", "groups": 3, "stride": 1, "layer": 0, "beside": "shufflenet"},
        {"groups": 8, "stride": 2, "layer": 2},
    ],
    live=Live(
        act, "w.block, w.squeeze, w.layer, w.layers()[w.layer].text[0]", "('fire', 0.5, 1, 'expand1x1')",
        "w.block = 'shufflenet'; w.groups = 8", "11.2 k parameters",
    ),
)
