"""The command line: the article's program, settings, predictions for image files, and two models compared.

python -m mnist_core train --batch-size 100 --learning-rate 0.01 --epochs 10
python -m mnist_core sweep --learning-rates 0.01 0.1 1 --batch-sizes 10 100
python -m mnist_core predict drawing.png
python -m mnist_core compare a.safetensors b.safetensors
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mnist_core.command_line.commands import compare_files, predict_files, train_and_print
from mnist_core.command_line.sweep_command import add_sweep
from mnist_core.config import TrainingConfig
from mnist_core.preprocessing.preprocess import Preprocessing

FAILED = 2  # the exit code that argparse uses too
INTERRUPTED = 130  # what shells expect after Ctrl-C: 128 + SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for an error, 130 after Ctrl-C."""
    torch.set_num_threads(1)  # the products are small: a second thread costs more than it gains
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
    except (OSError, ValueError) as error:
        print(f"python -m mnist_core: error: {error}", file=sys.stderr)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mnist_core", description="Learn to read handwritten digits.")
    commands = parser.add_subparsers(required=True, metavar="{train,sweep,predict,compare}")
    _add_train(commands.add_parser("train", help="train a model and print its accuracy after each epoch"))
    add_sweep(commands.add_parser("sweep", help="try many settings, and train with the best"))
    _add_predict(commands.add_parser("predict", help="read a digit from each image file"))
    _add_compare(commands.add_parser("compare", help="tell whether one model is really better than another"))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
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
        default=default.preprocessing,
        help="what is done to each digit first; raw is the article's (%(default)s)",
    )
    parser.add_argument(
        "--validation",
        type=int,
        default=default.validation,
        metavar="N",
        help="hold out the last N training digits, to choose settings by (%(default)s)",
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the model to this .safetensors file")
    parser.set_defaults(run=train_and_print)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "images", type=Path, nargs="+", metavar="IMAGE", help="a digit, dark on light or light on dark"
    )
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="written by train --save; without it, one is trained first"
    )
    parser.set_defaults(run=predict_files)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.description = "Compare two models on the same test digits: 95 % intervals, McNemar's exact test."
    for name in ("a", "b"):
        parser.add_argument(name, type=Path, metavar=name.upper(), help="a model, written by train --save")
    parser.set_defaults(run=compare_files)
