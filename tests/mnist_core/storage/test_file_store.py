"""FileStore: files by id, and which of them are deleted."""

import errno
import os
import stat
import time
from pathlib import Path

import pytest

from mnist_core.storage.file_store import FileStore, FileUnreadable, new_id


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


def test_a_file_is_found_by_its_id(store: FileStore) -> None:
    identity = new_id()
    _put(store, identity)
    assert store.find(identity).read_text() == "content"
    assert store.ids() == [identity]


def test_an_unknown_id_is_a_key_error(store: FileStore) -> None:
    with pytest.raises(KeyError):
        store.find(new_id())


def test_what_is_read_is_there_or_missing_or_damaged_or_fails(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    identity = new_id()
    assert store.read(identity, Path.read_text) is None
    _put(store, identity)
    assert store.read(identity, Path.read_text) == "content"
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
    for use in (store.find, lambda bad: _put(store, bad)):
        with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
            use(identity)
    assert not store.folder.exists()


def test_only_the_newest_files_are_kept(store: FileStore) -> None:
    ids = [new_id() for _ in range(5)]
    for age, identity in reversed(list(enumerate(ids))):
        _put(store, identity, age)
    assert store.ids() == ids[:3]


def test_a_file_that_is_written_again_becomes_the_newest(store: FileStore) -> None:
    old, middle, new = (new_id() for _ in range(3))
    for age, identity in ((3, old), (2, middle), (1, new), (0, old)):
        _put(store, identity, age)
    assert store.ids() == [old, new, middle]


def test_tidy_deletes_stale_incomplete_files_and_nothing_else(store: FileStore) -> None:
    store.folder.mkdir()
    stale, fresh, foreign = (store.folder / name for name in ("a.txt.part", "b.txt.part", "c.txt"))
    for path in (stale, fresh, foreign):
        path.touch()
    os.utime(stale, (0, 0))
    os.utime(foreign, (0, 0))
    store.tidy()
    assert set(store.folder.iterdir()) == {fresh, foreign}
    assert store.ids() == []


def test_files_and_their_folder_can_be_read_by_their_owner_alone(store: FileStore) -> None:
    store.folder.mkdir(mode=0o755)
    identity = new_id()
    _put(store, identity)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.path(identity).stat().st_mode) == 0o600


def test_the_oldest_files_are_deleted_when_all_together_have_too_many_bytes(tmp_path: Path) -> None:
    store = FileStore(tmp_path, ".txt", max_bytes=3 * len("content"))
    ids = [new_id() for _ in range(5)]
    for age, identity in reversed(list(enumerate(ids))):
        _put(store, identity, age)
    assert store.ids() == ids[:3]


def test_a_file_of_more_bytes_than_all_may_have_stays_until_another_is_written(tmp_path: Path) -> None:
    store = FileStore(tmp_path, ".txt", max_bytes=3)
    first, second = new_id(), new_id()
    for identity in (first, second):
        _put(store, identity)
        assert store.ids() == [identity]


def _put_for(store: FileStore, owners: dict[str, str], owner: str, age: float) -> str:
    identity = new_id()
    owners[identity] = owner

    def write(path: Path) -> None:
        path.write_text("content")
        moment = time.time() - age
        os.utime(path, (moment, moment))

    store.put(identity, write, lambda: owners)
    return identity


def test_whoever_has_the_most_files_loses_their_own_oldest(tmp_path: Path) -> None:
    store = FileStore(tmp_path, ".txt", max_files=10)
    owners: dict[str, str] = {}
    one = _put_for(store, owners, "one", age=900)
    two = [_put_for(store, owners, "two", age) for age in (800, 700)]
    many = [_put_for(store, owners, "many", 600 - place) for place in range(500)]
    assert set(store.ids()) == {one, *two, *many[-7:]}


def test_of_equal_shares_the_oldest_file_goes(tmp_path: Path) -> None:
    store = FileStore(tmp_path, ".txt", max_files=10)
    owners: dict[str, str] = {}
    ids = [_put_for(store, owners, str(place), 500 - place) for place in range(12)]
    assert set(store.ids()) == set(ids[2:])


def test_nobody_is_asked_whose_files_they_are_while_there_are_few(store: FileStore) -> None:
    def owners() -> dict[str, str]:
        raise AssertionError("asked")

    store.put(new_id(), Path.touch, owners)
    assert len(store.ids()) == 1


def test_a_new_file_stays_even_if_all_others_come_from_the_future(store: FileStore) -> None:
    for years in (1, 2, 3):
        _put(store, new_id(), age=-years * 365 * 86_400)  # written before the clock was set back
    by_age = store.ids()
    new = new_id()
    _put(store, new)
    assert store.ids() == [new, *by_age[:2]]
    newest = new_id()
    _put(store, newest)
    assert store.ids() == [newest, new, by_age[0]]
    assert all(store.path(one).stat().st_mtime <= time.time() for one in store.ids())


def test_a_file_that_is_written_with_an_old_time_stays(store: FileStore) -> None:
    for _ in range(3):
        _put(store, new_id())
    old = new_id()
    _put(store, old, age=1_000_000)
    assert old in store.ids()
    assert len(store.ids()) == 3


def test_a_file_that_was_not_used_for_too_long_is_deleted(tmp_path: Path) -> None:
    store = FileStore(tmp_path, ".txt", max_age=100)
    unused, used, touched, new = (new_id() for _ in range(4))
    for identity, age in ((unused, 101), (used, 90), (touched, 101)):
        _put(store, identity, age)  # it has just been written, so it stays whatever its age
        if identity == unused:
            assert store.ids() == [unused]
    assert unused not in store.ids()
    store.touch(touched)
    _put(store, new)
    assert set(store.ids()) == {used, touched, new}


def test_what_is_not_there_can_be_touched(store: FileStore) -> None:
    store.touch(new_id())
    assert store.ids() == []
    with pytest.raises(ValueError, match="expected an id"):
        store.touch("../../etc/passwd")
