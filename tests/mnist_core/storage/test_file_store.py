"""A folder of files named by ids."""

import os
from pathlib import Path

import pytest

from mnist_core.storage.file_store import FileStore, new_id


@pytest.fixture
def shelf(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "shelf", ".txt", kept=3)


def _put(shelf: FileStore, identity: str, age: float = 0) -> None:
    def write(path: Path) -> None:
        path.write_text("kept")
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))

    shelf.put(identity, write)


def test_ids_are_128_random_bits_in_hexadecimal() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {len(identity) for identity in ids} == {32}
    seen = 0
    for identity in ids:
        seen |= int(identity, 16)
    assert seen == 2**128 - 1  # every bit is drawn


def test_what_was_put_is_found(shelf: FileStore) -> None:
    identity = new_id()
    _put(shelf, identity)
    assert shelf.find(identity).read_text() == "kept"
    assert shelf.ids() == [identity]


def test_an_unknown_id_is_a_key_error(shelf: FileStore) -> None:
    with pytest.raises(KeyError):
        shelf.find(new_id())


def test_an_unused_shelf_is_empty(shelf: FileStore) -> None:
    assert shelf.ids() == []


@pytest.mark.parametrize(
    "identity",
    [
        *("", "a", "../secret", "../../etc/passwd", "/" + "0" * 31, "../" + "0" * 29, "..%2f" + "0" * 27),
        *("0" * 31, "0" * 33, "0" * 32 + "\n", "A" * 32, "g" * 32, "\0" * 32, "\u0663" * 32),
    ],
)
def test_an_id_that_is_none_is_refused_before_the_disk_is_touched(shelf: FileStore, identity: str) -> None:
    (shelf.folder.parent / "secret.txt").write_text("not on the shelf")
    for use in (shelf.find, lambda wrong: _put(shelf, wrong)):
        with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
            use(identity)
    assert not shelf.folder.exists()


def test_only_the_newest_are_kept(shelf: FileStore) -> None:
    ids = [new_id() for _ in range(5)]
    for age, identity in reversed(list(enumerate(ids))):
        _put(shelf, identity, age)
    assert shelf.ids() == ids[:3]


def test_a_file_that_is_written_again_is_new_again(shelf: FileStore) -> None:
    old, middle, new = (new_id() for _ in range(3))
    for age, identity in ((3, old), (2, middle), (1, new), (0, old)):
        _put(shelf, identity, age)
    assert shelf.ids() == [old, new, middle]


def test_tidying_removes_forgotten_halves_and_nothing_else(shelf: FileStore) -> None:
    shelf.folder.mkdir()
    forgotten, fresh, foreign = (shelf.folder / name for name in ("a.txt.part", "b.txt.part", "c.txt"))
    for path in (forgotten, fresh, foreign):
        path.touch()
    os.utime(forgotten, (0, 0))
    os.utime(foreign, (0, 0))
    shelf.tidy()
    assert set(shelf.folder.iterdir()) == {fresh, foreign}
    assert shelf.ids() == []
