"""What all tests of the dashboard share."""

import functools
import os
import signal
from collections.abc import Iterator

import pytest
from streamlit.components.v2 import manifest_scanner

from mnist_core import Digits, Run, TrainingConfig, train


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Search the installed packages for components only once: for each AppTest, it takes half of the time."""
    with pytest.MonkeyPatch.context() as patch:
        name = "scan_component_manifests"
        patch.setattr(manifest_scanner, name, functools.cache(getattr(manifest_scanner, name)))
        yield


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it to the system when files reach the disk: no test here cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="session")
def ended(sample: Digits) -> Run:
    """A run of two epochs, with settings that the controls offer and do not begin with."""
    config = TrainingConfig(learning_rate=0.2, epochs=2, reports_per_epoch=10)
    return Run(config, tuple(train(config, sample)), sample.source)


@pytest.fixture
def ctrl_c_is_ignored() -> Iterator[None]:
    """As the shell has it for `nohup program &`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)
