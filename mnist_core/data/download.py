"""The download of MNIST into a folder: whole and checked, or not at all."""

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

ReportBytes = Callable[[int, int], None]  # bytes so far, bytes in all

TIMEOUT = 10.0  # seconds without a byte after which a mirror is given up

# Bytes: for the progress, and so that no mirror can send without end.
ARCHIVE_SIZES = {
    "train-images-idx3-ubyte.gz": 9_912_422,
    "train-labels-idx1-ubyte.gz": 28_881,
    "t10k-images-idx3-ubyte.gz": 1_648_877,
    "t10k-labels-idx1-ubyte.gz": 4_542,
}


def download_mnist(root: Path, progress: ReportBytes | None = None) -> None:
    """Put MNIST's four files into root/MNIST/raw, unless they are there; OSError says why it cannot.

    The mirrors, the checksums and the unpacking are torchvision's. Its fetching is not: it waits for ever on
    a mirror that falls silent, and at the next start takes a cut-off file for a whole one.
    """
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / "download.lock"):  # of two processes, one downloads and the other finds it done
        if _is_whole(root):
            return
        for left_by_a_killed_process in root.glob("download-*"):
            shutil.rmtree(left_by_a_killed_process)
        with tempfile.TemporaryDirectory(dir=root, prefix="download-") as temporary:
            mnist = import_torchvision().datasets.MNIST
            folder = Path(temporary, "MNIST", "raw")
            folder.mkdir(parents=True)
            _fetch_all(mnist.mirrors, mnist.resources, folder, progress)
            mnist(temporary, download=True)  # finds the archives, checks and unpacks them
            read_mnist(Path(temporary))
            target = root / "MNIST" / "raw"
            target.mkdir(parents=True, exist_ok=True)
            for path in folder.glob("*-ubyte"):
                path.replace(target / path.name)


def _is_whole(root: Path) -> bool:
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
    """Fetch one archive, reporting the bytes so far; OSError where it is not exactly the expected one."""
    count, size, digest = 0, ARCHIVE_SIZES[path.name], hashlib.md5(usedforsecurity=False)
    # Not to be unpacked on the way: the checksum is that of the .gz file.
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
    """Say in a few words what requests says in many."""
    match error:
        case requests.RequestException() if "timed out" in str(error):
            return f"was silent for {TIMEOUT:g} s"
        case requests.exceptions.ChunkedEncodingError():
            return "broke off in the middle of a file"
        case requests.RequestException():
            return "could not be reached"
        case _:
            return str(error)
