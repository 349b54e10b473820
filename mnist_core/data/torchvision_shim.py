"""Import torchvision next to any build of torch."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a declaration lasts as long as its Library object


def import_torchvision() -> ModuleType:
    """Import torchvision, also next to a CPU build of torch; ImportError if it is not installed.

    PyPI's Linux wheel of torchvision is built for CUDA. Next to a CPU build of torch, its operators cannot be
    loaded, and importing it fails because it registers functions for two operators, nms and qnms, that
    nothing has declared. It is enough to declare them: data sets and transforms use neither. If the operators
    can be loaded, declaring them again would abort the process, so loading them is tried first.
    """
    if "torchvision" not in sys.modules and not _declared and not _load_operators():
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)
    return importlib.import_module("torchvision")


def _load_operators() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed: pip install -r requirements.txt")
    extension = next(Path(spec.origin).parent.glob("_C.*"))  # _C.so, _C.pyd on Windows
    try:
        torch.ops.load_library(extension)
    except OSError:
        return False
    return True
