"""A run as a thing that lasts: its settings and every report, in one file."""

import json
import math
import platform
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path

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


@dataclass(frozen=True, eq=False)
class Run:
    """A finished or stopped run: its settings, 1 to 10,000 reports, and the source of its digits.

    ValueError for an unknown source, for reports out of order, and for one whose numbers are not finite or
    whose model has another normalization than the settings.
    """

    config: TrainingConfig
    history: tuple[Progress, ...]
    source: str

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
    JSON, config, curves (for each kind of number the list over the reports) and versions.
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
        config = _config(text["config"])
        history = _history(text["curves"], tensors["weights"], tensors["biases"], config.normalization)
        return Run(config, history, text["source"])
    except KeyError as error:
        raise ValueError(f"{path.name} is damaged: it lacks {error!s:.40}") from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path.name} is damaged or not a run: {error!s:.200}") from error


def _config(text: str) -> TrainingConfig:
    settings = json.loads(text)
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
