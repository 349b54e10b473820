"""A run as a file: its settings and all its reports."""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import check_source
from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.storage.files import write_atomically
from mnist_core.storage.safetensors_file import Shape, check_finite, pack, unpack, unpack_last
from mnist_core.training.report import (
    CURVES,
    VALIDATION_CURVES,
    Progress,
    curve_row,
    curve_units,
    report_of_row,
)

FORMAT = "Digit Lab run 1"
MAX_REPORTS = 10_000
MAX_BYTES = MAX_REPORTS * 32_000  # a report has 31,400 bytes of weights and a few for its numbers
SHAPES: dict[str, Shape] = {"weights": (None, CLASSES, PIXELS), "biases": (None, CLASSES)}


@dataclass(frozen=True)
class Segment:
    """A part of a run that was then continued: its settings, and the epoch at which it ended."""

    config: TrainingConfig
    until: float

    def __post_init__(self) -> None:
        """Refuse an epoch that no run reaches."""
        if not 0 <= self.until < math.inf:
            raise ValueError(f"until: expected an epoch from 0 on, got {self.until}")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished or stopped run.

    Attributes:
        config: the settings, the newest if the run was continued.
        history: 1 to 10,000 reports, the oldest first.
        source: of the digits it learned: "mnist", "sample", or the name of one's own.
        earlier: the segments before the run was continued, the oldest first.

    Raises:
        ValueError: an unknown source, reports out of order, numbers that are not finite, a model whose
            preprocessing is not that of the settings, or other digits held out than the settings say.
    """

    config: TrainingConfig
    history: tuple[Progress, ...]
    source: str
    earlier: tuple[Segment, ...] = ()

    @property
    def final_epoch(self) -> float:
        """The epoch at which the run is finished."""
        return final_epoch_of(self.config, self.earlier)

    @property
    def finished(self) -> bool:
        """Whether the run got as far as its settings say."""
        return self.history[-1].epoch >= self.final_epoch - 1e-9  # a continued run may miss it by rounding

    def __post_init__(self) -> None:
        """Check the source, the reports, and their order."""
        check_source(self.source)
        if not 1 <= len(self.history) <= MAX_REPORTS:
            raise ValueError(f"history: expected 1 to {MAX_REPORTS:,} reports, got {len(self.history):,}")
        for report in self.history:
            _check(report, self.config)
        if any(segment.config.validation != self.config.validation for segment in self.earlier):
            raise ValueError("earlier: expected all segments to hold out the same number of digits")
        for one, following in pairwise(self.history):
            if following.step <= one.step or following.epoch <= one.epoch or following.seconds < one.seconds:
                raise ValueError(f"history: step {following.step} cannot follow step {one.step}")


def final_epoch_of(config: TrainingConfig, earlier: tuple[Segment, ...]) -> float:
    """Return the epoch at which a run with these settings, after these segments, is finished: a whole one."""
    return config.epochs + (math.ceil(earlier[-1].until - 1e-9) if earlier else 0)


def save_run(path: str | Path, run: Run) -> None:
    """Write a run as a safetensors file, completely or not at all; OSError if it cannot be written.

    Tensors: weights (reports, 10, 784) and biases (reports, 10), float32. Metadata: format, source, and as
    JSON config, earlier, curves (for each column a list over the reports) and versions.
    """
    layers = [report.model.linear for report in run.history]
    weights = torch.stack([layer.weight.detach() for layer in layers])
    biases = torch.stack([layer.bias.detach() for layer in layers])
    columns = zip(*(curve_row(report) for report in run.history), strict=True)
    metadata = {
        "format": FORMAT,
        "source": run.source,
        "config": json.dumps(asdict(run.config)),
        "earlier": json.dumps([asdict(segment) for segment in run.earlier]),
        "curves": json.dumps(dict(zip(curve_units(run.history[0]), columns, strict=True))),
        "versions": json.dumps({"python": platform.python_version(), "torch": torch.__version__}),
    }
    write_atomically(Path(path), pack({"weights": weights, "biases": biases}, metadata))


def load_run(path: str | Path, *, newest_only: bool = False) -> Run:
    """Read a run from a file; OSError if there is none, ValueError if it is damaged or not a run.

    With `newest_only`, its history is the newest report alone, which takes a hundredth of the time; of the
    other reports nothing is read or checked.
    """
    path = Path(path)
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise ValueError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}")
        tensors, metadata = unpack_last(path, SHAPES) if newest_only else unpack(path.read_bytes(), SHAPES)
        return _run(metadata, tensors["weights"], tensors["biases"], newest_only)
    except KeyError as error:
        raise ValueError(f"{path.name} is damaged: {error!s:.40} is missing") from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path.name} is damaged or not a run: {error!s:.200}") from error


def _run(metadata: Mapping[str, str], weights: Tensor, biases: Tensor, newest_only: bool) -> Run:
    if metadata.get("format") != FORMAT:
        raise ValueError(f"expected the format {FORMAT}, found {metadata.get('format')!r:.40}")
    config = _config(json.loads(metadata["config"]))
    segments = json.loads(metadata["earlier"])
    earlier = tuple(Segment(_config(segment["config"]), float(segment["until"])) for segment in segments)
    curves = json.loads(metadata["curves"])
    validated = any(name in curves for name in VALIDATION_CURVES)
    columns = [*CURVES, *VALIDATION_CURVES] if validated else [*CURVES]
    rows = zip(*(curves[name][-1:] if newest_only else curves[name] for name in columns), strict=True)
    parts = zip(rows, weights, biases, strict=True)
    history = tuple(report_of_row(row, _model(w, b, config.preprocessing)) for row, w, b in parts)
    return Run(config, history, metadata["source"], earlier)


def _config(settings: Any) -> TrainingConfig:
    if strange := set(settings) ^ {field.name for field in fields(TrainingConfig)}:
        raise ValueError(f"config: missing or unknown: {', '.join(sorted(map(str, strange)))}")
    return TrainingConfig(**settings)


def _model(weight: Tensor, bias: Tensor, preprocessing: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(preprocessing)
    model.load_state_dict({"linear.weight": weight, "linear.bias": bias})
    return model


def _check(report: Progress, config: TrainingConfig) -> None:
    at = f"history, step {report.step}"
    if (preprocessing := report.model.preprocessing) != (expected := config.preprocessing):
        raise ValueError(f"{at}: expected a model for {expected} digits, got one for {preprocessing}")
    if (report.validation is not None) != (config.validation > 0):
        has = "no validation metrics" if report.validation is None else "validation metrics"
        raise ValueError(f"{at}: the settings hold out {config.validation:,} digits, but it has {has}")
    for name, tensor in report.model.state_dict().items():
        check_finite(f"{at}, {name}", tensor)
    for name, number in zip(curve_units(report), curve_row(report), strict=True):
        most = 1 if name.endswith("accuracy") else math.inf
        if not 0 <= number <= most or math.isinf(number):
            raise ValueError(f"{at}, {name}: expected a finite number from 0 to {most}, got {number}")
