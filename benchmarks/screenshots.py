"""Take the README's pictures: `python benchmarks/screenshots.py --mnist FOLDER`.

With `--to` all tabs are taken, light and dark, into the folder that it names; with `--phone` at 375 x 812.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page

from benchmarks.browser import environment
from tests.support.browser import DIGITS, chromium, draw, headline, open_tab, press, served, settled
from tests.support.paths import ROOT

TABS = {"Train": "train", "Draw": "draw", "Look inside": "inside", "Learn": "learn"}
OF_README = {"train-light", "draw-light", "inside-dark"}
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def settle(page: Page) -> None:
    """Wait until no script runs, and a moment longer for what is drawn after it."""
    settled(page)
    page.wait_for_timeout(1500)


def take(page: Page, address: str, folder: Path | None, theme: str) -> None:
    """Use each tab and take its picture: all of them into the folder, or those of the README into docs."""
    page.goto(address)
    press(page, "Train")
    headline(page).filter(has_text="Finished:").wait_for()
    page.evaluate("document.querySelector('.film-skip').click()")
    for tab, name in TABS.items():
        picture = f"{name}-{theme}"
        open_tab(page, tab)
        if tab == "Draw":
            draw(page, DIGITS[3])
            page.locator(".answer", has_text="3").wait_for()
        if folder is not None or picture in OF_README:
            settle(page)
            page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
            page.mouse.move(0, 0)
            page.screenshot(path=(folder or ROOT / "docs") / f"{picture}.png")
        if tab == "Train":
            page.get_by_role("button", name="Prepare the digits first").click()
            headline(page).filter(has_text=re.compile("directions.*Finished:", re.DOTALL)).wait_for()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--to", type=Path, metavar="FOLDER")
    parser.add_argument("--phone", action="store_true")
    options = parser.parse_args()
    if options.phone and options.to is None:
        parser.error("--phone needs --to FOLDER: the README's pictures are of a desktop")
    if options.to:
        options.to.mkdir(parents=True, exist_ok=True)
    width, height = (375, 812) if options.phone else (1440, 900)
    with tempfile.TemporaryDirectory() as home, served(environment(Path(home), options.mnist)) as address:
        for theme in THEMES:
            with chromium() as browser:
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=theme,
                    has_touch=options.phone,
                    is_mobile=options.phone,
                )
                page.set_default_timeout(120_000)
                take(page, address, options.to, theme)


if __name__ == "__main__":
    main()
