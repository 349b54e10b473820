"""torchvision beside whatever torch there is."""

import importlib
import subprocess
import sys
from types import ModuleType

import pytest
import torch

from mnist_core import vision

PREPARED = "from mnist_core.data.torchvision_shim import import_torchvision; import_torchvision()"


def _python(*lines: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(lines)], check=True)


def test_data_sets_and_transforms_work_in_a_new_process() -> None:
    _python(
        PREPARED,
        PREPARED,  # a second time makes no difference
        "import torch",
        "from torchvision.datasets import MNIST",
        "from torchvision.transforms import v2",
        "assert v2.functional.resize(torch.zeros(1, 28, 28), [14, 14]).shape == (1, 14, 14)",
    )


def test_an_import_of_torchvision_that_failed_before_does_no_harm() -> None:
    _python("try: import torchvision", "except RuntimeError: pass", PREPARED)


def test_torchvision_that_is_already_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    present = ModuleType("torchvision")
    monkeypatch.setitem(sys.modules, "torchvision", present)
    assert vision.import_torchvision() is present


def test_operators_that_load_are_not_declared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    present = vision.import_torchvision()
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.setattr(vision, "_declared", [])
    monkeypatch.setattr(torch.ops, "load_library", lambda path: None)
    monkeypatch.setattr(torch.library, "Library", None)  # a declaration would fail on this
    monkeypatch.setattr(importlib, "import_module", lambda name: present)
    assert vision.import_torchvision() is present
