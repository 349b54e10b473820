"""Kill the server again and again: `python benchmarks/kills.py [--rounds 50] [--mnist FOLDER]`.

In each round a server is started, a page trains one run after another, and at a random moment the server is
killed (SIGKILL). Each run that a page had shown as finished must then be there, whole, for the next server,
and its page must come up without an error. Exits with 1 where one is not.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Error, Page

from benchmarks.browser import environment
from mnist_core.run_file import load_run
from tests.support.browser import chromium, headline, press, start_server

LONGEST = 10.0  # seconds from the first Train of a round to the kill


def train_until(page: Page, deadline: float) -> set[str]:
    """Begin runs until the deadline; return the ids of those that the page showed as finished."""
    finished = set()
    while time.monotonic() < deadline:
        press(page, "Train")
        begun = False  # until then the page may still tell of the run before
        while time.monotonic() < deadline:
            ended = "Finished:" in headline(page).inner_text()
            if begun and ended:
                finished |= set(parse_qs(urlsplit(page.url).query)["run"])
                break
            begun = begun or not ended
            page.wait_for_timeout(10)
    return finished


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    moments = random.Random(0)
    finished: set[str] = set()
    errors = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home = Path(folder)
        for round_number in range(1, options.rounds + 1):
            server = start_server(environment(home, options.mnist))
            page = browser.new_page()
            known = sorted(finished)
            page.goto(f"{server.address}/?run={known[-1]}" if known else server.address)
            headline(page).filter(has_text="Finished:" if known else "Not trained yet").wait_for()
            if page.get_by_test_id("stException").count():
                errors.append(f"round {round_number}: {page.get_by_test_id('stException').inner_text()}")
            try:
                finished |= train_until(page, time.monotonic() + moments.uniform(0.1, LONGEST))
            except Error as error:
                errors.append(f"round {round_number}: {error}")
            server.kill()
            page.close()
            for run_id in finished:
                load_run(home / "runs" / f"{run_id}.safetensors")  # raises where it is not whole
        left = len(list((home / "runs").glob("*.part")))
    print(f"{options.rounds} kills, {len(finished)} finished runs, all whole; {left} half-written files left")
    for complaint in errors:
        print(complaint)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
