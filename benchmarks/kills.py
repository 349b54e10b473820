"""Kill the server again and again: `python benchmarks/kills.py [--rounds 50] [--mnist FOLDER]`.

In each round a server is started, two visitors train one run after another, so that runs learn in threads
and in processes, and at a random moment the server is killed (SIGKILL). Each run that a page had shown as
finished must then be there, whole, for the next server, and its page must come up without an error. Exits
with 1 where one is not.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Error

from benchmarks.browser import environment
from mnist_core.run_file import load_run
from tests.support.browser import chromium, headline, press, start_server

LONGEST = 15.0  # seconds from the first Train of a round to the kill
VISITORS = 2


class Visitor:
    """A page in a browser of its own, on which one run after another is trained."""

    def __init__(self, browser: Browser, address: str, shown: str | None) -> None:
        self.page = browser.new_context().new_page()
        self.page.goto(f"{address}/?run={shown}" if shown else address)
        headline(self.page).filter(has_text="Finished:" if shown else "Not trained yet").wait_for()
        self._pressed = False
        self._seen_learning = False  # until then the page may still tell of the run before

    def go_on(self) -> str | None:
        """Begin a run if none is on its way; return the id of one that the page now shows as finished."""
        ended = any(words in headline(self.page).inner_text() for words in ("Finished:", "Not trained yet"))
        if not ended:
            self._seen_learning = True
        elif self._seen_learning:
            self._pressed = self._seen_learning = False
            return parse_qs(urlsplit(self.page.url).query)["run"][0]
        elif not self._pressed:
            press(self.page, "Train")
            self._pressed = True
        return None


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
            known = max(finished, default=None)
            visitors = [Visitor(browser, server.address, known) for _ in range(VISITORS)]
            for visitor in visitors:
                for shown in visitor.page.get_by_test_id("stException").all_inner_texts():
                    errors.append(f"round {round_number}: {shown}")
            deadline = time.monotonic() + moments.uniform(0.1, LONGEST)
            try:
                while time.monotonic() < deadline:
                    finished |= {run_id for visitor in visitors if (run_id := visitor.go_on())}
                    visitors[0].page.wait_for_timeout(10)
            except Error as error:
                errors.append(f"round {round_number}: {error}")
            server.kill()
            for visitor in visitors:
                visitor.page.context.close()
            for run_id in finished:
                load_run(home / "runs" / f"{run_id}.safetensors")  # raises where it is not whole
        left = len(list((home / "runs").glob("*.part")))
    print(f"{options.rounds} kills, {len(finished)} finished runs, all whole; {left} half-written files left")
    for complaint in errors:
        print(complaint)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
