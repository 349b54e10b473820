"""Download MNIST into a folder: complete and verified, or not at all."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock

from mnist_core.data.idx import read_mnist
from mnist_core.data.torchvision_shim import import_torchvision

ReportBytes = Callable[[int, int], None]  # bytes so far, bytes in total

TIMEOUT = 10.0  # seconds without a byte, after which the next mirror is tried

# Bytes of each archive: for the progress, and so that no mirror can send more than that.
ARCHIVE_SIZES = {
    "train-images-idx3-ubyte.gz": 9_912_422,
    "train-labels-idx1-ubyte.gz": 28_881,
    "t10k-images-idx3-ubyte.gz": 1_648_877,
    "t10k-labels-idx1-ubyte.gz": 4_542,
}


def download_mnist(root: Path, progress: ReportBytes | None = None) -> None:
    """Download MNIST's four files to root/MNIST/raw, unless they are there already.

    torchvision supplies the mirrors and checksums and unpacks the archives, but does not fetch them: it has
    no timeout, and after an interruption it would take a truncated file for a complete one.

    Args:
        root: the folder, which is created if necessary.
        progress: called with the bytes so far and the bytes in total.

    Raises:
        OSError: the folder cannot be written, or every mirror failed; the message gives a reason for each.
    """
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / "download.lock"):  # the second of two processes waits and then has nothing to do
        if _is_complete(root):
            return
        for leftover in root.glob("download-*"):  # of a process that was killed
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(dir=root, prefix="download-") as temporary:
            mnist = import_torchvision().datasets.MNIST
            folder = Path(temporary, "MNIST", "raw")
            folder.mkdir(parents=True)
            _fetch_all(mnist.mirrors, mnist.resources, folder, progress)
            mnist(temporary, download=True)  # finds the archives there, checks and unpacks them
            read_mnist(Path(temporary))
            target = root / "MNIST" / "raw"
            target.mkdir(parents=True, exist_ok=True)
            for path in folder.glob("*-ubyte"):
                path.replace(target / path.name)


def _is_complete(root: Path) -> bool:
    try:
        return bool(read_mnist(root))
    except (OSError, ValueError):
        return False


def _fetch_all(
    mirrors: Iterable[str], archives: Iterable[tuple[str, str]], folder: Path, progress: ReportBytes | None
) -> None:
    missing, failures, complete = dict(archives), [], 0
    for mirror in mirrors:
        try:
            for name, md5 in list(missing.items()):
                for count in _fetch(mirror + name, md5, folder / name):
                    if progress:
                        progress(complete + count, sum(ARCHIVE_SIZES.values()))
                complete += ARCHIVE_SIZES[name]
                del missing[name]
            return
        except OSError as error:
            failures.append(f"{urlsplit(mirror).hostname} {_reason(error)}")
    raise OSError(", ".join(failures))


def _fetch(url: str, md5: str, path: Path) -> Iterator[int]:
    """Fetch one archive and yield the bytes so far; OSError if it is not exactly the expected one."""
    count, size, digest = 0, ARCHIVE_SIZES[path.name], hashlib.md5(usedforsecurity=False)
    # "identity": the file must arrive as it is, because the checksum is that of the .gz file.
    request = requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})
    with request as response, path.open("wb") as file:
        if response.status_code != requests.codes.ok:
            raise OSError(f"answered {response.status_code} {response.reason}")
        for block in response.iter_content(64 * 1024):
            count += len(block)
            if count > size:
                break
            digest.update(block)
            file.write(block)
            yield count
    if digest.hexdigest() != md5:
        raise OSError(f"sent a {path.name} that is not MNIST's ({count:,} bytes, expected {size:,})")


def _reason(error: OSError) -> str:
    """Describe the error in a few words."""
    match error:
        case requests.RequestException() if "timed out" in str(error):
            return f"sent nothing for {TIMEOUT:g} s"
        case requests.exceptions.ChunkedEncodingError():
            return "closed the connection in the middle of a file"
        case requests.RequestException():
            return "could not be reached"
        case _:
            return str(error)
