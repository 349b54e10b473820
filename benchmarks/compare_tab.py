"""How quick comparing is, in Chromium: `python benchmarks/compare_tab.py [--mnist FOLDER] [--rounds 10]`.

Prints the distribution of
- the time from the click on the tab Compare to a list of 50 runs on screen,
- the time from the choice of a second run to the curves of both, the verdict, and the galleries of the digits
  that tell them apart, for two runs that nobody has compared before,
- how many times as long five seeds of the default run take as one run, all learned as the page does it,
beside the limits that the project has set itself, and exits with 1 where a median is over its limit. The five
seeds must also be the same, bit for bit, as the five runs one after the other.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from playwright.sync_api import Browser, Page

from benchmarks.browser import environment, print_row
from benchmarks.page import since_event, took
from dashboard.lab.job_files import save_job
from dashboard.lab.job_list import JobList
from dashboard.lab.job_queue import JobQueue
from dashboard.lab.job_registry import JobRegistry
from dashboard.lab.people import People
from mnist_core import Digits, Run, TrainingConfig, load_digits, train
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.processes.training_processes import TrainingProcesses
from mnist_core.storage.file_store import new_id
from tests.support.browser import chromium, served, usable

LIMITS = {
    "click on Compare to 50 runs": 0.5,  # seconds
    "second run to the whole comparison": 0.5,  # seconds
    "five seeds, in times of one run": 3.2,
}
RUNS, TRAINED = 50, 5
SEEDS = range(5)

LIST = f"element?.querySelectorAll('tr:not([hidden])').length === {RUNS}"
COMPARED = """document.querySelectorAll('.st-key-comparison .scatterlayer .trace').length === 2 &&
    document.querySelector('.versus') !== null &&
    ['a', 'b'].every((side) => document.querySelector(`.st-key-only-${side} canvas`) !== null)"""


def fill(digits: Digits) -> str:
    """Put runs with 50 different settings on one person's list; return the person's id.

    Five of them are trained. The others have their reports, under other settings.
    """
    person = People().find(new_id())
    rates = [0.01, 0.05, 0.1, 0.2, 0.5]
    trained = [
        Run(config, tuple(train(config, digits)), digits.source)
        for rate in rates[:TRAINED]
        for config in [TrainingConfig(learning_rate=rate, reports_per_epoch=2, early_reports=True)]
    ]
    for number in range(RUNS):
        run = trained[number % TRAINED]
        run_id = new_id()
        save_job(run_id, replace(run, config=replace(run.config, batch_size=100 + number // TRAINED)))
        person.jobs.add(run_id)
    return person.id


def visit(browser: Browser, address: str, person: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "digit_lab_person", "value": person, "url": address}])
    page = context.new_page()
    page.goto(address)
    usable(page)
    page.wait_for_timeout(1000)
    return page


def open_list(page: Page) -> float:
    since_event(page, "click", ".run-table tbody", LIST)
    page.get_by_role("tab", name="Compare").click()
    return took(page)


def choose_pair(page: Page, first: int) -> float:
    """Choose two runs in place of all others, and say how long the comparison took after the second."""
    boxes = page.locator(".run-table tbody .run-choice input")
    everything = page.locator(".run-table thead input")
    everything.check()
    everything.uncheck()
    boxes.nth(first).check()
    page.wait_for_function("document.querySelector('.versus') === null")
    page.wait_for_timeout(500)
    since_event(page, "click", "body", COMPARED)
    boxes.nth(first + 1).check()
    return took(page)


def five_seeds(registry: JobRegistry, digits: Digits) -> tuple[float, bool]:
    """Train five seeds together and one alone; return the ratio of their times, and if they are equal."""
    config, jobs = TrainingConfig(), JobList("1" * 32)

    def seconds(seeds: range) -> tuple[float, list[torch.Tensor]]:
        began = time.perf_counter()
        runs = [
            registry.begin_run(replace(config, seed=seed), digits, jobs, same_group=True) for seed in seeds
        ]
        for run in runs:
            run.join()
        return time.perf_counter() - began, [run.history[-1].model.linear.weight for run in runs]

    together, weights = seconds(SEEDS)
    alone = [seconds(range(seed, seed + 1)) for seed in SEEDS]
    equal = all(torch.equal(one[0], other) for (_, one), other in zip(alone, weights, strict=True))
    return together / statistics.median(took for took, _ in alone), equal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(options.mnist)
    preprocessed_digits(digits, TrainingConfig().preprocessing)
    results = {name: list[float]() for name in LIMITS}
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGIT_LAB_HOME"] = folder
        queue = JobQueue()
        processes = TrainingProcesses(queue.slots)
        registry = JobRegistry(queue, processes)
        five_seeds(registry, digits)  # the processes start, and have the digits
        for _ in range(max(1, options.rounds // 3)):
            ratio, same = five_seeds(registry, digits)
            results["five seeds, in times of one run"].append(ratio)
            equal = equal and same
        processes.release_idle()
        person = fill(digits)
        with chromium() as browser, served(environment(Path(folder), options.mnist)) as address:
            for number in range(options.rounds):
                page = visit(browser, address, person)
                results["click on Compare to 50 runs"].append(open_list(page))
                pair = 2 * number % RUNS
                results["second run to the whole comparison"].append(choose_pair(page, pair))
                page.context.close()
    print(f"{'':36}{'min':>9}{'median':>9}{'max':>9}{'limit':>9}")
    within = [print_row(name, values, LIMITS[name]) for name, values in results.items()]
    print(f"five seeds are {'' if equal else 'not '}the same as the five runs alone")
    sys.exit(0 if all(within) and equal else 1)


if __name__ == "__main__":
    main()
