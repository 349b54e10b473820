"""KeptDrawing drawings: each person's own, the same in all their tabs, and there again after a restart."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from dashboard.services.people import People, Person
from mnist_core import image_from_canvas
from mnist_core.preprocessing.canvas import shrink
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip, store_drawings
from mnist_core.storage.file_store import new_id
from tests.support.zips import DRAWINGS

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def _labels(person: Person) -> list[int]:
    return [kept.drawing.label for kept in person.kept]


def _stroke(column: int) -> Tensor:
    image = torch.zeros(60, 60, dtype=torch.uint8)
    image[10:50, column : column + 6] = 255
    return image


def test_a_newcomer_has_kept_nothing() -> None:
    assert People().find(new_id()).kept == ()


def test_kept_drawings_are_there_after_a_restart_and_in_order() -> None:
    People().find(ONE).keep(DRAWINGS)
    again = People().find(ONE)
    assert _labels(again) == [3, 0, 9, 3]
    for kept, drawing in zip(again.kept, DRAWINGS, strict=True):
        assert torch.equal(kept.drawing.image, drawing.image)


def test_nobody_sees_what_another_keeps() -> None:
    people = People()
    one, other = people.find(ONE), people.find(OTHER)
    one.keep(DRAWINGS)
    assert other.kept == ()
    other.keep(DRAWINGS[:1])
    one.drop_all()
    assert _labels(People().find(OTHER)) == [3]


def test_two_tabs_of_a_person_keep_in_the_same_place() -> None:
    people = People()
    first, second = people.find(ONE), people.find(ONE)
    first.keep(DRAWINGS[:1])
    second.keep(DRAWINGS[1:2])
    assert _labels(first) == [3, 0]
    assert _labels(People().find(ONE)) == [3, 0]


def test_the_same_drawing_is_kept_once_under_its_newest_label() -> None:
    person = People().find(ONE)
    assert person.keep([Drawing(_stroke(10), 7), Drawing(_stroke(30), 1)]) == 2
    assert person.keep([Drawing(_stroke(10), 1), Drawing(_stroke(45), 1)]) == 1
    assert _labels(person) == [1, 1, 1]
    assert person.label_of(_stroke(10)) == 1
    assert person.label_of(_stroke(20)) is None


def test_images_of_the_same_bytes_and_another_shape_are_not_the_same() -> None:
    person = People().find(ONE)
    ink = torch.full((20, 40), 255, dtype=torch.uint8)
    assert person.keep([Drawing(ink, 1), Drawing(ink.view(40, 20), 2)]) == 2


def test_a_drawing_can_be_dropped_and_all_of_them() -> None:
    person = People().find(ONE)
    person.keep(DRAWINGS)
    person.drop(DRAWINGS[1].image)
    assert _labels(People().find(ONE)) == [3, 9, 3]
    person.drop_all()
    assert People().find(ONE).kept == ()


def test_the_zip_holds_what_is_kept_at_the_moment() -> None:
    person = People().find(ONE)
    person.keep(DRAWINGS[:2])
    assert [drawing.label for drawing in drawings_from_zip(person.zip())] == [3, 0]
    person.keep(DRAWINGS[2:3])
    assert [drawing.label for drawing in drawings_from_zip(person.zip())] == [3, 0, 9]


def test_a_drawing_is_prepared_as_on_the_canvas_it_came_from() -> None:
    canvas = np.full((280, 280, 4), 255, np.uint8)
    canvas[60:200, 130:150, :3] = 0
    canvas[60:80, 90:190, :3] = 90  # a thinner line
    ink = torch.from_numpy(255 - canvas[..., 0].copy())
    person = People().find(ONE)
    person.keep([Drawing(ink, 7)])
    expected = image_from_canvas(canvas)
    assert expected is not None
    assert torch.equal(person.kept[0].prepared, expected)
    assert torch.equal(person.kept[0].resized, shrink(canvas))


def test_too_many_are_refused_and_change_nothing() -> None:
    person = People().find(ONE)
    person.keep(DRAWINGS[:1])
    dots = []
    for place in range(500):
        image = torch.zeros(25, 25, dtype=torch.uint8)
        image.view(-1)[place] = 255
        dots.append(Drawing(image, 1))
    with pytest.raises(ValueError, match="at most 500 drawings"):
        person.keep(dots)
    assert _labels(person) == _labels(People().find(ONE)) == [3]


def test_without_a_disk_they_last_as_long_as_the_page(home: Path) -> None:
    (home / "drawings").write_text("a file in the place of the folder")
    person = People().find(ONE)
    person.keep(DRAWINGS)
    assert _labels(person) == [3, 0, 9, 3]
    assert not person.on_disk
    (home / "drawings").unlink()
    person.drop(DRAWINGS[0].image)
    assert person.on_disk


@pytest.mark.parametrize("identity", ["", "../someone", "1" * 31, "G" * 32])
def test_only_an_id_finds_a_person(identity: str) -> None:
    with pytest.raises(ValueError, match="expected an id"):
        People().find(identity)


def test_a_damaged_file_finds_nobody_and_stays_for_who_can_mend_it(home: Path) -> None:
    store_drawings(ONE, DRAWINGS)
    path = home / "drawings" / f"{ONE}.zip"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match="zip"):
        People().find(ONE)
    assert path.exists()


def test_who_has_closed_the_page_takes_no_memory() -> None:
    people = People()
    person = people.find(ONE)
    person.keep(DRAWINGS)
    del person
    assert len(people) == 0
