"""FileStore: files by id, and which of them are deleted."""

import errno
import os
import stat
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Self

import pytest

from mnist_core.storage import visited_days
from mnist_core.storage.file_store import FileStore, FileUnreadable, StoreFullError, new_id
from mnist_core.storage.visited_days import NAME, note_visit


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store", ".txt", max_files=3)


def _put(store: FileStore, identity: str, age: float = 0) -> None:
    def write(path: Path) -> None:
        path.write_text("content")
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))

    store.put(identity, write)


def test_ids_are_128_random_bits_in_hexadecimal() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {len(identity) for identity in ids} == {32}
    seen = 0
    for identity in ids:
        seen |= int(identity, 16)
    assert seen == 2**128 - 1  # every bit occurs


def test_what_is_read_is_there_or_missing_or_damaged_or_fails(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    identity = new_id()
    assert store.read(identity, Path.read_text) is None
    _put(store, identity)
    assert store.read(identity, Path.read_text) == "content"
    assert store.ids() == [identity]
    with pytest.raises(FileUnreadable) as damaged:
        store.read(identity, lambda path: int(path.read_text()))
    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(FileUnreadable) as failed:
        store.read(identity, Path.read_bytes)
    assert [damaged.value.damaged, failed.value.damaged] == [True, False]


def test_a_new_store_is_empty(store: FileStore) -> None:
    assert store.ids() == []


@pytest.mark.parametrize(
    "identity",
    [
        *("", "a", "../secret", "../../etc/passwd", "/" + "0" * 31, "../" + "0" * 29, "..%2f" + "0" * 27),
        *("0" * 31, "0" * 33, "0" * 32 + "\n", "A" * 32, "g" * 32, "\0" * 32, "\u0663" * 32),
    ],
)
def test_a_bad_id_is_refused_before_the_disk_is_touched(store: FileStore, identity: str) -> None:
    (store.folder.parent / "secret.txt").write_text("outside the store")
    for use in (store.path, lambda bad: _put(store, bad)):
        with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
            use(identity)
    assert not store.folder.exists()


def test_files_and_their_folder_can_be_read_by_their_owner_alone(store: FileStore) -> None:
    store.folder.mkdir(mode=0o755)
    identity = new_id()
    _put(store, identity)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.path(identity).stat().st_mode) == 0o600


# Room


def _visit_days(store: FileStore, count: int) -> None:
    """Have somebody come on each of the last days."""
    days = [date.today() - timedelta(days=age) for age in range(count)]
    store.folder.parent.joinpath(NAME).write_text(" ".join(day.isoformat() for day in days))


def test_what_is_new_is_refused_when_there_is_no_room_and_nothing_is_deleted(store: FileStore) -> None:
    ids = [new_id() for _ in range(3)]
    for identity in ids:
        _put(store, identity, age=1e9)
    with pytest.raises(StoreFullError):
        _put(store, new_id())
    _put(store, ids[0])  # a newer version needs no room
    assert set(store.ids()) == set(ids)


def test_bytes_are_counted_too(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "store", ".txt", max_bytes=3 * len("content"))
    _put(store, new_id())
    assert [store.has_room(1, size) for size in (14, 15)] == [True, False]
    assert not replace(store, max_bytes=10**18).has_room(1, 10**17)  # more than the disk has


@pytest.mark.parametrize(("days", "left"), [(30, 3), (31, 2)])
def test_only_what_nobody_visited_on_thirty_days_makes_room_and_no_more_than_it_takes(
    store: FileStore, days: int, left: int
) -> None:
    ids = [new_id() for _ in range(3)]
    for age, identity in zip((100, 99, 29), ids, strict=True):
        _put(store, identity, age=age * 86_400)
    _visit_days(store, days)
    assert store.has_room() == (left < 3)
    assert set(store.ids()) == set(ids[-left:])


def test_a_clock_that_jumps_forward_by_a_year_makes_nothing_old(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> Self:
            return cls.fromtimestamp(time.time() + 365 * 86_400)

    ids = [new_id() for _ in range(3)]
    for identity in ids:
        _put(store, identity)
    _visit_days(store, 31)
    monkeypatch.setattr(visited_days, "date", Later)
    note_visit(store.folder.parent)
    assert not store.has_room()
    assert set(store.ids()) == set(ids)


def test_what_was_visited_stays(store: FileStore) -> None:
    ids = [new_id() for _ in range(3)]
    for identity in ids:
        _put(store, identity, age=100 * 86_400)
        store.touch(identity)
    _visit_days(store, 31)
    assert not store.has_room()
    note_visit(store.folder.parent)  # once a day
    assert len(store.folder.parent.joinpath(NAME).read_text().split()) == 31
    store.touch(new_id())
    assert set(store.ids()) == set(ids)


def test_nothing_makes_room_where_it_is_not_enough_or_the_days_cannot_be_read(store: FileStore) -> None:
    ids = [new_id() for _ in range(3)]
    for identity in ids:
        _put(store, identity, age=100 * 86_400)
    _visit_days(store, 31)
    assert not store.has_room(4)
    store.folder.parent.joinpath(NAME).write_text("yesterday")
    assert not store.has_room()
    assert set(store.ids()) == set(ids)


def test_incomplete_files_of_killed_processes_go_and_nothing_else(store: FileStore) -> None:
    store.folder.mkdir()
    stale, fresh, foreign = (store.folder / name for name in ("a.txt.part", "b.txt.part", "c.txt"))
    for path in (stale, fresh, foreign):
        path.touch()
    os.utime(stale, (0, 0))
    os.utime(foreign, (0, 0))
    assert store.has_room()
    assert set(store.folder.iterdir()) == {fresh, foreign}
    assert store.ids() == []
