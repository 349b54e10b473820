"""The article's program on the command line, and its answers to image files.

python -m mnist_core train --batch-size 100 --learning-rate 0.01 --epochs 10
python -m mnist_core predict drawing.png
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mnist_core.commands import INTERRUPTED, predict_files, train_and_print
from mnist_core.config import TrainingConfig
from mnist_core.normalization import Normalization

WRONG = 2  # the exit code that argparse uses too


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for anything wrong, 130 after Ctrl-C."""
    torch.set_num_threads(1)  # the products are small: a second thread costs more than it brings
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 0
    except (OSError, ValueError) as error:
        print(f"python -m mnist_core: error: {error}", file=sys.stderr)
        return WRONG
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m mnist_core", description="Learn MNIST's digits, and read others."
    )
    commands = parser.add_subparsers(required=True, metavar="{train,predict}")

    learn = commands.add_parser("train", help="learn, and print how well after each epoch")
    usual = TrainingConfig()
    learn.add_argument(
        "--batch-size", type=int, default=usual.batch_size, metavar="N", help="digits a step (%(default)s)"
    )
    learn.add_argument(
        "--learning-rate",
        type=float,
        default=usual.learning_rate,
        metavar="RATE",
        help="what the gradient is multiplied with (%(default)s)",
    )
    learn.add_argument(
        "--epochs", type=int, default=usual.epochs, metavar="N", help="times through all digits (%(default)s)"
    )
    learn.add_argument(
        "--seed", type=int, default=usual.seed, metavar="N", help="decides the digits' order (%(default)s)"
    )
    learn.add_argument(
        "--normalization",
        choices=list(Normalization),
        default=usual.normalization,
        help="how each digit is prepared: raw as in the article (%(default)s)",
    )
    learn.add_argument("--save", type=Path, metavar="FILE", help="write the model to this .safetensors file")
    learn.set_defaults(run=train_and_print)

    read = commands.add_parser("predict", help="read a digit from each image file")
    read.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="dark on light or light on dark")
    read.add_argument(
        "--model", type=Path, metavar="FILE", help="what --save wrote; else a model is trained first"
    )
    read.set_defaults(run=predict_files)
    return parser


if __name__ == "__main__":
    sys.exit(main())
