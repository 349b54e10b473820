"""Model files: saved, read by numpy alone, and refused if anything is wrong with them."""

import datetime
import json
import math
import os
import pickle
import struct
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from mnist_core.config import TrainingConfig
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import (
    MAX_BYTES,
    Origin,
    load_model,
    model_from_bytes,
    model_to_bytes,
    read_model,
    save_model,
)
from mnist_core.preprocessing.preprocess import Preprocessing
from tests.support.mutations import mutations

WEIGHT = np.linspace(-1, 1, 7840, dtype=np.float32).reshape(10, 784)
BIAS = np.linspace(0, 1, 10, dtype=np.float32)


@pytest.fixture
def model() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.DESKEW)
    model.load_state_dict({"linear.weight": torch.tensor(WEIGHT), "linear.bias": torch.tensor(BIAS)})
    return model


def _file(preprocessing: str | None = "raw", **tensors: np.ndarray[Any, Any]) -> bytes:
    named = {name.replace("_", "."): tensor for name, tensor in tensors.items()}
    return safetensors.numpy.save(named, preprocessing and {"preprocessing": preprocessing})  # type: ignore[arg-type]


def test_a_saved_model_is_loaded_bit_for_bit(model: SoftmaxRegressor, tmp_path: Path) -> None:
    save_model(tmp_path / "model.safetensors", model)
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.preprocessing is Preprocessing.DESKEW
    assert torch.equal(loaded.linear.weight, model.linear.weight)
    assert torch.equal(loaded.linear.bias, model.linear.bias)


def test_a_file_tells_where_its_model_comes_from(model: SoftmaxRegressor) -> None:
    config = TrainingConfig(50, 0.2, 3, seed=7, preprocessing=Preprocessing.DESKEW, validation=5_000)
    origin = Origin(config, "mnist", 1_200, 1.5, 0.91)
    assert read_model(model_to_bytes(model, origin))[1] == origin
    assert datetime.date.fromisoformat(origin.date)
    assert read_model(model_to_bytes(model))[1] is None


@pytest.mark.parametrize(
    "change",
    [
        {"step": 0},
        {"step": 1.5},
        {"epoch": math.inf},
        {"accuracy": 2},
        {"source": "x" * 41},
        {"date": 3},
        {"config": {"epochs": 0}},
        {"config": {"preprocessing": "raw"}},
        {"config": 3},
        {"more": 1},
    ],
    ids=str,
)
def test_where_it_comes_from_is_left_out_where_it_makes_no_sense(
    model: SoftmaxRegressor, change: dict[str, Any]
) -> None:
    config = TrainingConfig(preprocessing=Preprocessing.DESKEW)
    written = asdict(Origin(config, "mnist", 1_200, 1.5, 0.91)) | change
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    metadata = {"preprocessing": "deskew", "origin": json.dumps(written)}
    read, origin = read_model(safetensors.numpy.save(tensors, metadata))
    assert origin is None
    assert torch.equal(read.linear.weight, model.linear.weight)


