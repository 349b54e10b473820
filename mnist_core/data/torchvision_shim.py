"""torchvision, importable beside every build of torch."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a declaration lasts as long as the object that made it


def import_torchvision() -> ModuleType:
    """Import torchvision, also beside a CPU build of torch; ImportError where it is not installed.

    PyPI's Linux wheel of torchvision is built for CUDA. Beside a CPU torch its operators cannot be loaded,
    and its import then fails on describing two of them, nms and qnms, that nothing has declared. Declaring
    them is enough, as data sets and transforms use neither. Where the operators can be loaded, a second
    declaration would abort the process: so loading comes first.
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
