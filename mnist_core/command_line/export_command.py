"""The command export: a model as one HTML page; a run also as a script or a notebook."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mnist_core.export.html_page import page_of
from mnist_core.export.notebook import notebook_of
from mnist_core.export.script import script_of
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import Origin, read_model
from mnist_core.run_file import Run, load_run
from mnist_core.storage.files import write_atomically


def add_export(parser: ArgumentParser) -> None:
    """Add the arguments of the command `export`."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a model, written by train --save, or a run, by --save-run"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one HTML page that reads drawings")
    parser.add_argument("--script", type=Path, metavar="FILE", help="write the run as plain PyTorch")
    parser.add_argument("--notebook", type=Path, metavar="FILE", help="write the run as a Jupyter notebook")
    parser.set_defaults(run=export_file)


def export_file(options: Namespace) -> None:
    """Write what was asked for, all of it or nothing."""
    if not (options.html or options.script or options.notebook):
        raise ValueError("nothing to write: give --html, --script or --notebook with the name of a file")
    exported, origin = _load(options.file)
    contents: dict[Path, str] = {}
    if options.html:
        contents[options.html] = page_of(exported, origin=origin)
    if options.script or options.notebook:
        if not isinstance(exported, Run):
            raise ValueError(f"{options.file} holds a model: a script or a notebook is written of a run")
        if options.script:
            contents[options.script] = script_of(exported)
        if options.notebook:
            contents[options.notebook] = notebook_of(exported)
    for path, content in contents.items():
        write_atomically(path, content.encode())
        print(f"written: {path}")


def _load(path: Path) -> tuple[SoftmaxRegressor | Run, Origin | None]:
    """Read a run or a model, and where the model comes from; ValueError if the file holds neither."""
    try:
        return load_run(path), None
    except ValueError as no_run:
        try:
            return read_model(path.read_bytes())
        except ValueError as no_model:
            raise ValueError(f"expected a run or a model: {no_run}; {no_model}") from None
