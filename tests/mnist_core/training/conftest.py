"""Few digits to learn, and a cache for them alone."""

from pathlib import Path

import pytest

from mnist_core import Digits, Split


@pytest.fixture(scope="session")
def few(sample: Digits) -> Digits:
    """1,000 digits for training and 100 for testing: enough to test which reports come when."""
    train, test = (
        Split(split.images[:n], split.labels[:n]) for split, n in ((sample.train, 1000), (sample.test, 100))
    )
    return Digits(train, test, "sample")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty cache, so that the person's own is not changed."""
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
