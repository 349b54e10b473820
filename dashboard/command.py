"""The command `digit-lab`: the page, or one of the commands of mnist_core.

Nothing is imported before it is needed. While PyTorch is being imported, Ctrl-C ends the program in silence.
"""

import importlib.util
import signal
import sys
from importlib.metadata import version
from pathlib import Path

HELP = """\
usage: digit-lab [flags of `streamlit run`]
       digit-lab {train,predict,compare,sweep,export} ...

Without a command, the page opens in the browser. Flags such as --server.port 8502 are passed on to Streamlit.
With one, `digit-lab train --help` says what it does.

  --version   print the version
  --help      print this
"""
HERE = Path(__file__).parent
# In the wheel both lie in a folder of their own; in a checkout they are at the top, where people expect them.
START = HERE / "start" if (HERE / "start").is_dir() else HERE.parent
NEEDED = ("streamlit", "streamlit_drawable_canvas", "plotly", "segno")


def main() -> int:
    """Do what the arguments say, and return the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    if arguments == ["--version"]:
        print(f"digit-lab {version('digit-lab')}")
        return 0
    if arguments and not arguments[0].startswith("-"):
        return _command(arguments)
    return _page(arguments)


def _command(arguments: list[str]) -> int:
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mnist_core.__main__ import main as command

    signal.signal(signal.SIGINT, handler)
    return command(arguments)


def _page(flags: list[str]) -> int:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        needs = f"digit-lab: the page needs {', '.join(missing)}."
        print(f'{needs} In the folder of Digit Lab: pip install ".[app]"', file=sys.stderr)
        return 2
    from streamlit.web import cli

    # Streamlit reads its configuration from the folder of the file that it runs.
    cli.main(["run", str(START / "streamlit_app.py"), *flags], prog_name="digit-lab")
    return 0  # is not reached: Streamlit ends the program


if __name__ == "__main__":
    sys.exit(main())
