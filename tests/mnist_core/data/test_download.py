"""The download from a local web server, whose mirrors fail in many ways."""

import gzip
import hashlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from mnist_core.data import download, idx
from mnist_core.data.dataset import load_digits
from mnist_core.data.torchvision_shim import import_torchvision

SHAPES = ((6, 28, 28), (6,), (4, 28, 28), (4,))  # a small set in MNIST's format


def _mnist() -> Any:
    return import_torchvision().datasets.MNIST  # takes two seconds


def _idx_file(shape: tuple[int, ...]) -> bytes:
    header = np.array([0x800 + len(shape), *shape], ">i4")  # 0x08: unsigned bytes
    return header.tobytes() + (np.arange(np.prod(shape)) % 10).astype(np.uint8).tobytes()


CONTENTS = {file.name: _idx_file(shape) for file, shape in zip(idx.FILES, SHAPES, strict=True)}
ARCHIVES = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENTS.items()}


class _Handler(BaseHTTPRequestHandler):
    """The first part of the path says how the mirror behaves; "good" sends the right file."""

    server: "_Server"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, behaviour, name = self.path.split("/")
        if behaviour == "silent":
            self.server.closing.wait()
            return
        archive = ARCHIVES[name]
        part = {
            "truncated": archive[:-9],
            "stuck": archive[:20],
            "foreign": bytes(len(archive)),
            "endless": archive * 99,
        }
        body = part.get(behaviour, archive)
        self.send_response(500 if behaviour == "broken" else 200)
        self.send_header("Content-Length", str(max(len(archive), len(body))))
        self.end_headers()
        self.wfile.write(body)
        if behaviour == "stuck":
            self.server.closing.wait()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.closing = Event()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that close the connection are part of these tests


@dataclass
class Mirrors:
    """The mirrors that torchvision uses, all on one server; `asked` lists the paths that were requested."""

    server: _Server
    monkeypatch: pytest.MonkeyPatch

    @property
    def asked(self) -> list[str]:
        return self.server.asked

    def behave(self, *behaviours: str) -> None:
        addresses = [f"http://127.0.0.1:{self.server.server_port}/{behaviour}/" for behaviour in behaviours]
        self.monkeypatch.setattr(_mnist(), "mirrors", addresses)


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirrors]:
    """A server with the small data set, and an empty cache."""
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
    files = [
        file._replace(shape=shape, md5=hashlib.md5(CONTENTS[file.name]).hexdigest())
        for file, shape in zip(idx.FILES, SHAPES, strict=True)
    ]
    monkeypatch.setattr(idx, "FILES", files)
    monkeypatch.setattr(download, "ARCHIVE_SIZES", {name: len(body) for name, body in ARCHIVES.items()})
    checksums = [(name, hashlib.md5(body).hexdigest()) for name, body in ARCHIVES.items()]
    monkeypatch.setattr(_mnist(), "resources", checksums)
    with _Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Mirrors(server, monkeypatch)
        server.closing.set()
        server.shutdown()
        thread.join()


def test_a_download_is_stored_in_the_cache_and_not_repeated(mirrors: Mirrors) -> None:
    mirrors.behave("good")
    digits = load_digits()
    assert (digits.source, len(digits.train), len(digits.test), digits.note) == ("mnist", 6, 4, "")
    assert digits.train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert mirrors.asked == [f"/good/{name}" for name in ARCHIVES]
    assert len(load_digits().train) == 6
    assert len(mirrors.asked) == len(ARCHIVES)


def test_a_download_leaves_the_four_files_and_a_lock(mirrors: Mirrors, tmp_path: Path) -> None:
    mirrors.behave("good")
    load_digits()
    raw = tmp_path / "MNIST" / "raw"
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == CONTENTS
    assert {path.name for path in tmp_path.iterdir()} == {"MNIST", "download.lock"}


