"""The command line: the article's program, settings, predictions for image files, comparisons, exports.

digit-lab train --batch-size 100 --learning-rate 0.01 --epochs 10
digit-lab sweep --learning-rates 0.01 0.1 1 --batch-sizes 10 100
digit-lab predict drawing.png
digit-lab compare a.safetensors b.safetensors
digit-lab export model.safetensors --html reader.html
"""

import argparse
import io
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
    _mend_streams()
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
    except (OSError, ValueError) as error:
        print(f"digit-lab: error: {error}", file=sys.stderr)
        return FAILED
    return 0


def _mend_streams() -> None:
    """Print what the terminal cannot show as escapes, and nothing if a stream is closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - until the program ends
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("digit-lab", description="Learn to read handwritten digits.")
    commands = parser.add_subparsers(required=True, metavar="{train,sweep,predict,compare,export}")
    add_train(commands.add_parser("train", help="train a model and print its accuracy after each epoch"))
    add_sweep(commands.add_parser("sweep", help="try many settings, and train with the best"))
    add_predict(commands.add_parser("predict", help="read a digit from each image file"))
    add_compare(commands.add_parser("compare", help="tell whether one model is really better than another"))
    add_export(commands.add_parser("export", help="write a page that reads digits, a script or a notebook"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