def test_a_few_lines_of_numpy_read_a_model_and_a_digit(model: SoftmaxRegressor, tmp_path: Path) -> None:
    save_model(tmp_path / "model.safetensors", model)
    image = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)

    content = (tmp_path / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    spans = {name: header[f"linear.{name}"]["data_offsets"] for name in ("weight", "bias")}
    w, b = (np.frombuffer(content[start + i : start + j], "<f4") for i, j in (spans["weight"], spans["bias"]))
    logits = w.reshape(10, 784) @ (image.ravel() / 255) + b

    with torch.no_grad():
        theirs = model(torch.from_numpy(image).view(1, 784) / 255)[0].numpy()
    np.testing.assert_allclose(logits, theirs, atol=1e-4)


def test_a_file_made_by_numpy_is_read() -> None:
    loaded = model_from_bytes(_file("directions", linear_weight=WEIGHT, linear_bias=BIAS))
    assert loaded.preprocessing is Preprocessing.DIRECTIONS
    np.testing.assert_array_equal(loaded.linear.weight.detach().numpy(), WEIGHT)


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


def _with(number: float) -> np.ndarray[Any, Any]:
    return np.where(np.arange(10) == 5, np.float32(number), BIAS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(MAX_BYTES + 1), "at most 1,000,000 bytes, found 1,000,001"),
        (b"", "not a complete safetensors file"),
        (pickle.dumps(_Bomb()), "written by torch.save.* convert it: from torch import load"),
        (struct.pack("<Q", 1 << 63) + b"{}", "not a complete safetensors file"),
        (struct.pack("<Q", 90_000_000) + b"{}", "not a complete safetensors file"),
        (struct.pack("<Q", 900_000) + b"[" * 900_000, "not a complete safetensors file"),
        (_file(linear_weight=WEIGHT), r"expected the tensors .* found \['linear.weight'\]"),
        (_file(linear_weight=WEIGHT, linear_bias=BIAS, more=BIAS), "expected the tensors"),
        (_file(linear_weight=WEIGHT, bias=BIAS), "expected the tensors"),
        (_file(linear_weight=WEIGHT.T.copy(), linear_bias=BIAS), "expected the shape 10 x 784"),
        (_file(linear_weight=WEIGHT, linear_bias=BIAS[:, None]), r"linear.bias: .*found \[10, 1\]"),
        (_file(linear_weight=WEIGHT.astype("f8"), linear_bias=BIAS), "expected 32-bit floats .* found F64"),
        (_file(linear_weight=WEIGHT, linear_bias=_with(np.nan)), "linear.bias: expected finite numbers"),
        (_file(linear_weight=WEIGHT, linear_bias=_with(-np.inf)), "linear.bias: expected finite numbers"),
        (
            _file(linear_weight=np.full_like(WEIGHT, 3e38), linear_bias=BIAS),
            "linear.weight: .* too large ones",
        ),
        (_file("blur", linear_weight=WEIGHT, linear_bias=BIAS), "must be one of raw, deskew, .*'blur'"),
        (_file(None, linear_weight=WEIGHT, linear_bias=BIAS), "preprocessing must .* not ''"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_file_that_is_not_a_model_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_from_bytes(content)


def test_metadata_that_is_null_counts_as_none() -> None:
    whole = _file(None, linear_weight=WEIGHT, linear_bias=BIAS)
    header = whole[8 : 8 + int.from_bytes(whole[:8], "little")].rstrip()
    header = b'{"__metadata__":null,' + header[1:]
    body = whole[-4 * 7850 :]
    with pytest.raises(ValueError, match=r"preprocessing must .* not ''"):
        model_from_bytes(struct.pack("<Q", len(header)) + header + body)


def test_a_large_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "large.safetensors").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of zeros
    with pytest.raises(ValueError, match="found 1,099,511,627,776"):
        load_model(tmp_path / "large.safetensors")


def test_each_of_2000_damaged_files_is_valid_or_refused_and_memory_does_not_grow(
    model: SoftmaxRegressor,
) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    whole = model_to_bytes(model)
    valid = 0
    for number, damaged in enumerate(mutations(whole, 2000)):
        if number == 100:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            loaded = model_from_bytes(damaged)
        except ValueError:
            continue
        assert loaded.linear.weight.isfinite().all()
        valid += 1
    assert 0 < valid < 1000  # a flipped bit in a weight leaves a model, a flipped bit in the header does not
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


@pytest.mark.skipif(os.name != "posix", reason="links and devices of Unix")
def test_a_link_is_followed_and_a_device_is_refused(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "model.safetensors"
    target.write_text("an older one")
    link.symlink_to(target)
    save_model(link, SoftmaxRegressor(Preprocessing.RAW))
    assert link.is_symlink()
    assert load_model(target).preprocessing is Preprocessing.RAW
    for device in (Path("/dev/null"), tmp_path):
        with pytest.raises(OSError, match="not a file that can be replaced"):
            save_model(device, SoftmaxRegressor(Preprocessing.RAW))
    assert not Path("/dev/null").is_file()
