"""The command line: the article's program, settings, predictions for image files, comparisons, exports.

python -m mnist_core train --batch-size 100 --learning-rate 0.01 --epochs 10
python -m mnist_core sweep --learning-rates 0.01 0.1 1 --batch-sizes 10 100
python -m mnist_core predict drawing.png
python -m mnist_core compare a.safetensors b.safetensors
python -m mnist_core export model.safetensors --html reader.html
"""

import argparse
import os
import sys
from collections.abc import Sequence

import torch

from mnist_core.command_line.commands import add_compare, add_predict, add_train
from mnist_core.command_line.export_command import add_export
from mnist_core.command_line.sweep_command import add_sweep

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
    commands = parser.add_subparsers(required=True, metavar="{train,sweep,predict,compare,export}")
    add_train(commands.add_parser("train", help="train a model and print its accuracy after each epoch"))
    add_sweep(commands.add_parser("sweep", help="try many settings, and train with the best"))
    add_predict(commands.add_parser("predict", help="read a digit from each image file"))
    add_compare(commands.add_parser("compare", help="tell whether one model is really better than another"))
    add_export(commands.add_parser("export", help="write a page that reads digits, a script or a notebook"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
