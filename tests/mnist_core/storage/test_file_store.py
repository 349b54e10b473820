"""FileStore: files by id, and which of them are deleted."""

import os
from pathlib import Path

import pytest

from mnist_core.storage.file_store import FileStore, new_id


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
