"""The commands train, predict and compare: results go to the standard output, messages to stderr."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, load_digits
from mnist_core.evaluation.mcnemar import Score, compare, describe_comparison
from mnist_core.evaluation.predictions import predict_test
from mnist_core.inference.novelty import fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import MAX_BYTES, Origin, read_model, save_model
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.preprocessing.photo import FoundDigit, find_digit
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.run_file import MAX_REPORTS, Run, save_run
from mnist_core.storage.image_file import SIZE, read_image, read_image_file
from mnist_core.training.digits import count_to_learn
from mnist_core.training.loop import train
from mnist_core.training.report import Progress, curve_row, curve_units

# To read drawings: of raw pixels it would misread one in five.
BEST_READER = TrainingConfig(learning_rate=0.5, preprocessing=Preprocessing.DIRECTIONS, reports_per_epoch=1)


def add_train(parser: ArgumentParser) -> None:
    """Add the arguments of the command `train`."""
    default = TrainingConfig()
    parser.add_argument(
        "--batch-size",
        type=int,
        default=default.batch_size,
        metavar="N",
        help="digits per step (%(default)s)",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=default.learning_rate,
        metavar="RATE",
        help="what the gradient is multiplied by (%(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        default=default.epochs,
        metavar="N",
        help="times through all digits (%(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=default.seed,
        metavar="N",
        help="for the order of the digits (%(default)s)",
    )
    parser.add_argument(
        "--preprocessing",
        choices=[how.value for how in Preprocessing],
        help="what is done to each digit first (raw, or what the model to continue was trained with)",
    )
    parser.add_argument(
        "--validation",
        type=int,
        default=default.validation,
        metavar="N",
        help="hold out the last N training digits, to choose settings by (%(default)s)",
    )
    parser.add_argument(
        "--training-digits",
        type=int,
        default=default.training_digits,
        metavar="N",
        help="learn only so many digits, chosen at random by the seed (all)",
    )
    parser.add_argument(
        "--wrong-labels",
        type=float,
        default=default.wrong_labels,
        metavar="SHARE",
        help="learn this share of the digits as another digit, 0 to 1 (%(default)s)",
    )
    parser.add_argument(
        "--continue",
        dest="start",
        type=Path,
        metavar="MODEL",
        help="begin with the weights of this model, written by --save",
    )
    parser.add_argument("--csv", action="store_true", help="print comma-separated values, with all decimals")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the model to this .safetensors file")
    parser.add_argument(
        "--save-run",
        type=Path,
        metavar="FILE",
        help="write the run, with the model at each epoch, for export",
    )
    parser.set_defaults(run=train_and_print)


def train_and_print(options: Namespace) -> None:
    """Print loss and accuracy after each epoch; save the model and the run, also after Ctrl-C."""
    start, before = _read_model(options.start) if options.start else (None, None)
    config = TrainingConfig(
        options.batch_size,
        options.learning_rate,
        options.epochs,
        options.seed,
        options.preprocessing or (start.preprocessing if start else Preprocessing.RAW),
        reports_per_epoch=1,
        validation=options.validation,
        training_digits=options.training_digits,
        wrong_labels=options.wrong_labels,
    )
    for name, path in (("--save", options.save), ("--save-run", options.save_run)):
        if path and not path.parent.is_dir():  # better now than after the training
            raise ValueError(f"{name} {path}: there is no folder {path.parent}")
        if path and path.exists() and not path.is_file():
            raise ValueError(f"{name} {path}: this is not a file that can be replaced")
    if options.save_run and config.epochs > MAX_REPORTS:
        raise ValueError(f"--save-run: a file of a run has room for {MAX_REPORTS:,} epochs")
    report: Progress | None = None
    history: list[Progress] = []
    try:
        digits = load_digits_with_bars(config.preprocessing, config=config)
        for report in _train(config, digits, start):
            history += [report] if options.save_run else []
            if options.csv:
                _print_row(report, header=report.epoch == 1)
                continue
            accuracy = f"test accuracy {100 * report.test.accuracy:.2f} %"
            if config.training_digits or config.wrong_labels:  # else the two are almost the same
                accuracy = f"training accuracy {100 * report.train.accuracy:.2f} %, {accuracy}"
            if report.validation:
                accuracy = f"validation accuracy {100 * report.validation.accuracy:.2f} %, {accuracy}"
            print(f"epoch {report.epoch:.0f}: loss {report.train.loss:.4f}, {accuracy}", flush=True)
    finally:
        if options.save and report:
            step, epoch = (before.step, before.epoch) if before else (0, 0.0)
            shown = report.test.accuracy
            origin = Origin(config, digits.source, step + report.step, epoch + report.epoch, shown)
            save_model(options.save, report.model, origin)
            print(f"The model was saved to {options.save}.", file=sys.stderr)
        if history:
            save_run(options.save_run, Run(config, tuple(history), digits.source))
            print(f"The run was saved to {options.save_run}.", file=sys.stderr)


def _print_row(report: Progress, *, header: bool) -> None:
    if header:
        print(",".join(curve_units(report)))
    print(",".join(map(str, curve_row(report))), flush=True)


def add_predict(parser: ArgumentParser) -> None:
    """Add the arguments of the command `predict`."""
    parser.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="IMAGE",
        help="a digit, dark on light or light on dark; - reads the standard input",
    )
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="written by train --save; without it, one is trained first"
    )
    parser.set_defaults(run=predict_files)


STANDARD_INPUT = Path("-")


def _read_piped() -> NDArray[np.uint8]:
    try:
        return read_image(sys.stdin.buffer.read(SIZE + 1))
    except ValueError as error:
        raise ValueError(f"what was piped in cannot be read as an image: {error}") from error


def predict_files(options: Namespace) -> None:
    """Print what each image file shows: a digit, two that are close, or why it is not a digit.

    A file that cannot be read does not silence the others: the ValueError for it comes last.
    """
    found, errors = {}, []
    for path in options.images:
        try:
            found[path] = find_digit(_read_piped() if path == STANDARD_INPUT else read_image_file(path))
        except ValueError as error:
            errors.append(str(error))
    if not found:
        raise ValueError("; ".join(errors))
    model = _load_model(options.model) if options.model else _trained_model()
    detector = fit_novelty_detector(load_digits(download=False).train)
    for path, digit in found.items():
        print(f"{path}: {_describe_verdict(judge(model, prepare_drawing(digit.ink), detector), digit)}")
    if errors:
        raise ValueError("; ".join(errors))


def add_compare(parser: ArgumentParser) -> None:
    """Add the arguments of the command `compare`."""
    parser.description = "Compare two models on the same test digits: 95 % intervals, McNemar's exact test."
    for name in ("a", "b"):
        parser.add_argument(name, type=Path, metavar=name.upper(), help="a model, written by train --save")
    parser.set_defaults(run=compare_files)


def compare_files(options: Namespace) -> None:
    """Print the test accuracy of two models, and whether one is really better."""
    a, b = _load_model(options.a), _load_model(options.b)
    digits = load_digits_with_bars(a.preprocessing, b.preprocessing)
    comparison = compare(predict_test(a, digits), predict_test(b, digits))
    for name, path, score in (("A", options.a, comparison.a), ("B", options.b, comparison.b)):
        print(f"{name}, {path}: {describe_score(score)}")
    print(describe_comparison(comparison))


def describe_score(score: Score) -> str:
    """Write a test accuracy with its interval."""
    low, high = (f"{100 * end:.2f}" for end in score.interval)
    return f"test accuracy {100 * score.accuracy:.2f} %, 95 % interval {low} to {high} %"


NO_DIGIT = {
    Kind.BLANK: "no digit was found",
    Kind.DOT: "a dot, too little to read",
    Kind.SCRIBBLE: "a scribble or a picture: there is more ink than in any digit",
    Kind.DIVERGED: "the model reads nothing: its learning rate was so high that it overflowed",
    Kind.UNTRAINED: "the model knows nothing yet: all ten digits are equally likely",
    Kind.SEVERAL: "it looks like several digits",
}


def _describe_verdict(verdict: Verdict, found: FoundDigit) -> str:
    if verdict.kind not in (Kind.CLEAR, Kind.CLOSE, Kind.UNTRAINED, Kind.DIVERGED) and found.cut:
        return "the digit touches the edge of the picture: leave a margin all around it"
    if verdict.kind is Kind.UNLIKE:
        share = f"{100 * verdict.probabilities[verdict.digit]:.1f} %"
        return f"unlike any digit; if forced to choose: {verdict.digit} ({share})"
    if verdict.kind in NO_DIGIT:
        return NO_DIGIT[verdict.kind]
    digits = [verdict.digit, verdict.runner_up] if verdict.kind is Kind.CLOSE else [verdict.digit]
    shares = [f"{100 * verdict.probabilities[digit]:.1f} %" for digit in digits]
    said = f"{' or '.join(map(str, digits))} ({' or '.join(shares)})"
    return said if found.scene is None else f"{said}, the largest of several digits"


def _load_model(path: Path) -> SoftmaxRegressor:
    return _read_model(path)[0]


def _read_model(path: Path) -> tuple[SoftmaxRegressor, Origin | None]:
    try:
        with path.open("rb") as file:
            return read_model(file.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a model: {error}") from error


def _trained_model() -> SoftmaxRegressor:
    print("Training a model first, as there is no --model. This takes a second.", file=sys.stderr)
    *_, last = _train(BEST_READER, load_digits_with_bars(BEST_READER.preprocessing))
    return last.model


def _train(
    config: TrainingConfig, digits: Digits, start: SoftmaxRegressor | None = None
) -> Iterator[Progress]:
    """Train with one report per epoch; on a terminal, show a progress bar below what is printed."""
    with tqdm(total=config.epochs, unit="epoch", leave=False, disable=None) as bar:
        for report in train(config, digits, start=start):
            bar.update()
            with bar.external_write_mode():
                yield report


def load_digits_with_bars(
    *ways: Preprocessing,
    config: TrainingConfig | None = None,
    refused_for: Iterable[TrainingConfig] = (),
) -> Digits:
    """Load the digits, preprocess them in each of these ways, and print which of them a run learns.

    ValueError before anything is printed if there are too few for `config` or one of `refused_for`.
    """
    with _bar("downloading MNIST") as show:
        digits = load_digits(progress=lambda done, size: show(done / size))
    for wanted in refused_for:
        count_to_learn(wanted, len(digits.train))
    for how in ways:
        with _bar("preprocessing") as show:
            preprocessed_digits(digits, how, progress=show)
    name = "MNIST" if digits.source == "mnist" else "a sample of MNIST"
    config = config or TrainingConfig()
    learned = count_to_learn(config, len(digits.train))
    counts = f"{learned:,} to train with, {len(digits.test):,} to test with"
    if config.validation:
        counts = f"{counts}, {config.validation:,} held out for validation"
    if config.wrong_labels:
        counts = f"{counts}; {round(config.wrong_labels * learned):,} have a wrong label"
    print(f"Digits: {name}, {counts}. {digits.note}".rstrip(), file=sys.stderr)
    return digits


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal; the function it yields takes the fraction done, 0 to 1."""
    look = "{desc} {percentage:3.0f} % |{bar}|"
    with tqdm(desc=what, total=1.0, bar_format=look, delay=0.1, leave=False, disable=None) as bar:

        def show(done: float) -> None:
            bar.update(done - bar.n)

        yield show
