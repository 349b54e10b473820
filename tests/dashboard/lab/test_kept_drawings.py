"""Kept drawings: each once, with its newest label, and there again after a restart."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawings
from mnist_core import image_from_canvas, shrink
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip, store_drawings
from mnist_core.storage.file_store import new_id
from tests.support.zips import DRAWINGS

ONE = "1" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def drawings() -> KeptDrawings:
    return KeptDrawings(ONE)


def _labels(drawings: KeptDrawings) -> list[int]:
    return [kept.drawing.label for kept in drawings.kept]


def _stroke(column: int) -> Tensor:
    image = torch.zeros(60, 60, dtype=torch.uint8)
    image[10:50, column : column + 6] = 255
    return image


def test_a_newcomer_has_kept_nothing() -> None:
    assert KeptDrawings(new_id()).kept == ()


def test_kept_drawings_are_there_after_a_restart_and_in_order(drawings: KeptDrawings) -> None:
    drawings.keep(DRAWINGS)
    again = KeptDrawings(ONE)
    assert _labels(again) == [3, 0, 9, 3]
    for kept, drawing in zip(again.kept, DRAWINGS, strict=True):
        assert torch.equal(kept.drawing.image, drawing.image)


def test_the_same_drawing_is_kept_once_under_its_newest_label(drawings: KeptDrawings) -> None:
    assert drawings.keep([Drawing(_stroke(10), 7), Drawing(_stroke(30), 1)]) == 2
    assert drawings.keep([Drawing(_stroke(10), 1), Drawing(_stroke(45), 1)]) == 1
    assert _labels(drawings) == [1, 1, 1]
    assert drawings.label_of(_stroke(10)) == 1
    assert drawings.label_of(_stroke(20)) is None


def test_images_of_the_same_bytes_and_another_shape_are_not_the_same(drawings: KeptDrawings) -> None:
    ink = torch.full((20, 40), 255, dtype=torch.uint8)
    assert drawings.keep([Drawing(ink, 1), Drawing(ink.view(40, 20), 2)]) == 2


def test_one_drawing_or_all_of_them_can_be_dropped(drawings: KeptDrawings) -> None:
    drawings.keep(DRAWINGS)
    drawings.drop(DRAWINGS[1].image)
    assert _labels(KeptDrawings(ONE)) == [3, 9, 3]
    drawings.drop_all()
    assert KeptDrawings(ONE).kept == ()


def test_the_zip_holds_what_is_kept_now(drawings: KeptDrawings) -> None:
    drawings.keep(DRAWINGS[:2])
    assert [drawing.label for drawing in drawings_from_zip(drawings.zip())] == [3, 0]
    drawings.keep(DRAWINGS[2:3])
    assert [drawing.label for drawing in drawings_from_zip(drawings.zip())] == [3, 0, 9]


def test_a_drawing_is_prepared_as_on_the_canvas_it_came_from(drawings: KeptDrawings) -> None:
    canvas = np.full((280, 280, 4), 255, np.uint8)
    canvas[60:200, 130:150, :3] = 0
    canvas[60:80, 90:190, :3] = 90  # a thinner line
    ink = torch.from_numpy(255 - canvas[..., 0].copy())
    drawings.keep([Drawing(ink, 7)])
    expected = image_from_canvas(canvas)
    assert expected is not None
    assert torch.equal(drawings.kept[0].prepared, expected)
    assert torch.equal(drawings.kept[0].shrunk, shrink(ink))


def test_too_many_are_refused_and_change_nothing(drawings: KeptDrawings) -> None:
    drawings.keep(DRAWINGS[:1])
    dots = []
    for place in range(500):
        image = torch.zeros(25, 25, dtype=torch.uint8)
        image.view(-1)[place] = 255
        dots.append(Drawing(image, 1))
    with pytest.raises(ValueError, match="at most 500 drawings"):
        drawings.keep(dots)
    assert _labels(drawings) == _labels(KeptDrawings(ONE)) == [3]


def test_without_a_disk_they_last_as_long_as_the_page(drawings: KeptDrawings, home: Path) -> None:
    (home / "drawings").write_text("a file in the place of the folder")
    drawings.keep(DRAWINGS)
    assert _labels(drawings) == [3, 0, 9, 3]
    assert not drawings.on_disk
    (home / "drawings").unlink()
    drawings.drop(DRAWINGS[0].image)
    assert drawings.on_disk
    assert _labels(KeptDrawings(ONE)) == [0, 9, 3]


def test_a_damaged_file_is_put_aside_for_somebody_to_repair_and_never_overwritten(home: Path) -> None:
    path = home / "drawings" / f"{ONE}.zip"
    damaged: list[bytes] = []
    for name in (f"{ONE}.damaged", f"{ONE}-2.damaged", f"{ONE}-3.damaged"):
        store_drawings(ONE, DRAWINGS)
        damaged.append(path.read_bytes()[: -30 - len(damaged)])
        path.write_bytes(damaged[-1])
        drawings = KeptDrawings(ONE)
        assert drawings.damaged
        assert drawings.kept == ()
        drawings.keep(DRAWINGS[:1])
        assert (path.parent / name).read_bytes() == damaged[-1]
    assert sorted(file.read_bytes() for file in path.parent.glob("*.damaged")) == sorted(damaged)
    again = KeptDrawings(ONE)
    assert _labels(again) == [3]
    assert not again.damaged


def test_a_damaged_file_that_cannot_be_put_aside_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError("read-only")

    store_drawings(ONE, DRAWINGS)
    path = home / "drawings" / f"{ONE}.zip"
    path.write_bytes(b"damaged")
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(ValueError, match="zip"):
        KeptDrawings(ONE)
    assert path.read_bytes() == b"damaged"
