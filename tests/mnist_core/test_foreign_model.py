"""Models of other programs: their logits against what PyTorch itself computes with them."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mnist_core import Preprocessing, import_model, load_model, save_model

IMAGES = torch.randint(256, (50, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(784, 10)


def _expected(linear: nn.Linear) -> torch.Tensor:
    logits: torch.Tensor = linear(IMAGES.flatten(1) / 255)
    return logits.detach()


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda linear: linear,
        lambda linear: nn.Sequential(nn.Flatten(), linear),
        lambda linear: {f"fc.{name}": value for name, value in linear.state_dict().items()},
        lambda linear: {"coef_": linear.weight.detach().numpy(), "intercept_": linear.bias.detach().numpy()},
        lambda linear: {"kernel": linear.weight.detach().numpy().T, "bias": linear.bias.detach().double()},
    ],
    ids=["Linear", "Sequential", "state dict", "scikit-learn", "Keras"],
)
def test_a_layer_by_any_name_gives_the_same_logits(linear: nn.Linear, wrapped: Any) -> None:
    model = import_model(wrapped(linear), preprocessing="deskew")
    assert model.preprocessing is Preprocessing.DESKEW
    torch.testing.assert_close(model.logits(IMAGES), _expected(linear), atol=1e-4, rtol=0)
    assert model.linear.weight.data_ptr() != linear.weight.data_ptr()


def test_a_normalize_is_taken_into_the_weights(linear: nn.Linear) -> None:
    normalized = (IMAGES.flatten(1) / 255 - 0.1307) / 0.3081
    model = import_model(linear, mean=0.1307, std=0.3081)
    torch.testing.assert_close(model.logits(IMAGES), linear(normalized).detach(), atol=1e-4, rtol=0)


def test_a_safetensors_file_is_read_and_what_torch_save_wrote_is_refused_with_the_line_that_converts_it(
    linear: nn.Linear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(linear.state_dict(), "model.pt")
    for read in (import_model, load_model):
        with pytest.raises(ValueError, match="can run code") as caught:
            read("model.pt")
    line = re.search("convert it: (.*)", str(caught.value))
    assert line
    exec(line[1], {})
    torch.testing.assert_close(
        import_model("model.safetensors").logits(IMAGES), _expected(linear), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (nn.Sequential(nn.Linear(784, 9), nn.Linear(9, 10)), r"got 0.weight \(9, 784\), 0.bias"),
        (nn.Linear(784, 10, bias=False), r"got weight \(10, 784\)"),
        ({}, "got nothing"),
        ({"w": np.full((10, 784), np.nan), "b": np.zeros(10)}, r"linear\.weight: expected finite numbers"),
        ({"w": [1.0]}, "w: expected a tensor or a numpy array, got list"),
        (7, "expected a module, its state dict or a file, got int"),
    ],
)
def test_anything_else_is_refused_with_what_was_found(source: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        import_model(source)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match="not a complete safetensors file"):
        import_model(tmp_path / "notes.txt")
    save_file({"w": torch.zeros(400_000)}, tmp_path / "large")
    with pytest.raises(ValueError, match="at most 1,000,000 bytes"):
        import_model(str(tmp_path / "large"))


def test_what_is_saved_can_be_loaded_and_the_rest_is_refused(linear: nn.Linear, tmp_path: Path) -> None:
    model = import_model(linear)
    save_model(str(tmp_path / "a"), model)
    assert torch.equal(load_model(str(tmp_path / "a")).linear.weight, model.linear.weight)
    with torch.no_grad():
        model.linear.bias[3] = torch.nan
    with pytest.raises(ValueError, match=r"linear\.bias: expected finite numbers"):
        save_model(tmp_path / "b", model)
    assert not (tmp_path / "b").exists()
