"""A run as a thing that lasts: its settings and every report, in one file."""

import json
import math
import platform
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data import SOURCES
from mnist_core.evaluation import Metrics
from mnist_core.files import home_folder, write_whole
from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.normalization import Normalization
from mnist_core.shelf import Shelf
from mnist_core.tensor_file import Shape, check_finite, pack, unpack
from mnist_core.training import Progress

FORMAT = "Digit Lab run 1"
MAX_REPORTS = 10_000
MAX_BYTES = MAX_REPORTS * 32_000  # a report is 31,400 bytes of weights and some for its numbers
SHAPES: dict[str, Shape] = {"weights": (None, CLASSES, PIXELS), "biases": (None, CLASSES)}
CURVES = ("step", "epoch", "seconds", "train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class Leg:
    """A part of a run that was continued with other settings: those it had, and the epoch it lasted until."""

    config: TrainingConfig
    until: float

    def __post_init__(self) -> None:
        """Refuse an epoch that no run reaches."""
        if not 0 <= self.until < math.inf:
            raise ValueError(f"until: expected an epoch from 0 on, got {self.until}")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished or stopped run: its settings, 1 to 10,000 reports, and the source of its digits.

    Where it was continued, config holds the newest settings, and earlier those before, the oldest first.

    ValueError for an unknown source, for reports out of order, and for one whose numbers are not finite or
    whose model has another normalization than the settings.
    """

    config: TrainingConfig
    history: tuple[Progress, ...]
    source: str
    earlier: tuple[Leg, ...] = ()

    @property
    def goal(self) -> float:
        """The epoch at which the run is finished."""
        return goal_of(self.config, self.earlier)

    def __post_init__(self) -> None:
        """Check the source, the reports, and their order."""
        if self.source not in SOURCES:
            raise ValueError(f"source: expected {' or '.join(SOURCES)}, got {self.source!r:.40}")
        if not 1 <= len(self.history) <= MAX_REPORTS:
            raise ValueError(f"history: expected 1 to {MAX_REPORTS:,} reports, got {len(self.history):,}")
        for report in self.history:
            _check(report, self.config.normalization)
        for one, following in pairwise(self.history):
            if following.step <= one.step or following.epoch <= one.epoch or following.seconds < one.seconds:
                raise ValueError(f"history: step {following.step} cannot follow step {one.step}")


def goal_of(config: TrainingConfig, earlier: tuple[Leg, ...]) -> float:
    """Tell the epoch at which a run with these settings, and these before, is finished."""
    return config.epochs + (earlier[-1].until if earlier else 0.0)


def _check(report: Progress, expected: Normalization) -> None:
    at = f"history, step {report.step}"
    if (normalization := report.model.normalization) != expected:
        raise ValueError(f"{at}: expected a model for {expected} digits, got one for {normalization}")
    for name, tensor in report.model.state_dict().items():
        check_finite(f"{at}, {name}", tensor)
    for name, number in zip(CURVES, _numbers(report), strict=True):
        most = 1 if name.endswith("accuracy") else math.inf
        if not 0 <= number <= most or math.isinf(number):
            raise ValueError(f"{at}, {name}: expected a finite number from 0 to {most}, got {number}")


def save_run(path: Path, run: Run) -> None:
    """Write a run as a safetensors file, whole or not at all; OSError where it cannot be written.

    Tensors: weights (reports, 10, 784) and biases (reports, 10), float32. Metadata: format and source and, as
    JSON, config, earlier, curves (for each kind of number the list over the reports) and versions.
    """
    layers = [report.model.linear for report in run.history]
    tensors = {
        "weights": torch.stack([layer.weight.detach() for layer in layers]),
        "biases": torch.stack([layer.bias.detach() for layer in layers]),
    }
    columns = zip(*(_numbers(report) for report in run.history), strict=True)
    text = {
        "format": FORMAT,
        "source": run.source,
        "config": json.dumps(asdict(run.config)),
        "earlier": json.dumps([asdict(leg) for leg in run.earlier]),
        "curves": json.dumps(dict(zip(CURVES, columns, strict=True))),
        "versions": json.dumps({"python": platform.python_version(), "torch": torch.__version__}),
    }
    write_whole(path, pack(tensors, text))


def load_run(path: Path) -> Run:
    """Read a run's file; OSError where there is none, ValueError that says what is wrong with another."""
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise ValueError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}")
        tensors, text = unpack(path.read_bytes(), SHAPES)
        if text.get("format") != FORMAT:
            raise ValueError(f"expected the format {FORMAT}, found {text.get('format')!r:.40}")
        config = _config(json.loads(text["config"]))
        earlier = tuple(
            Leg(_config(leg["config"]), float(leg["until"])) for leg in json.loads(text["earlier"])
        )
        history = _history(text["curves"], tensors["weights"], tensors["biases"], config.normalization)
        return Run(config, history, text["source"], earlier)
    except KeyError as error:
        raise ValueError(f"{path.name} is damaged: it lacks {error!s:.40}") from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path.name} is damaged or not a run: {error!s:.200}") from error


def _config(settings: dict[str, Any]) -> TrainingConfig:
    if strange := set(settings) ^ {field.name for field in fields(TrainingConfig)}:
        raise ValueError(f"config: missing or unknown: {', '.join(sorted(map(str, strange)))}")
    return TrainingConfig(**settings | {"normalization": Normalization(settings["normalization"])})


def _history(
    text: str, weights: Tensor, biases: Tensor, normalization: Normalization
) -> tuple[Progress, ...]:
    curves = json.loads(text)
    rows = zip(*(curves[name] for name in CURVES), strict=True)
    return tuple(
        _report(row, weight, bias, normalization)
        for row, weight, bias in zip(rows, weights, biases, strict=True)
    )


def _numbers(report: Progress) -> tuple[float, ...]:
    """Lay out a report's numbers in the order of CURVES."""
    train, test = report.train, report.test
    return (report.step, report.epoch, report.seconds, train.loss, train.accuracy, test.loss, test.accuracy)


def _report(row: tuple[float, ...], weight: Tensor, bias: Tensor, normalization: Normalization) -> Progress:
    step, *numbers = row
    if type(step) is not int or any(type(number) not in (int, float) for number in numbers):
        raise ValueError(f"curves: expected a whole number of steps and six numbers, found {row}")
    epoch, seconds, train_loss, train_accuracy, test_loss, test_accuracy = numbers
    model = SoftmaxRegressor(normalization)
    model.load_state_dict({"linear.weight": weight, "linear.bias": bias})
    train, test = Metrics(train_loss, train_accuracy), Metrics(test_loss, test_accuracy)
    return Progress(step, epoch, train, test, seconds, model)


def runs_shelf() -> Shelf:
    """The newest 500 runs of this person or server, each under its id."""
    return Shelf(home_folder() / "runs", ".safetensors")


def keep_run(identity: str, run: Run) -> None:
    """Put a run on the shelf, in the place of an earlier one with this id.

    ValueError for what is not an id, OSError where it cannot be written.
    """
    runs_shelf().put(identity, lambda path: save_run(path, run))


def kept_run(identity: str) -> Run:
    """Fetch a run from the shelf; KeyError for an unknown id, ValueError for no id or a damaged file."""
    return load_run(runs_shelf().find(identity))
