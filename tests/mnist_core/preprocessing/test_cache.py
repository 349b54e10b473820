"""The cache of preprocessed digits: in memory, on disk, and when it computes them again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mnist_core.data.dataset import Digits, Split
from mnist_core.preprocessing.cache import digits_being_prepared, preprocessed_digits
from mnist_core.preprocessing.preprocess import VERSION, Preparation, Preprocessing, preprocess


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
    """A list of what was computed and not found in memory or on disk."""
    calls: list[Preprocessing] = []

    def spy(images: torch.Tensor, how: Preprocessing, order: torch.Tensor) -> Preparation:
        calls.append(how)
        return Preparation(images, how, order)

    monkeypatch.setattr("mnist_core.preprocessing.cache.Preparation", spy)
    return calls


def test_raw_digits_are_returned_unchanged(digits: Digits) -> None:
    assert preprocessed_digits(digits, Preprocessing.RAW) is digits


@pytest.mark.parametrize("how", [Preprocessing.DESKEW, Preprocessing.DIRECTIONS])
def test_only_the_images_change(digits: Digits, how: Preprocessing) -> None:
    result = preprocessed_digits(digits, how)
    assert torch.equal(result.train.images, preprocess(digits.train.images, how))
    assert torch.equal(result.test.images, preprocess(digits.test.images, how))
    assert torch.equal(result.train.labels, digits.train.labels)
    assert torch.equal(result.test.labels, digits.test.labels)
    assert (result.source, result.note) == (digits.source, digits.note)


def test_threads_that_ask_at_the_same_time_get_one_object_computed_once(
    digits: Digits, computed: list[Preprocessing]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: preprocessed_digits(digits, Preprocessing.DIRECTIONS), range(8)))
    assert all(result is results[0] for result in results)
    assert computed == [Preprocessing.DIRECTIONS]


def test_the_next_process_finds_them_on_disk(digits: Digits, computed: list[Preprocessing]) -> None:
    first = preprocessed_digits(digits, Preprocessing.DESKEW)
    again = preprocessed_digits(replace(digits), Preprocessing.DESKEW)  # a new object is not found in memory
    assert torch.equal(again.train.images, first.train.images)
    assert torch.equal(again.test.images, first.test.images)
    assert computed == [Preprocessing.DESKEW]


def test_changed_images_are_computed_again(digits: Digits, computed: list[Preprocessing]) -> None:
    preprocessed_digits(digits, Preprocessing.DESKEW)
    images = digits.test.images.clone()
    images[0, 14, 14] ^= 1
    other = replace(digits, test=replace(digits.test, images=images))
    result = preprocessed_digits(other, Preprocessing.DESKEW)
    assert torch.equal(result.test.images, preprocess(images, Preprocessing.DESKEW))
    assert len(computed) == 2


def test_another_version_computes_again(
    digits: Digits, computed: list[Preprocessing], monkeypatch: pytest.MonkeyPatch
) -> None:
    preprocessed_digits(digits, Preprocessing.DESKEW)
    monkeypatch.setattr("mnist_core.preprocessing.cache.VERSION", VERSION + 1)
    preprocessed_digits(replace(digits), Preprocessing.DESKEW)
    assert len(computed) == 2
    preprocessed_digits(replace(digits), Preprocessing.DESKEW)
    assert len(computed) == 2  # and replaces the file


def test_each_preprocessing_has_a_file_of_its_own(digits: Digits, computed: list[Preprocessing]) -> None:
    for _ in range(2):
        for how in (Preprocessing.DESKEW, Preprocessing.DIRECTIONS):
            preprocessed_digits(replace(digits), how)
    assert computed == [Preprocessing.DESKEW, Preprocessing.DIRECTIONS]


@pytest.mark.parametrize(
    "damage", ["one byte changed", "truncated", "empty", "another format", "another dtype"]
)
def test_a_damaged_file_is_computed_again_and_replaced(
    digits: Digits, cache: Path, computed: list[Preprocessing], damage: str
) -> None:
    first = preprocessed_digits(digits, Preprocessing.DIRECTIONS)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damaged = {
        "one byte changed": whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:],
        "truncated": whole[:-1],
        "empty": b"",
        "another format": b"not a safetensors file",
        "another dtype": whole.replace(b'"U8"', b'"I8"'),
    }[damage]
    path.write_bytes(damaged)
    result = preprocessed_digits(replace(digits), Preprocessing.DIRECTIONS)
    assert torch.equal(result.train.images, first.train.images)
    assert len(computed) == 2
    preprocessed_digits(replace(digits), Preprocessing.DIRECTIONS)
    assert len(computed) == 2


def test_a_folder_that_cannot_be_written_is_not_an_error(
    digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(file / "folder"))
    result = preprocessed_digits(digits, Preprocessing.DESKEW)
    assert torch.equal(result.test.images, preprocess(digits.test.images, Preprocessing.DESKEW))


def test_progress_rises_to_one_and_is_not_reported_when_nothing_is_computed(digits: Digits) -> None:
    reported: list[float] = []
    preprocessed_digits(digits, Preprocessing.DIRECTIONS, progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 1
    before = len(reported)
    preprocessed_digits(digits, Preprocessing.DIRECTIONS, progress=reported.append)
    assert len(reported) == before


def test_digits_are_prepared_in_the_order_in_which_a_run_learns_them(sample: Digits, cache: Path) -> None:
    order = torch.randperm(len(sample.train), generator=torch.Generator().manual_seed(3))
    ready = digits_being_prepared(replace(sample), Preprocessing.DIRECTIONS, lambda: order)
    expected = preprocess(sample.train.images, Preprocessing.DIRECTIONS)
    for part in order.split(700):
        ready.wait(part)
        assert torch.equal(ready.digits.train.images[part], expected[part])
    assert not list(cache.iterdir())
    assert torch.equal(ready.finish().test.images, preprocess(sample.test.images, Preprocessing.DIRECTIONS))
    assert list(cache.iterdir())
