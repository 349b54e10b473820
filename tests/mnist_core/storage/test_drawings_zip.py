"""Drawings in a zip: read exactly as written, and stored for each person."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from mnist_core.storage.drawings_zip import (
    MAX_SIDE,
    Drawing,
    drawings_from_zip,
    drawings_to_zip,
    store_drawings,
    stored_drawings,
)
from mnist_core.storage.file_store import new_id
from tests.support.zips import DRAWINGS, WHOLE, files_of, zip_of


def test_drawings_are_read_exactly_and_in_order() -> None:
    for ours, theirs in zip(DRAWINGS, drawings_from_zip(WHOLE), strict=True):
        assert theirs.label == ours.label
        assert torch.equal(theirs.image, ours.image)


def test_an_empty_list_of_drawings_is_valid() -> None:
    assert drawings_from_zip(drawings_to_zip([])) == []


def test_the_same_drawings_make_the_same_bytes() -> None:
    assert drawings_to_zip(DRAWINGS) == WHOLE


def test_other_programs_see_dark_drawings_on_white_and_a_table() -> None:
    files = files_of(WHOLE)
    table = list(csv.DictReader(io.StringIO(files["labels.csv"].decode())))
    assert [row["label"] for row in table] == ["3", "0", "9", "3"]
    for row, drawing in zip(table, DRAWINGS, strict=True):
        picture = np.asarray(Image.open(io.BytesIO(files[row["file"]])))
        np.testing.assert_array_equal(picture, 255 - drawing.image)


def test_a_table_saved_by_a_spreadsheet_is_read() -> None:
    files = files_of(WHOLE)
    files["labels.csv"] = b"\xef\xbb\xbf" + files["labels.csv"].replace(b"\r\n", b"\n")
    assert [drawing.label for drawing in drawings_from_zip(zip_of(files))] == [3, 0, 9, 3]


@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (torch.ones(28, 28), 3, r"expected \(H, W\) uint8, at most 2,400 pixels per side, got .*float32"),
        (torch.ones(28, 28, 1, dtype=torch.uint8), 3, r"got \(28, 28, 1\)"),
        (torch.ones(1, MAX_SIDE + 1, dtype=torch.uint8), 3, r"got \(1, 2401\)"),
        (torch.zeros(28, 28, dtype=torch.uint8), 3, "got one without ink"),
        (torch.zeros(0, 28, dtype=torch.uint8), 3, "got one without ink"),
        (DRAWINGS[0].image, 10, "expected a digit from 0 to 9, got 10"),
        (DRAWINGS[0].image, -1, "got -1"),
        (DRAWINGS[0].image, True, "got True"),
    ],
)
def test_a_drawing_with_a_mistake_is_refused_with_the_reason(image: Tensor, label: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Drawing(image, label)


def test_drawings_are_stored_for_one_person_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    one, other = new_id(), new_id()
    store_drawings(one, DRAWINGS[:1])
    store_drawings(one, DRAWINGS[:2])
    assert [drawing.label for drawing in stored_drawings(one, lambda one: one)] == [3, 0]
    assert stored_drawings(other, lambda one: one) == []


def test_drawings_cannot_be_stored_under_a_bad_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="expected an id"):
        store_drawings("../someone", DRAWINGS)
    assert list(tmp_path.iterdir()) == []
