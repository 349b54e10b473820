"""What the commands do: results go to the standard output, all that is said about them to stderr."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm  # type: ignore[import-untyped]

from mnist_core.canvas import prepare
from mnist_core.config import TrainingConfig
from mnist_core.data import Digits, load_digits
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import load_model, save_model
from mnist_core.normalization import Normalization
from mnist_core.normalized import normalized_digits
from mnist_core.training import Progress, train
from mnist_core.verdict import Kind, Verdict, judge

INTERRUPTED = 130  # what shells expect after Ctrl-C: 128 + SIGINT

# How a model is trained to read drawings at once: the article's learning rate would need more epochs.
QUICK = TrainingConfig(learning_rate=0.5, reports_per_epoch=1)

NO_IMAGE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow may raise


def train_and_print(options: Namespace) -> int:
    """Print loss and test accuracy epoch by epoch; save the model, also one that Ctrl-C left unfinished."""
    config = TrainingConfig(
        options.batch_size,
        options.learning_rate,
        options.epochs,
        options.seed,
        options.normalization,
        reports_per_epoch=1,
    )
    if options.save and not options.save.parent.is_dir():  # said before the work, not after it
        raise ValueError(f"--save {options.save}: there is no folder {options.save.parent}")
    code, report = 0, None
    try:
        for report in _learn(config):
            accuracy = f"test accuracy {100 * report.test.accuracy:.2f} %"
            print(f"epoch {report.epoch:.0f}: loss {report.train.loss:.4f}, {accuracy}", flush=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if options.save and report:
        save_model(options.save, report.model)
        print(f"The model is in {options.save}.", file=sys.stderr)
    return code


def predict_files(options: Namespace) -> int:
    """Print what each image file shows: a digit, two that are close, or why none."""
    drawings = [prepare(_pixels(path)) for path in options.images]
    model = _loaded(options.model) if options.model else _trained()
    for path, drawing in zip(options.images, drawings, strict=True):
        print(f"{path}: {_said(judge(model, drawing))}")
    return 0


def _said(verdict: Verdict) -> str:
    if verdict.kind not in (Kind.CLEAR, Kind.CLOSE):
        return verdict.kind
    digits = [verdict.answer, verdict.runner_up] if verdict.kind is Kind.CLOSE else [verdict.answer]
    shares = [f"{100 * verdict.probabilities[digit]:.1f} %" for digit in digits]
    return f"{' or '.join(map(str, digits))} ({' or '.join(shares)})"


def _pixels(path: Path) -> NDArray[np.uint8]:
    """Read an image file as a photo viewer shows it: (H, W, 4) uint8."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))
    except NO_IMAGE as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from error


def _loaded(path: Path) -> SoftmaxRegressor:
    try:
        return load_model(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a model: {error}") from error


def _trained() -> SoftmaxRegressor:
    print("No --model was given, so one is trained first; that takes a second.", file=sys.stderr)
    *_, last = _learn(QUICK)
    return last.model


def _learn(config: TrainingConfig) -> Iterator[Progress]:
    """Learn, one report an epoch; on a terminal with a bar that makes way for what is printed meanwhile."""
    digits = _digits(config.normalization)
    with tqdm(total=config.epochs, unit="epoch", leave=False, disable=None) as bar:
        for report in train(config, digits):
            bar.update()
            with bar.external_write_mode():
                yield report


def _digits(how: Normalization) -> Digits:
    """Load the digits, prepare them and say which they are."""
    with _bar("downloading MNIST") as show:
        digits = load_digits(progress=lambda done, size: show(done / size))
    with _bar("normalizing") as show:
        normalized_digits(digits, how, progress=show)
    name = "MNIST" if digits.source == "mnist" else "a sample of MNIST"
    counts = f"{len(digits.train):,} to learn from, {len(digits.test):,} to test with"
    print(f"Digits: {name}, {counts}. {digits.note}".rstrip(), file=sys.stderr)
    return digits


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    """Show on a terminal how far something is, from 0 to 1, once it says so."""
    look = "{desc} {percentage:3.0f} % |{bar}|"
    with tqdm(desc=what, total=1.0, bar_format=look, delay=0.1, leave=False, disable=None) as bar:

        def show(done: float) -> None:
            bar.update(done - bar.n)

        yield show
