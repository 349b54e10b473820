"""Atomic writing, and the folders."""

from pathlib import Path

import pytest

from mnist_core.storage.files import cache_folder, home_folder, write_atomically


def test_a_written_file_has_its_content_and_nothing_else_is_left_behind(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"first")
    write_atomically(tmp_path / "file", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"second")]


def test_a_write_that_fails_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError("no space left")

    write_atomically(tmp_path / "file", b"first")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(tmp_path / "file", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"first")]


def test_the_folders_follow_their_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_CACHE", "/one")
    monkeypatch.setenv("DIGIT_LAB_HOME", "/two")
    assert (cache_folder(), home_folder()) == (Path("/one"), Path("/two"))
    monkeypatch.delenv("DIGIT_LAB_CACHE")
    monkeypatch.delenv("DIGIT_LAB_HOME")
    assert cache_folder() != home_folder()
