"""A cache for each test alone."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty cache, so that the person's own is not changed."""
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
