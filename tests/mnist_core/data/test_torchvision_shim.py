"""torchvision can be imported next to any build of torch."""

import importlib
import subprocess
import sys
from types import ModuleType

import pytest
import torch

from mnist_core.data import torchvision_shim
from tests.support.paths import ROOT

AFTER_A_FAILED_IMPORT = """
try:
    import torchvision
except RuntimeError:
    pass
from mnist_core.data.torchvision_shim import import_torchvision
import_torchvision()
"""


def test_data_sets_and_transforms_work() -> None:
    torchvision_shim.import_torchvision()
    torchvision_shim.import_torchvision()  # a second time makes no difference
    from torchvision.datasets import MNIST
    from torchvision.transforms import v2

    assert len(MNIST.classes) == 10
    assert v2.functional.resize(torch.zeros(1, 28, 28), [14, 14]).shape == (1, 14, 14)


@pytest.mark.slow
def test_it_works_after_a_plain_import_of_torchvision_that_failed() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", AFTER_A_FAILED_IMPORT], cwd=ROOT, check=True)


def test_a_torchvision_that_is_imported_already_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    present = ModuleType("torchvision")
    monkeypatch.setitem(sys.modules, "torchvision", present)
    assert torchvision_shim.import_torchvision() is present


def test_operators_that_can_be_loaded_are_not_declared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    present = torchvision_shim.import_torchvision()
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.setattr(torchvision_shim, "_declared", [])
    monkeypatch.setattr(torch.ops, "load_library", lambda path: None)
    monkeypatch.setattr(torch.library, "Library", None)  # a declaration would fail on this
    monkeypatch.setattr(importlib, "import_module", lambda name: present)
    assert torchvision_shim.import_torchvision() is present
