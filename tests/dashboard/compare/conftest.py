"""Runs on the list of somebody whose page compares them."""

from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.lab.people import Person
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, train
from tests.dashboard.runs import ONE, person, store

# A run of 40 steps: the sample has 4,000 digits.
QUICK = TrainingConfig(100, 0.2, 1, preprocessing=Preprocessing.RAW, reports_per_epoch=2)


@pytest.fixture(scope="session")
def quick(sample: Digits) -> dict[str, Run]:
    """A few quick runs: three seeds of one setting, another setting, and one that holds digits out."""
    configs = {f"seed {seed}": replace(QUICK, seed=seed) for seed in range(3)}
    configs["slow"] = replace(QUICK, learning_rate=0.001)
    configs["held out"] = replace(QUICK, batch_size=50, validation=500)
    return {
        name: Run(config, tuple(train(config, sample)), sample.source) for name, config in configs.items()
    }


@pytest.fixture
def one(server: Path) -> Person:
    """Somebody on a server that has just started."""
    return person(ONE)


@pytest.fixture
def ids(one: Person, quick: dict[str, Run]) -> dict[str, str]:
    """All quick runs on the list of one, in their order; their ids."""
    return {name: store(run, one) for name, run in quick.items()}
