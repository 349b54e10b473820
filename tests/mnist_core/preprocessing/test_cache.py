from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mnist_core import preprocessed, preprocessing
from mnist_core.data.dataset import Digits, Split
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def digits(sample: Digits) -> Digits:
    first = Split(sample.train.images[:30], sample.train.labels[:30])
    return Digits(first, Split(sample.test.images[:20], sample.test.labels[:20]), "sample", "a note")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Preprocessing]:
    """What was really computed, and not taken from memory or disk."""
    calls: list[Preprocessing] = []

    def spy(images: torch.Tensor, how: Preprocessing, **options: object) -> torch.Tensor:
        calls.append(how)
        return preprocess(images, how)

    monkeypatch.setattr(preprocessed, "preprocess", spy)
    return calls


def test_raw_digits_are_the_same_object(digits: Digits) -> None:
    assert preprocessed_digits(digits, Preprocessing.RAW) is digits


@pytest.mark.parametrize("how", [Preprocessing.DESKEW, Preprocessing.DIRECTIONS])
def test_only_the_images_change(digits: Digits, how: Preprocessing) -> None:
    result = preprocessed_digits(digits, how)
    assert torch.equal(result.train.images, preprocess(digits.train.images, how))
    assert torch.equal(result.test.images, preprocess(digits.test.images, how))
    assert torch.equal(result.train.labels, digits.train.labels)
    assert torch.equal(result.test.labels, digits.test.labels)
    assert (result.source, result.note) == (digits.source, digits.note)


def test_threads_that_ask_at_once_get_one_object_computed_once(
    digits: Digits, computed: list[Preprocessing]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: preprocessed_digits(digits, Preprocessing.DIRECTIONS), range(8)))
    assert all(result is results[0] for result in results)
    assert computed == [Preprocessing.DIRECTIONS]


def test_the_next_program_finds_them_on_disk(digits: Digits, computed: list[Preprocessing]) -> None:
    first = preprocessed_digits(digits, Preprocessing.DESKEW)
    again = preprocessed_digits(replace(digits), Preprocessing.DESKEW)  # another object, so not from memory
    assert torch.equal(again.train.images, first.train.images)
    assert torch.equal(again.test.images, first.test.images)
    assert computed == [Preprocessing.DESKEW]


def test_other_images_are_computed_anew(digits: Digits, computed: list[Preprocessing]) -> None:
    preprocessed_digits(digits, Preprocessing.DESKEW)
    images = digits.test.images.clone()
    images[0, 14, 14] ^= 1
    other = replace(digits, test=replace(digits.test, images=images))
    result = preprocessed_digits(other, Preprocessing.DESKEW)
    assert torch.equal(result.test.images, preprocess(images, Preprocessing.DESKEW))
    assert len(computed) == 2


def test_other_code_computes_anew(
    digits: Digits, computed: list[Preprocessing], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    preprocessed_digits(digits, Preprocessing.DESKEW)
    changed = tmp_path / "preprocessing.py"
    changed.write_text("# as a later version may read")
    monkeypatch.setattr(preprocessing, "__file__", str(changed))
    preprocessed_digits(replace(digits), Preprocessing.DESKEW)
    assert len(computed) == 2


@pytest.mark.parametrize("damage", ["a byte changed", "cut short", "empty", "foreign"])
def test_a_damaged_file_is_computed_anew(
    digits: Digits, cache: Path, computed: list[Preprocessing], damage: str
) -> None:
    first = preprocessed_digits(digits, Preprocessing.DIRECTIONS)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damaged = {
        "a byte changed": whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:],
        "cut short": whole[:-1],
        "empty": b"",
        "foreign": b"not a file of ours",
    }[damage]
    path.write_bytes(damaged)
    result = preprocessed_digits(replace(digits), Preprocessing.DIRECTIONS)
    assert torch.equal(result.train.images, first.train.images)
    assert len(computed) == 2
    preprocessed_digits(replace(digits), Preprocessing.DIRECTIONS)
    assert len(computed) == 2  # the file is mended


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(file / "folder"))
    result = preprocessed_digits(digits, Preprocessing.DESKEW)
    assert torch.equal(result.test.images, preprocess(digits.test.images, Preprocessing.DESKEW))


def test_progress_rises_to_one_and_is_silent_when_nothing_is_computed(digits: Digits) -> None:
    told: list[float] = []
    preprocessed_digits(digits, Preprocessing.DIRECTIONS, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    before = len(told)
    preprocessed_digits(digits, Preprocessing.DIRECTIONS, progress=told.append)
    assert len(told) == before
