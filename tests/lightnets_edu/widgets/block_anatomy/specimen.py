"""BlockAnatomy, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import BlockAnatomy


def act(figure) -> None:
    figure.get_by_label("Block").select_option("Fire module (SqueezeNet)")
    figure.get_by_label("Squeeze ratio").fill("2")
    figure.get_by_role("radio", name="expand1x1", exact=True).click()
    figure.page.keyboard.press("ArrowRight")


SPECIMEN = Specimen(
    make=lambda: BlockAnatomy(block="mbconv"),
    label="Block anatomy, interactive",
    moves=[
        {"t": 1, "kernel": 3, "squeeze": 0.0, "layer": 0},
        {"t": 2, "squeeze": 0.125, "layer": 4},
        {"t": 6, "squeeze": 1.0, "kernel": 5},
        {"block": "inverted_residual", "t": 6, "stride": 1, "layer": 1},
        {"t": 8, "stride": 2},
        {"t": 1, "layer": 1},
        {"block": "fire", "squeeze": 0.125, "share": 0.5, "layer": 2},
        {"squeeze": 1.0, "share": 0.875},
        {"block": "ghost", "s": 2, "d": 3, "layer": 0},
        {"s": 5, "d": 7, "layer": 1},
        {"block": "resnet", "width": 64, "stride": 1},
        {"width": 32, "stride": 2, "layer": 3},
        {"block": "resnext", "groups": 32, "width": 128, "layer": 1},
        {"groups": 64, "width": 64},
        {"block": "shufflenet", "groups": 3, "stride": 1},
        {"groups": 8, "stride": 2, "layer": 2},
    ],
    live=Live(
        act, "w.block, w.squeeze, w.layer, w.layers()[w.layer].text[0]", "('fire', 0.5, 2, 'expand3x3')",
        "w.block = 'shufflenet'; w.groups = 8", "11,232 parameters",
    ),
)
