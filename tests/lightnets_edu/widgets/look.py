"""Pictures of figures, to be looked at: a specimen's moves, at a width and in a theme; or all figures on one sheet.

    python tests/lightnets_edu/widgets/look.py channel_shuffle --out look --width 320 --theme dark --moves 0 3
    python tests/lightnets_edu/widgets/look.py all --out book/images      # the README's two pictures
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE), str(HERE.parents[1])]

from chromium import LAUNCH  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from specimens import SPECIMENS  # noqa: E402
from stage import move, put  # noqa: E402

SHEET = """main { columns: 3; column-gap: 16px } main > div { break-inside: avoid; margin: 0 0 16px } h1 { display: none }
figcaption, .ln-widget > details { display: none }"""


def sheet(browser, out: Path) -> None:
    """All figures as a reader first meets them, side by side, in both themes."""
    from lightnets_edu import widgets

    for theme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1800, "height": 900}, color_scheme=theme)
        tab = context.new_page()
        put(tab, tuple(getattr(widgets, name)() for name in widgets.__all__), theme)
        tab.add_style_tag(content=SHEET)
        tab.wait_for_timeout(800)
        path = out / f"gallery-{theme}.png"
        tab.screenshot(path=path, full_page=True)
        few = Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE)
        few.save(path, optimize=True)    # a third of the bytes; rare colours keep their hue
        context.close()


def main() -> None:
    """Write one PNG for the first state (-1) and one for each move asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the figure's folder, or all")
    parser.add_argument("--out", type=Path, default=Path("look"))
    parser.add_argument("--width", type=int, default=800)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--moves", type=int, nargs="*", default=[-1])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        if args.name == "all":
            return sheet(browser, args.out)
        specimen = SPECIMENS[args.name]
        context = browser.new_context(viewport={"width": args.width, "height": 900}, color_scheme=args.theme)
        tab = context.new_page()
        tab.on("console", lambda message: print("console:", message.text))
        tab.on("pageerror", lambda error: print("error:", error))
        for last in args.moves:
            put(tab, (specimen.make(),), args.theme)
            for values in specimen.moves[: last + 1]:
                move(tab, values)
            tab.wait_for_timeout(800)
            path = args.out / f"{args.name}_{args.width}_{args.theme}_{last}.png"
            tab.screenshot(path=path, full_page=True)
            print(path)
        browser.close()


if __name__ == "__main__":
    main()
