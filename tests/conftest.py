"""Where the tests' digits come from, and the app with a canvas that tests can draw on."""

import atexit
import functools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from streamlit.testing.v1 import AppTest

from dashboard.lab import shared
from dashboard.learn import computed_once
from mnist_core.data.dataset import Digits, Split, load_digits
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from tests.support.canvas import Canvas
from tests.support.inherited_signals import hand_on_no_ignored_signals
from tests.support.paths import PAGE, SHARED

# For generated input, see test_hostile_input.py: the same in each run, or much more with the option
# --hypothesis-profile=thorough, as in scripts/test --thorough.
settings.register_profile("usual", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", max_examples=2_300, deadline=None, database=None)
settings.load_profile("usual")

# Runs in the tests' own process learn there: a process takes longer to start than they to learn the sample.
os.environ["DIGIT_LAB_PROCESSES"] = "0"

# A run that a test leaves is saved when it ends, perhaps after the test's own home is gone from here.
_home = tempfile.mkdtemp(prefix="digit-lab-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["DIGIT_LAB_HOME"] = _home

hand_on_no_ignored_signals()

torch.set_num_threads(1)  # as the programs do: if a core is busy, two threads wait for each other


ENVIRONMENT = dict(os.environ)  # tests take MNIST_ROOT away, perhaps before it is first asked for


def _folder(variable: str, default: Path, proof: str) -> Path:
    folder = Path(ENVIRONMENT.get(variable) or default)
    if not (folder / proof).exists():
        pytest.skip(f"no {proof} in {folder}: set {variable} to a folder that holds it")
    return folder


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder that torchvision would call root: it has MNIST/raw with the four files."""
    return _folder("MNIST_ROOT", SHARED / "mnist", "MNIST/raw")


@pytest.fixture(scope="session")
def mnist(mnist_folder: Path) -> Digits:
    """All of MNIST, 60,000 + 10,000 digits."""
    return load_digits(mnist_folder)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    """The 4,000 + 1,000 digits of MNIST that come with the package."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MNIST_ROOT", raising=False)
        environment.setenv("DIGIT_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_digits(download=False)


@pytest.fixture(scope="session")
def few(sample: Digits) -> Digits:
    """1,000 digits for training and 100 for testing: enough to test which reports come when."""
    train, test = (
        Split(split.images[:n], split.labels[:n]) for split, n in ((sample.train, 1000), (sample.test, 100))
    )
    return Digits(train, test, "sample")


@pytest.fixture(scope="session")
def pen_digits() -> Path:
    """dev.jsonl: the strokes of 4,177 digits written with a pen by 80 people."""
    return _folder("PEN_DIGITS_ROOT", SHARED / "pen_digits", "dev.jsonl") / "dev.jsonl"


@pytest.fixture(scope="session")
def fit() -> Callable[[Split], NoveltyDetector]:
    """Fit a detector, once to the same digits: it takes a good part of a second."""
    return functools.cache(fit_novelty_detector)


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> Canvas:
    """The canvas of the app, which the test draws on."""
    canvas = Canvas()
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", canvas)
    return canvas


@pytest.fixture
def server(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sample: Digits,
    fit: Callable[[Split], NoveltyDetector],
    canvas: Canvas,
) -> Iterator[Path]:
    """A server that has just started, on the sample digits; its home, which is empty."""
    home = tmp_path / "home"
    monkeypatch.setenv("DIGIT_LAB_HOME", str(home))
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("dashboard.lab.digits_loader.load_digits", lambda **_: sample)
    monkeypatch.setattr("dashboard.lab.digits_loader.EXIT_TIMEOUT", 0.0)  # what fails to load ends at once
    monkeypatch.setattr("dashboard.lab.shared.fit_novelty_detector", fit)
    shared.reset()
    for computed in (
        computed_once.input_readers,
        computed_once.map_of_settings,
        computed_once.readings_by_digits,
    ):
        computed.forget()
    yield home
    shared.reset()  # its runs are dropped, which stops them
    for thread in threading.enumerate():
        if thread.name.startswith("loading"):  # inside torch it must not outlive the interpreter
            thread.join()


@pytest.fixture
def app(server: Path) -> AppTest:
    """The whole app on a server that has just started; its first run is the test's to make."""
    return AppTest.from_file(str(PAGE), default_timeout=60)
