"""Kept drawings: each once, with its newest label, and never lost, whatever reads and writes fail."""

import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from PIL import Image

from dashboard.lab.kept_drawings import KeptDrawings
from mnist_core.preprocessing.drawing import prepare_drawing, shrink
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip, store_drawings
from mnist_core.storage.file_store import FileUnreadable
from tests.support.zips import DRAWINGS

ONE, OTHER = "1" * 32, "2" * 32
CALLS = {  # that the system may refuse; the last one comes when the new file is already in its place
    "read": (Path, "read_bytes"),
    "decode": (Image, "open"),  # where Pillow loads a module first
    "write": (Path, "open"),
    "put aside": (Path, "rename"),
    "put in place": (Path, "replace"),
    "sync": (os, "open"),
}


@contextmanager
def failing(*calls: str) -> Iterator[None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.MonkeyPatch.context() as patch:
        for call in calls:
            patch.setattr(*CALLS[call], fail)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def drawings() -> KeptDrawings:
    return KeptDrawings(ONE)


def _labels(drawings: KeptDrawings) -> list[int]:
    return [kept.drawing.label for kept in drawings.kept]


def test_kept_drawings_are_there_after_a_restart_in_order_and_prepared(drawings: KeptDrawings) -> None:
    assert drawings.kept == ()
    drawings.keep(DRAWINGS)
    again = KeptDrawings(ONE)
    assert _labels(again) == [3, 0, 9, 3]
    for kept, drawing in zip(again.kept, DRAWINGS, strict=True):
        assert torch.equal(kept.drawing.image, drawing.image)
        prepared = prepare_drawing(drawing.image)
        assert prepared is not None
        assert torch.equal(kept.prepared, prepared.centred)
        assert torch.equal(kept.shrunk, shrink(drawing.image))


def test_the_same_drawing_is_kept_once_under_its_newest_label(drawings: KeptDrawings) -> None:
    ink = torch.full((20, 40), 255, dtype=torch.uint8)
    assert drawings.keep([Drawing(ink, 7), Drawing(ink.view(40, 20), 2)]) == 2  # the same bytes
    assert drawings.keep([Drawing(ink, 1), DRAWINGS[0]]) == 1
    assert _labels(drawings) == [1, 2, 3]
    assert drawings.label_of(ink) == 1
    assert drawings.label_of(DRAWINGS[1].image) is None


def test_the_zip_holds_what_is_kept_now(drawings: KeptDrawings) -> None:
    for change, labels in (
        (lambda: drawings.keep(DRAWINGS[:2]), [3, 0]),
        (lambda: drawings.keep(DRAWINGS[2:3]), [3, 0, 9]),
        (lambda: drawings.drop(DRAWINGS[0].image), [0, 9]),
    ):
        change()
        assert [drawing.label for drawing in drawings_from_zip(drawings.zip())] == labels


def test_too_many_are_refused_and_change_nothing(
    drawings: KeptDrawings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings.keep(DRAWINGS[:1])
    monkeypatch.setattr("mnist_core.storage.drawings_zip.MAX_DRAWINGS", 3)
    with pytest.raises(ValueError, match="at most 3 drawings"):
        drawings.keep(DRAWINGS)
    assert _labels(drawings) == _labels(KeptDrawings(ONE)) == [3]


@pytest.mark.parametrize("call", ["read", "decode"])
def test_a_failed_read_is_tried_again_and_nothing_is_written_over_what_is_there(
    drawings: KeptDrawings, call: str
) -> None:
    drawings.keep(DRAWINGS[:2])
    with failing(call):
        again = KeptDrawings(ONE)
    with suppress(FileUnreadable):
        again.keep(DRAWINGS[2:3])
    assert _labels(KeptDrawings(ONE)) == _labels(again) == [3, 0, 9]


def test_a_damaged_file_is_put_aside_and_never_overwritten(home: Path) -> None:
    path = home / "drawings" / f"{ONE}.zip"
    store_drawings(ONE, DRAWINGS)
    path.write_bytes(path.read_bytes()[:-30])
    with failing("put aside"):
        drawings = KeptDrawings(ONE)
        assert drawings.unreadable
        with pytest.raises(FileUnreadable):
            drawings.drop_all()
    assert not drawings.unreadable
    assert drawings.damaged
    assert path.with_suffix(".damaged").exists()
    assert not KeptDrawings(ONE).damaged


WHO = st.sampled_from([ONE, OTHER])
NUMBERS = st.sets(st.integers(0, 3), min_size=1)
FAULTS = st.sets(st.sampled_from(sorted(CALLS)), max_size=2)


class Keeping(RuleBasedStateMachine):
    """Two people keep drawings while the disk fails at random: what was written is lost by no other's act."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("DIGIT_LAB_HOME", str(self.folder))
        self.people = {who: KeptDrawings(who) for who in (ONE, OTHER)}
        self.seen: dict[str, dict[int, int] | None] = {ONE: {}, OTHER: {}}  # None: not since the restart
        self.on_disk: dict[str, list[dict[int, int]]] = {ONE: [{}], OTHER: [{}]}  # one of these is there
        self.damaged: set[bytes] = set()
        self.keep(who=ONE, numbers={0, 1}, label=3)
        self.keep(who=OTHER, numbers={1, 2}, label=5)

    def _readable(self, who: str) -> bool:
        """Whether somebody's drawings can be read; they are then what the person has kept."""
        if self.people[who].unreadable:
            assert self.seen[who] is None
            return False
        labels = [self.people[who].label_of(drawing.image) for drawing in DRAWINGS]
        kept = {number: label for number, label in enumerate(labels) if label is not None}
        if self.seen[who] is None:
            assert kept in self.on_disk[who]
            self.seen[who], self.on_disk[who] = kept, [kept]
        assert kept == self.seen[who]
        return True

    def _changed(self, who: str, kept: dict[int, int]) -> None:
        self.seen[who] = kept
        earlier = [] if self.people[who].on_disk else self.on_disk[who]
        self.on_disk[who] = [*earlier, kept]

    @rule(who=WHO, numbers=NUMBERS, label=st.integers(0, 9), faults=FAULTS)
    def keep(self, who: str, numbers: set[int], label: int, faults: Collection[str] = ()) -> None:
        drawings = [Drawing(DRAWINGS[number].image, label) for number in numbers]
        with failing(*faults):
            if self._readable(who):
                self.people[who].keep(drawings)
                self._changed(who, (self.seen[who] or {}) | dict.fromkeys(numbers, label))
            else:
                with pytest.raises(FileUnreadable):
                    self.people[who].keep(drawings)

    @rule(who=WHO, numbers=NUMBERS, faults=FAULTS)
    def drop(self, who: str, numbers: set[int], faults: Collection[str]) -> None:
        with failing(*faults):
            if self._readable(who):
                self.people[who].drop(*(DRAWINGS[number].image for number in numbers))
                left = {n: label for n, label in (self.seen[who] or {}).items() if n not in numbers}
                self._changed(who, left)

    @rule(who=WHO, faults=FAULTS)
    def copy(self, who: str, faults: Collection[str]) -> None:
        other = OTHER if who == ONE else ONE
        with failing(*faults):
            readable = [self._readable(one) for one in (who, other)]
            both = (self.seen[who] or {}) | (self.seen[other] or {})
            try:
                self.people[who].copy_from(self.people[other])
            except FileUnreadable:
                assert not all(readable)
            except OSError:
                self.on_disk[who].append(both)
            else:
                if self.seen[other]:  # else nothing is written
                    self._changed(who, both)

    @rule(who=WHO, faults=FAULTS)
    def restart(self, who: str, faults: Collection[str]) -> None:
        with failing(*faults):
            self.people[who] = KeptDrawings(who)
        self.seen[who] = None

    @precondition(lambda self: len(self.damaged) < 2)
    @rule(who=WHO, faults=FAULTS)
    def damage(self, who: str, faults: Collection[str]) -> None:
        content = b"damaged %d" % len(self.damaged)
        path = self.folder / "drawings" / f"{who}.zip"
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() not in self.damaged:
            path.write_bytes(content)
            self.damaged.add(content)
        self.on_disk[who] = [{}]
        self.restart(who, faults)

    def teardown(self) -> None:
        for who in (ONE, OTHER):
            self.people[who], self.seen[who] = KeptDrawings(who), None
            assert self._readable(who)
        files = (self.folder / "drawings").iterdir()
        assert self.damaged <= {file.read_bytes() for file in files}
        self.patch.undo()
        shutil.rmtree(self.folder)


TestKeeping = pytest.mark.slow(Keeping.TestCase)
TestKeeping.settings = settings(max_examples=max(20, settings().max_examples // 20), stateful_step_count=20)


@pytest.mark.slow
def test_five_hundred_large_drawings_take_a_few_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    image = torch.zeros(356, 356, dtype=torch.uint8)  # 500 of them are nearly 64 million pixels
    drawings = []
    for number in range(500):
        image = image.clone()
        image[number % 300, 20 : 200 + number // 300] = 255
        drawings.append(Drawing(image, number % 10))
    kept = KeptDrawings(ONE)
    kept.keep(drawings)
    held = kept.kept
    assert len(held) == 500
    assert sum(len(one.packed) + one.prepared.numel() + one.shrunk.numel() for one in held) < 3_000_000
    assert torch.equal(held[-1].drawing.image, image)
