"""What the row of weights costs a run: `python benchmarks/strip.py [--mnist FOLDER] [--rounds 6]`.

Serves the app twice, once without the row, and lets one Chromium train there in turns, three times a round,
with the default settings. Prints how long it is from the click on Train to the final curve, and exits with 1
if the row makes it longer by more than a tenth.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.browser import environment
from benchmarks.page import click_to_curve
from tests.support.browser import chromium, served, usable
from tests.support.paths import APP

WITHOUT = Path(__file__).with_name("app_without_strip.py")
RUNS = 3  # a round, after one that is not timed: a page's first curve may still wait for plotly
LIMIT = 1.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    seconds: dict[Path, list[float]] = {APP: [], WITHOUT: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        served(environment(Path(folder, "one"), options.mnist)) as one,
        served(environment(Path(folder, "other"), options.mnist), WITHOUT) as other,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for _ in range(options.rounds):
            for script, address in ((APP, one), (WITHOUT, other)):
                page.goto(address)
                usable(page)
                seconds[script] += [click_to_curve(page) for _ in range(1 + RUNS)][1:]
                if bool(page.locator(".st-key-templates").count()) is not (script is APP):
                    sys.exit(f"{script.name} is no longer what is compared here")
    for script, times in seconds.items():
        print(f"{script.name:32}{min(times):8.3f}{median(times):8.3f}{max(times):8.3f} s")
    ratio = median(seconds[APP]) / median(seconds[WITHOUT])
    print(f"with the row of weights a run takes {ratio:.2f} times as long, limit {LIMIT}")
    sys.exit(0 if ratio <= LIMIT else 1)


if __name__ == "__main__":
    main()
