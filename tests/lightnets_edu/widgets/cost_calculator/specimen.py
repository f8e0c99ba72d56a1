"""CostCalculator, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import CostCalculator


def act(figure) -> None:
    figure.get_by_label("Channels c_in").fill("7")    # the eighth of those on offer
    figure.get_by_label("Groups g").select_option("8")
    figure.get_by_label("Width α").select_option("0.5")
    figure.get_by_label("Kernel").select_option("5×5")


SPECIMEN = Specimen(
    make=lambda: CostCalculator(),
    label="Cost calculator, interactive",
    moves=[
        {"c_in": 1024, "c_out": 1024, "kernel": 7, "size": 224, "groups": 1},
        {"groups": 1024},
        {"groups": 256, "alpha": 0.25, "rho": 4 / 7},
        {"c_in": 3, "c_out": 8, "size": 7, "groups": 1},
        {"kernel": 1, "alpha": 1.0, "rho": 1.0},
        {"c_in": 1024, "size": 224, "groups": 8},
        {"c_in": 72, "c_out": 96, "kernel": 5, "size": 14, "groups": 24, "alpha": 1.0, "rho": 6 / 7},
        {"groups": 6, "alpha": 0.75, "rho": 5 / 7},
        {"c_in": 64, "c_out": 128, "kernel": 3, "size": 56, "groups": 4, "alpha": 0.5, "rho": 1.0},
    ],
    live=Live(
        act, "w.c_in, w.c_out, w.kernel, w.groups, w.alpha, w.costs()['separable'].macs", "(96, 128, 5, 8, 0.5, 13396992)",
        "w.alpha = 1.0; w.c_in = 64; w.kernel = 3", "(27,496,448 instead of 231,211,008)",
    ),
)
