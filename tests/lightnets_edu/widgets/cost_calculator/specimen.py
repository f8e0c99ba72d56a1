"""CostCalculator, as the tests of all figures use it."""

from stage import Live, Specimen

from lightnets_edu.widgets import CostCalculator


def act(figure) -> None:
    figure.get_by_label("Channels c_out").fill("7")    # the eighth of those on offer
    figure.get_by_label("Groups").select_option("8")
    figure.get_by_label("Kernel").select_option("5×5")
    figure.get_by_role("slider", name="Machine balance").focus()
    figure.page.keyboard.press("ArrowRight")


SPECIMEN = Specimen(
    make=lambda: CostCalculator(),
    label="Cost calculator, interactive",
    moves=[
        {"c_in": 1024, "c_out": 1024, "kernel": 7, "size": 224, "groups": 1, "balance": 200},
        {"groups": 1024},
        {"groups": 256, "alpha": 0.25, "rho": 4 / 7, "balance": 1},
        {"c_in": 3, "c_out": 8, "size": 7, "groups": 1},
        {"kernel": 1, "alpha": 1.0, "rho": 1.0, "balance": 200},
        {"c_in": 1024, "size": 224, "groups": 8},
        {"c_in": 72, "c_out": 96, "kernel": 5, "size": 14, "groups": 24, "alpha": 1.0, "rho": 6 / 7, "balance": 50},
        {"groups": 6, "alpha": 0.75, "rho": 5 / 7},
        {"c_in": 64, "c_out": 128, "kernel": 3, "size": 56, "groups": 4, "alpha": 0.5, "rho": 1.0, "balance": 10},
    ],
    live=Live(
        act, "w.c_out, w.kernel, w.groups, w.balance, w.times()['separable']", "(128, 5, 8, 20, 33750272)",
        "w.c_out = 256; w.kernel = 3; w.balance = 5", "At 5 multiply-adds an element, work limits S, G, P; moving limits D.",
    ),
)
