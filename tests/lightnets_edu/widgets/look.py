"""Pictures of a figure's specimen, to be looked at: every move, at a width and in a theme.

    python tests/lightnets_edu/widgets/look.py channel_shuffle --out /tmp/look --width 320 --theme dark --moves 0 3
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE), str(HERE.parents[1])]

from chromium import LAUNCH  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from stage import move, put  # noqa: E402


def main() -> None:
    """Write one PNG for the first state (-1) and one for each move asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="what stands after specimen_")
    parser.add_argument("--out", type=Path, default=Path("look"))
    parser.add_argument("--width", type=int, default=800)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--moves", type=int, nargs="*", default=[-1])
    args = parser.parse_args()
    specimen = __import__(f"specimen_{args.name}").SPECIMEN
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
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
