from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mnist_core import normalization, normalized
from mnist_core.data import Digits, Split
from mnist_core.normalization import Normalization, normalize
from mnist_core.normalized import normalized_digits


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def digits(sample: Digits) -> Digits:
    first = Split(sample.train.images[:30], sample.train.labels[:30])
    return Digits(first, Split(sample.test.images[:20], sample.test.labels[:20]), "sample", "a note")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Normalization]:
    """What was really computed, and not taken from memory or disk."""
    calls: list[Normalization] = []

    def spy(images: torch.Tensor, how: Normalization, **options: object) -> torch.Tensor:
        calls.append(how)
        return normalize(images, how)

    monkeypatch.setattr(normalized, "normalize", spy)
    return calls


def test_raw_digits_are_the_same_object(digits: Digits) -> None:
    assert normalized_digits(digits, Normalization.RAW) is digits


@pytest.mark.parametrize("how", [Normalization.DESKEW, Normalization.MOMENTS])
def test_only_the_images_change(digits: Digits, how: Normalization) -> None:
    result = normalized_digits(digits, how)
    assert torch.equal(result.train.images, normalize(digits.train.images, how))
    assert torch.equal(result.test.images, normalize(digits.test.images, how))
    assert torch.equal(result.train.labels, digits.train.labels)
    assert torch.equal(result.test.labels, digits.test.labels)
    assert (result.source, result.note) == (digits.source, digits.note)


def test_threads_that_ask_at_once_get_one_object_computed_once(
    digits: Digits, computed: list[Normalization]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: normalized_digits(digits, Normalization.MOMENTS), range(8)))
    assert all(result is results[0] for result in results)
    assert computed == [Normalization.MOMENTS]


def test_the_next_program_finds_them_on_disk(digits: Digits, computed: list[Normalization]) -> None:
    first = normalized_digits(digits, Normalization.DESKEW)
    again = normalized_digits(replace(digits), Normalization.DESKEW)  # another object, so not from memory
    assert torch.equal(again.train.images, first.train.images)
    assert torch.equal(again.test.images, first.test.images)
    assert computed == [Normalization.DESKEW]


def test_other_images_are_computed_anew(digits: Digits, computed: list[Normalization]) -> None:
    normalized_digits(digits, Normalization.DESKEW)
    images = digits.test.images.clone()
    images[0, 14, 14] ^= 1
    other = replace(digits, test=replace(digits.test, images=images))
    result = normalized_digits(other, Normalization.DESKEW)
    assert torch.equal(result.test.images, normalize(images, Normalization.DESKEW))
    assert len(computed) == 2


def test_other_code_computes_anew(
    digits: Digits, computed: list[Normalization], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    normalized_digits(digits, Normalization.DESKEW)
    changed = tmp_path / "normalization.py"
    changed.write_text("# as a later version may read")
    monkeypatch.setattr(normalization, "__file__", str(changed))
    normalized_digits(replace(digits), Normalization.DESKEW)
    assert len(computed) == 2


@pytest.mark.parametrize("damage", ["a byte changed", "cut short", "empty", "foreign"])
def test_a_damaged_file_is_computed_anew(
    digits: Digits, cache: Path, computed: list[Normalization], damage: str
) -> None:
    first = normalized_digits(digits, Normalization.MOMENTS)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damaged = {
        "a byte changed": whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:],
        "cut short": whole[:-1],
        "empty": b"",
        "foreign": b"not a file of ours",
    }[damage]
    path.write_bytes(damaged)
    result = normalized_digits(replace(digits), Normalization.MOMENTS)
    assert torch.equal(result.train.images, first.train.images)
    assert len(computed) == 2
    normalized_digits(replace(digits), Normalization.MOMENTS)
    assert len(computed) == 2  # the file is mended


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(file / "folder"))
    result = normalized_digits(digits, Normalization.DESKEW)
    assert torch.equal(result.test.images, normalize(digits.test.images, Normalization.DESKEW))


def test_progress_rises_to_one_and_is_silent_when_nothing_is_computed(digits: Digits) -> None:
    told: list[float] = []
    normalized_digits(digits, Normalization.MOMENTS, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    before = len(told)
    normalized_digits(digits, Normalization.MOMENTS, progress=told.append)
    assert len(told) == before
