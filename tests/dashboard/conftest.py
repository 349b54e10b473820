"""What all tests of the dashboard share."""

import os

import pytest

from mnist_core import Digits, Run, TrainingConfig, train


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it to the system when files reach the disk: no test here cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="session")
def ended(sample: Digits) -> Run:
    """A run of two epochs, with settings that the controls offer and do not begin with."""
    config = TrainingConfig(learning_rate=0.2, epochs=2, reports_per_epoch=10)
    return Run(config, tuple(train(config, sample)), sample.source)
