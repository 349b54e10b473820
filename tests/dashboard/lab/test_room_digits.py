"""The digits of a class: who may send and see them, and what learning half of the writers measures."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.lab import shared
from dashboard.lab.room import Room, RoomRefused
from dashboard.lab.room_digits import (
    MOST_DRAWINGS,
    digits_of,
    halves_by_writer,
    read_digits,
    run_of_class,
    split_of,
)
from dashboard.lab.rooms import Rooms
from mnist_core import Digits, Run, predict_proba
from mnist_core.storage.drawings_zip import Drawing
from tests.dashboard.runs import found_run, store

TEACHER = "0" * 32
WRITERS = [f"{number}" * 32 for number in range(1, 7)]


@pytest.fixture
def room(server: Path) -> Room:
    rooms = shared.rooms()
    room = rooms.open(TEACHER, "")
    for writer in WRITERS:
        rooms.join(room.code, writer, "")
    room.collect(TEACHER, collecting=True)
    return room


def drawn(digits: Digits, number: int) -> Drawing:
    """A test digit as somebody may have drawn it on a board."""
    ink = torch.zeros(280, 280, dtype=torch.uint8)
    large = digits.test.images[number].repeat_interleave(6, 0).repeat_interleave(6, 1)
    ink[40:208, 60:228] = large
    return Drawing(ink, int(digits.test.labels[number]))


@pytest.fixture
def full(room: Room, sample: Digits) -> Room:
    """Four digits of each of six writers."""
    for place, writer in enumerate(WRITERS):
        for number in range(4):
            name = "Ann" if place == 0 else ""
            digits_of(room).add(room, writer, drawn(sample, 4 * place + number), name)
    return room


def test_digits_are_the_leaders_to_see_and_everybodys_once_they_are_shown(full: Room) -> None:
    digits = digits_of(full)
    assert len(digits.shown(full, TEACHER)) == 24
    assert digits.shown(full, WRITERS[0]) == []
    assert len(digits.own(full, WRITERS[0])) == 4
    full.show_wall(TEACHER, shown=True)
    assert len(digits.shown(full, WRITERS[0])) == 24
    assert digits.shown(full, "f" * 32) == []  # who has not joined
    with pytest.raises(RoomRefused):
        digits.zip(full, WRITERS[0])


def test_what_was_taken_out_is_seen_by_nobody_and_comes_back(full: Room) -> None:
    digits = digits_of(full)
    first, second, *_ = digits.shown(full, TEACHER)
    full.take_out(TEACHER, [first.id, second.id])
    assert first.id not in {one.id for one in digits.shown(full, TEACHER)}
    full.take_out(TEACHER, [second.id])
    assert len(digits.shown(full, TEACHER)) == 23


def test_digits_are_sent_by_members_while_they_are_collected_and_only_so_many(
    room: Room, sample: Digits
) -> None:
    digits, one = digits_of(room), drawn(sample, 0)
    for stranger in (TEACHER, "f" * 32, room.key_of(WRITERS[0])):
        with pytest.raises(RoomRefused):
            digits.add(room, stranger, one, "")
    for _ in range(MOST_DRAWINGS):
        digits.add(room, WRITERS[0], one, "")
    with pytest.raises(RoomRefused, match="as many as"):
        digits.add(room, WRITERS[0], one, "")
    room.collect(TEACHER, collecting=False)
    with pytest.raises(RoomRefused, match="collected"):
        digits.add(room, WRITERS[1], one, "")


def test_a_huge_drawing_is_made_smaller_and_noise_is_refused(room: Room) -> None:
    digits = digits_of(room)
    wide = torch.zeros(2_400, 1_200, dtype=torch.uint8)
    wide[200:2_200, 500:700] = 255
    digits.add(room, WRITERS[0], Drawing(wide, 1), "")
    noise = torch.randint(0, 256, (2_400, 2_400), generator=torch.Generator().manual_seed(0))
    with pytest.raises(RoomRefused, match="too large"):  # noqa: PT012 - one of them is one too many
        for _ in range(MOST_DRAWINGS):
            digits.add(room, WRITERS[1], Drawing((noise % 2 * 255).to(torch.uint8), 1), "")


def test_digits_are_there_after_a_restart(full: Room) -> None:
    before = digits_of(full).shown(full, TEACHER)
    again = Rooms().room_of(TEACHER)
    assert again is not None
    after = digits_of(again).shown(again, TEACHER)
    assert [one.id for one in after] == [one.id for one in before]
    assert all(torch.equal(a.prepared, b.prepared) for a, b in zip(after, before, strict=True))
    assert list(again.nicknames.values()) == ["Ann"]


def test_the_zip_has_each_drawing_with_its_label_and_the_number_of_its_writer(
    full: Room, sample: Digits
) -> None:
    digits = digits_of(full)
    gone = digits.shown(full, TEACHER)[0]
    full.take_out(TEACHER, [gone.id])
    with zipfile.ZipFile(io.BytesIO(digits.zip(full, TEACHER))) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode())))
        images = [np.asarray(Image.open(io.BytesIO(archive.read(row["file"])))) for row in rows]
    assert len(rows) == len(images) == 23
    assert {row["writer"] for row in rows} == set("123456")
    inks = {
        bytes(drawn(sample, number).image.numpy()): int(sample.test.labels[number]) for number in range(24)
    }
    for row, image in zip(rows, images, strict=True):
        assert inks[bytes(255 - image)] == int(row["label"])


def test_a_reading_counts_by_digit_and_by_writer(full: Room, ended: Run) -> None:
    model, digits = ended.history[-1].model, digits_of(full).shown(full, TEACHER)
    reading = read_digits(model, digits)
    drawings = split_of(digits)
    right = predict_proba(model, drawings.images).argmax(dim=1) == drawings.labels
    assert (reading.right, reading.count) == (int(right.sum()), 24)
    for by in (reading.by_digit, reading.by_writer):
        assert (sum(r for r, _ in by.values()), sum(n for _, n in by.values())) == (reading.right, 24)
    for digit, (count, of) in reading.by_digit.items():
        mask = drawings.labels == digit
        assert (count, of) == (int(right[mask].sum()), int(mask.sum()))
    assert digits_of(full).read(model, digits) is digits_of(full).read(model, digits)


def test_half_of_the_writers_are_learned_and_the_others_test(full: Room, ended: Run, sample: Digits) -> None:
    digits = digits_of(full).shown(full, TEACHER)
    learned, tested = halves_by_writer(digits)
    assert not {one.key for one in learned} & {one.key for one in tested}
    assert len(learned) + len(tested) == 24
    run = found_run(store(ended))
    result, record = run_of_class(run, digits, sample)
    after = read_digits(result.history[-1].model, tested)
    own = record.own.comparison
    assert (own.b.right, own.a.right, own.a.count, record.writers) == (
        after.right,
        read_digits(run.history[-1].model, tested).right,
        len(tested),
        3,
    )
    assert len(record.drawings) == len({bytes(one.prepared.numpy()) for one in learned})
    with pytest.raises(ValueError, match="writers"):
        halves_by_writer([one for one in digits if one.key in {digits[0].key, digits[1].key}])
