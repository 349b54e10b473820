"""Images of one's own, in each form that people have them in, against what was written."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from mnist_core import Digits, load_images
from tests.support.idx import idx

Write = Callable[[Path, NDArray[Any], NDArray[Any]], Path]


def _table(header: bool) -> Write:
    def write(folder: Path, images: NDArray[Any], labels: NDArray[Any]) -> Path:
        names = ",".join(["label", *(f"pixel{i}" for i in range(784))]) if header else ""
        rows = np.column_stack((labels, images.reshape(-1, 784)))
        np.savetxt(folder / "own.csv", rows, "%d", ",", header=names, comments="")
        return folder / "own.csv"

    return write


def _arrays(images_name: str, labels_name: str, shape: tuple[int, ...]) -> Write:
    def write(folder: Path, images: NDArray[Any], labels: NDArray[Any]) -> Path:
        arrays: dict[str, Any] = {images_name: images.reshape(shape), labels_name: labels}
        np.savez(folder / "own.npz", **arrays)
        return folder / "own.npz"

    return write


def _idx_files(end: str) -> Write:
    def write(folder: Path, images: NDArray[Any], labels: NDArray[Any]) -> Path:
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx(values)
            (folder / f"own-{name}-ubyte{end}").write_bytes(gzip.compress(content) if end else content)
        return folder / f"own-images-idx3-ubyte{end}"

    return write


def _pictures(dark_on_light: bool) -> Write:
    def write(folder: Path, images: NDArray[Any], labels: NDArray[Any]) -> Path:
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            (folder / str(label)).mkdir(exist_ok=True)
            picture = Image.fromarray(255 - image if dark_on_light else image)
            picture.save(folder / str(label) / f"{number:03}.png")
        return folder

    return write


FORMS: dict[str, Write] = {
    "csv": _table(header=False),
    "csv with header": _table(header=True),
    "npz": _arrays("images", "labels", (-1, 28, 28)),
    "npz x, y": _arrays("x", "y", (-1, 784)),
    "idx": _idx_files(""),
    "idx.gz": _idx_files(".gz"),
    "pictures": _pictures(dark_on_light=False),
    "dark pictures": _pictures(dark_on_light=True),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_images_are_read_from_each_form(sample: Digits, tmp_path: Path, form: str) -> None:
    order = sample.test.labels[:60].argsort(stable=True)  # as folders come
    images, labels = sample.test.images[:60][order], sample.test.labels[:60][order]
    read = load_images(str(FORMS[form](tmp_path, images.numpy(), labels.numpy())))
    assert torch.equal(read.images, images)
    assert torch.equal(read.labels, labels)


def test_a_larger_picture_is_cut_out_and_centred_as_mnists_digits_are(sample: Digits, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    digit = Image.fromarray(255 - sample.test.images[17].numpy()).resize((280, 280), Image.Resampling.BICUBIC)
    sheet = Image.new("L", (600, 400), 255)
    sheet.paste(digit, (250, 60))
    sheet.save(tmp_path / "7" / "scan.png")
    read = load_images(tmp_path)
    assert read.labels.tolist() == [7]
    ink = read.images[0].double()
    places = torch.arange(28, dtype=torch.float64)
    for along in (ink.sum(dim=0), ink.sum(dim=1)):
        assert float(along @ places / along.sum()) == pytest.approx(14, abs=0.1)
    assert int((ink.amax(dim=1) > 0).sum()) in (20, 21)  # a shift by part of a pixel adds a row


def _write(name: str, content: bytes | str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / name

    return write


ROW = ",".join(["3"] + ["0"] * 784)
IDX = "a-images-idx3-ubyte"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_write("a.csv", ROW + "\n" + ROW[:-2]), "columns"),
        (_write("a.csv", ROW[:-2]), "found 1 rows of 784 values"),
        (_write("a.csv", ROW[:-1] + "0.5"), "found 0.5 in row 1, column 785"),
        (_write("a.csv", ROW[:-1] + "256"), "found 256"),
        (_write("a.csv", "11" + ROW[1:]), "expected digits 0 to 9, got values from 11 to 11"),
        (_write("a.csv", ROW.replace("3", "b", 1) + "\n" + ROW[:-1] + "x"), "could not convert string"),
        (_write("a.npz", b"nothing"), "a.npz"),
        (_write(IDX, b"nothing"), "is not an IDX file of bytes"),
        (
            _write(IDX, idx(np.zeros((2, 28, 28)))[:-1]),
            "expected 2 x 28 x 28 bytes of values, found 1,567",
        ),
        (_write(f"{IDX}.gz", gzip.compress(bytes(99))[:-9]), "cannot be unpacked"),
        (_write("a.txt", "hello"), r"expected a folder, or a file named .csv, .npz"),
        (lambda folder: folder, "expected folders 0 to 9 with pictures in them, found none"),
        (
            lambda folder: _write("5/a.png", b"no picture")(folder).parents[1],
            "5/a.png cannot be read as an image",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    path = write(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        load_images(path)
    assert str(tmp_path) in str(caught.value)


def test_arrays_by_other_names_are_refused_and_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros(3))
    with pytest.raises(ValueError, match="expected arrays named images and labels, found x_train"):
        load_images(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", images=np.array([{}]), labels=np.zeros(1))
    with pytest.raises(ValueError, match=r"b\.npz"):
        load_images(tmp_path / "b.npz")
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        load_images(tmp_path / "none")
