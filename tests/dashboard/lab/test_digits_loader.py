"""Loading the digits in a thread: how far it is, and what went wrong."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, enumerate
from types import SimpleNamespace

import pytest

from dashboard.lab.digits_loader import DigitsLoader, example_digit, without_paths
from dashboard.lab.setting_choices import BEST_READER, PRESETS
from mnist_core import Digits, TrainingConfig
from tests.support.idx import write_idx

LIMIT = 60
LOADING = "dashboard.lab.digits_loader.load_digits"
PREPARING = "dashboard.lab.digits_loader.prepared_for"


@pytest.fixture(autouse=True)
def _end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.lab.digits_loader.EXIT_TIMEOUT", 0.0)


def _join() -> None:
    for thread in enumerate():
        if thread.name == "loading":
            thread.join(LIMIT)


def test_what_went_wrong_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> Digits:
        raise OSError("no such folder")

    monkeypatch.setattr(LOADING, fail)
    loader = DigitsLoader()
    loader.wait(LIMIT)
    assert (loader.digits, str(loader.error), loader.doing) == (None, "no such folder", None)


def test_the_share_that_is_downloaded_is_told(monkeypatch: pytest.MonkeyPatch, sample: Digits) -> None:
    told, go_on = Event(), Event()

    def download(*, progress: Callable[[int, int], None], **_: object) -> Digits:
        progress(3, 12)
        told.set()
        assert go_on.wait(LIMIT)
        return sample

    monkeypatch.setattr(LOADING, download)
    loader = DigitsLoader()
    assert told.wait(LIMIT)
    assert loader.doing == ("Downloading MNIST", 0.25)
    assert loader.digits is None
    go_on.set()
    loader.wait(LIMIT)
    assert loader.digits is sample
    _join()
    assert (loader.doing, loader.error) == (None, None)


@pytest.mark.parametrize("download", [True, False])
def test_a_download_is_made_only_if_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, sample: Digits, download: bool
) -> None:
    asked = []

    def load(*, download: bool, progress: object) -> Digits:
        asked.append(download)
        return sample

    monkeypatch.setattr(LOADING, load)
    DigitsLoader(download=download).wait(LIMIT)
    _join()
    assert asked == [download]


def test_digits_of_ones_own_are_served_by_their_name(
    monkeypatch: pytest.MonkeyPatch, sample: Digits, tmp_path: Path
) -> None:
    (tmp_path / "Our school 4b").mkdir()
    write_idx(tmp_path / "Our school 4b", sample)
    monkeypatch.setenv("DIGIT_LAB_DIGITS", str(tmp_path / "Our school 4b"))
    for name, expected in (("", "Our-school-4b"), ("our-school", "our-school")):
        monkeypatch.setenv("DIGIT_LAB_DIGITS_NAME", name)
        loader = DigitsLoader()
        loader.wait(LIMIT)
        _join()
        assert loader.digits is not None
        assert loader.digits.source == expected
        assert example_digit(loader.digits) == 0


@pytest.mark.parametrize("variable", ["DIGIT_LAB_DIGITS", "MNIST_ROOT"])
def test_what_is_wrong_with_a_folder_is_said_without_its_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes(12))
    monkeypatch.setenv(variable, f"{tmp_path}/")
    loader = DigitsLoader()
    loader.wait(LIMIT)
    _join()
    assert loader.error is not None
    assert loader.error.startswith("train-images-idx3-ubyte")
    assert tmp_path.name not in loader.error
    refused = without_paths(f"[Errno 13] Permission denied: '{Path.home()}/x/y'; {tmp_path} has no a/b, 1/2")
    assert refused == "[Errno 13] Permission denied: 'y'; the folder has no a/b, 1/2"


def test_directions_are_prepared_once_the_digits_are_there(
    monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    begun, go_on = Event(), Event()
    asked: list[tuple[TrainingConfig, Digits]] = []

    def finish(progress: Callable[[float], None]) -> None:
        progress(0.5)
        begun.set()
        assert go_on.wait(LIMIT)

    def prepare(config: TrainingConfig, digits: Digits) -> SimpleNamespace:
        asked.append((config, digits))
        return SimpleNamespace(finish=finish)

    monkeypatch.setattr(LOADING, lambda **_: sample)
    monkeypatch.setattr(PREPARING, prepare)
    loader = DigitsLoader()
    assert begun.wait(LIMIT)
    assert loader.digits is sample  # nobody waits for the rest
    assert loader.doing == ("Preparing the digits", 0.5)
    go_on.set()
    _join()
    assert loader.doing is None
    assert asked == [(PRESETS[BEST_READER], sample)]  # in the order in which a newcomer's run learns them


def test_a_loader_that_was_replaced_ends_in_silence(monkeypatch: pytest.MonkeyPatch, sample: Digits) -> None:
    begun, go_on = Event(), Event()
    complaints: list[object] = []

    def prepare(*_: object, **__: object) -> None:
        begun.set()
        assert go_on.wait(LIMIT)

    monkeypatch.setattr(LOADING, lambda **_: sample)
    monkeypatch.setattr(PREPARING, prepare)
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    loader = DigitsLoader()
    assert begun.wait(LIMIT)
    del loader  # its thread is then the only one to know it
    go_on.set()
    _join()
    gc.collect()
    assert complaints == []
