"""What people hand in: each kind, made by the benchmark's generator, and the files that showed the faults."""

import os
import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.handed_in import MNIST_FILES, Reader, conditions, mnist_files
from benchmarks.strokes import PenDigit
from mnist_core import Digits, Kind, Preprocessing, Split, TrainingConfig, train
from mnist_core.inference.novelty import fit_novelty_detector
from tests.support.paths import SHARED

CASES = Path(os.environ.get("CASES_ROOT") or SHARED / "cases")
POINTS = "60,0 30,25 8,60 0,110 5,160 25,190 60,195 85,175 90,140 70,115 40,115 12,140"
SIX = PenDigit(6, "", [[(float(x), float(y)) for x, y in (point.split(",") for point in POINTS.split())]])
KINDS = conditions([SIX])


@pytest.fixture(scope="module")
def reader(sample: Digits) -> Reader:
    config = TrainingConfig(learning_rate=0.2, preprocessing=Preprocessing.DIRECTIONS)
    *_, last = train(config, sample)
    return Reader(last.model, fit_novelty_detector(sample.train))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"photo, uneven light"}))  # in test_photo.py
def test_a_six_is_read_in_whatever_form_it_is_handed_in(kind: str, reader: Reader) -> None:
    rng = random.Random(1)
    outcomes = [reader.outcome(KINDS[kind].make(SIX, rng), 6, KINDS[kind]) for _ in range(3)]
    assert sum(outcome.right for outcome in outcomes) >= 2
    assert not any(outcome.surely_wrong for outcome in outcomes)


@pytest.mark.parametrize("kind", list(MNIST_FILES))
def test_test_digits_are_read_through_specks_and_noise(kind: str, reader: Reader, sample: Digits) -> None:
    plain = KINDS["saved as PNG"]
    files = mnist_files(kind, Split(sample.test.images, sample.test.labels), 40)
    outcomes = np.array([reader.outcome(content, label, plain) for content, label in files])
    right, _, surely_wrong = outcomes.mean(axis=0)
    assert right >= 0.8
    assert surely_wrong <= 0.05


@pytest.mark.parametrize(
    ("name", "digit"),
    [
        ("circled-is-6.jpg", 6),
        ("faint-28-is-2.jpg", 2),
        ("frame-is-6.png", 6),
        ("leaves-the-photo-is-6.jpg", 6),
        ("palm-dot-is-9.png", 9),
        ("pen-beside-is-6.jpg", 6),
        ("printed-box-is-6.jpg", 6),
        ("scan-16-bit.png", 6),
        ("shaded-is-6.jpg", 6),
        ("smooth-with-crumb-is-6.jpg", 6),
        ("tight-crop-is-7.jpg", 7),
        ("transparent-corners.png", 6),
        ("transparent-margin.png", 6),
    ],
)
def test_the_files_that_showed_the_faults_are_read(name: str, digit: int, reader: Reader) -> None:
    verdict, note = reader.file(_case(name), board="palm" in name)
    assert verdict.kind in (Kind.CLEAR, Kind.CLOSE)
    assert (verdict.digit, note) == (digit, "")


def test_two_digits_are_called_several(reader: Reader) -> None:
    verdict, note = reader.file(_case("two-digits-6-and-2.jpg"))
    assert note == "several"
    assert verdict.digit in (6, 2)


def test_another_format_under_the_name_of_a_png_is_named(reader: Reader) -> None:
    with pytest.raises(ValueError, match="it is a BMP file: save it as PNG or JPEG"):
        reader.file(_case("bmp-named.png"))


def _case(name: str) -> bytes:
    path: Path = CASES / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path.read_bytes()
