"""The house's order: who may import whom, and which names are public."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mnist_core

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "mnist_core").rglob("*.py"))
FIGURES = sorted((ROOT / "dashboard").glob("figures*.py"))
PAGE = [ROOT / "streamlit_app.py", *sorted((ROOT / "dashboard").rglob("*.py"))]


def _imported(path: Path) -> Iterator[str]:
    """Name the packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield str(node.module).partition(".")[0]


def _attributes(path: Path) -> set[str]:
    return {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_nothing_of_the_page(path: Path) -> None:
    above = {"streamlit", "plotly", "streamlit_drawable_canvas", "dashboard", "benchmarks", "tests"}
    assert not above & set(_imported(path))


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.name)
def test_figures_are_drawn_without_streamlit(path: Path) -> None:
    assert "streamlit" not in set(_imported(path))


@pytest.mark.parametrize("path", PAGE, ids=lambda path: path.name)
def test_only_the_session_holds_state(path: Path) -> None:
    if path.name != "session.py":
        assert not {"session_state", "cache_data", "cache_resource"} & _attributes(path)


def test_there_are_files_to_look_at() -> None:
    assert CORE
    assert FIGURES
    assert PAGE


def test_every_name_the_core_imports_is_public_and_no_other() -> None:
    names = {
        name
        for name, value in vars(mnist_core).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(mnist_core.__all__) == names
    assert mnist_core.__all__ == sorted(mnist_core.__all__)