def test_progress_rises_to_the_total(mirrors: Mirrors) -> None:
    mirrors.behave("good")
    reports: list[tuple[int, int]] = []
    load_digits(progress=lambda done, total: reports.append((done, total)))
    size = sum(map(len, ARCHIVES.values()))
    assert reports == sorted(reports)
    assert reports[-1] == (size, size)
    assert {total for _, total in reports} == {size}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("silent", "sent nothing for 1 s"),
        ("stuck", "sent nothing for 1 s"),
        ("truncated", "closed the connection in the middle of a file"),
        ("foreign", "sent a train-images-idx3-ubyte.gz that is not MNIST's"),
        ("endless", "sent a train-images-idx3-ubyte.gz that is not MNIST's"),
        ("broken", "answered 500 Internal Server Error"),
    ],
)
def test_after_a_mirror_that_fails_the_next_is_tried(
    mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, behaviour: str, reason: str
) -> None:
    if behaviour in ("silent", "stuck"):
        monkeypatch.setattr(download, "TIMEOUT", 1)  # seconds; on a busy machine others need their own time
    mirrors.behave(behaviour)
    digits = load_digits()
    assert digits.source == "sample"
    assert digits.note.startswith(f"The download failed: 127.0.0.1 {reason}")
    assert {path.name for path in tmp_path.iterdir()} == {"download.lock"}

    mirrors.behave(behaviour, "good")
    assert load_digits().source == "mnist"
    assert mirrors.asked.count(f"/{behaviour}/train-images-idx3-ubyte.gz") == 2
    assert mirrors.asked[-4:] == [f"/good/{name}" for name in ARCHIVES]


def test_after_a_mirror_that_cannot_be_reached_the_next_is_tried(mirrors: Mirrors) -> None:
    mirrors.behave("good")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # the port is taken, but nobody listens
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        mirrors.monkeypatch.setattr(_mnist(), "mirrors", [closed, *_mnist().mirrors])
        assert load_digits().source == "mnist"


def test_without_a_download_the_digits_are_the_sample(mirrors: Mirrors) -> None:
    mirrors.behave("good")
    digits = load_digits(download=False)
    assert (digits.source, digits.note) == ("sample", "")
    assert mirrors.asked == []


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: bytes(len(content)), lambda content: None]
)
def test_a_damaged_file_in_the_cache_is_downloaded_again(
    mirrors: Mirrors, tmp_path: Path, damage: Callable[[bytes], bytes | None]
) -> None:
    mirrors.behave("good")
    load_digits()
    path = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    damaged = damage(path.read_bytes())
    path.unlink() if damaged is None else path.write_bytes(damaged)
    assert load_digits().source == "mnist"
    assert path.read_bytes() == CONTENTS[path.name]
    assert len(mirrors.asked) == 2 * len(ARCHIVES)


def test_an_interrupted_download_leaves_nothing_behind(mirrors: Mirrors, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    mirrors.behave("good")
    with pytest.raises(KeyboardInterrupt):
        load_digits(progress=interrupt)
    assert {path.name for path in tmp_path.iterdir()} == {"download.lock"}


def test_the_leftovers_of_a_killed_download_are_deleted(mirrors: Mirrors, tmp_path: Path) -> None:
    left = tmp_path / "download-killed" / "MNIST" / "raw"
    left.mkdir(parents=True)
    (left / "train-images-idx3-ubyte.gz").write_bytes(b"part of a file")
    mirrors.behave("good")
    assert load_digits().source == "mnist"
    assert not left.exists()


def test_two_downloads_at_the_same_time_fetch_the_files_once(mirrors: Mirrors) -> None:
    mirrors.behave("good")
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: load_digits(), range(2)))
    assert [digits.source for digits in both] == ["mnist", "mnist"]
    assert sorted(mirrors.asked) == sorted(f"/good/{name}" for name in ARCHIVES)


def test_the_sample_is_used_if_the_cache_cannot_be_written(mirrors: Mirrors, tmp_path: Path) -> None:
    mirrors.behave("good")
    (tmp_path / "file").touch()
    mirrors.monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path / "file" / "folder"))
    digits = load_digits()
    assert digits.source == "sample"
    assert digits.note.startswith("The download failed: ")
