"""The product's order: who imports whom, where state is kept, and which names are public."""

from types import ModuleType

import pytest

import mnist_core
from tests.support.architecture import (
    CORE_LAYERS,
    Sources,
    cycles,
    file_graph,
    folder_graph,
    forbidden_imports,
    imports,
    layer_order,
    long_files,
    stray_state,
    upward_imports,
)
from tests.support.paths import ROOT


def _read(*suffixes: str) -> dict[str, str]:
    files = [ROOT / "streamlit_app.py"]
    for folder in ("mnist_core", "dashboard"):
        files += sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


PRODUCT = _read(".py")
CORE = {path: source for path, source in PRODUCT.items() if path.startswith("mnist_core/")}

LAYOUT = {
    "": "__init__ __main__ cli commands sweep_command config model model_file run_file",
    "storage/": "files file_store safetensors_file drawings_zip",
    "data/": "dataset download idx torchvision_shim",
    "preprocessing/": "canvas normalization direction_maps cache",
    "inference/": "predict attribution novelty verdict",
    "evaluation/": "metrics predictions confusion calibration comparison",
    "processes/": "pool child mapped_split",
    "training/": "sgd loop processes worker",
    "sweep/": "grid stacked_sgd search shared_digits",
}


def test_the_sources_and_their_imports_are_found() -> None:
    assert {path.partition("/")[0] for path in PRODUCT} == {"mnist_core", "dashboard", "streamlit_app.py"}
    assert "mnist_core/data/dataset.py" in imports(PRODUCT)["mnist_core/model.py"]
    assert "torch" in imports(PRODUCT)["mnist_core/model.py"]
    assert "dashboard/session.py" in imports(PRODUCT)["dashboard/page.py"]


def test_no_file_imports_upward() -> None:
    assert upward_imports(PRODUCT) == []


def test_no_files_import_one_another() -> None:
    assert cycles(file_graph(PRODUCT)) == []


def test_no_folders_import_one_another() -> None:
    assert cycles(folder_graph(PRODUCT)) == []


def test_the_imports_of_the_core_put_its_layers_in_the_written_order() -> None:
    assert layer_order(CORE, CORE_LAYERS) == list(range(len(CORE_LAYERS)))


def test_streamlit_and_plotly_stay_where_they_belong() -> None:
    assert forbidden_imports(PRODUCT) == []


def test_state_caches_and_query_parameters_stay_in_the_files_named_for_them() -> None:
    assert stray_state(PRODUCT) == []


def test_no_file_of_the_product_is_longer_than_200_lines() -> None:
    assert long_files(_read(".py", ".js", ".css")) == []


@pytest.mark.parametrize("folder", LAYOUT)
def test_each_file_of_the_layout_is_there(folder: str) -> None:
    for name in LAYOUT[folder].split():
        assert f"mnist_core/{folder}{name}.py" in CORE


def test_every_name_the_core_imports_is_public_and_no_other() -> None:
    names = {
        name
        for name, value in vars(mnist_core).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(mnist_core.__all__) == names
    assert mnist_core.__all__ == sorted(mnist_core.__all__)


# The same checks on sources made up to break each rule.


def test_an_upward_import_is_reported() -> None:
    sources = {
        "mnist_core/data/idx.py": "def read() -> None:\n    from mnist_core.training.loop import train",
        "mnist_core/training/loop.py": "import mnist_core.data.idx",
    }
    assert upward_imports(sources) == [
        "mnist_core/data/idx.py imports mnist_core/training/loop.py, which stands above it"
    ]


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("mnist_core/storage/files.py", "mnist_core/data/idx.py"),
        ("mnist_core/preprocessing/cache.py", "mnist_core/model.py"),
        ("mnist_core/model.py", "mnist_core/inference/predict.py"),
        ("mnist_core/evaluation/metrics.py", "mnist_core/training/sgd.py"),
        ("mnist_core/training/loop.py", "mnist_core/run_file.py"),
        ("mnist_core/run_file.py", "mnist_core/sweep/grid.py"),
        ("mnist_core/cli.py", "mnist_core/__init__.py"),
        ("mnist_core/__init__.py", "dashboard/text/numbers.py"),
        ("dashboard/figures/curves.py", "dashboard/components/chart.py"),
        ("dashboard/components/chart.py", "dashboard/session.py"),
        ("dashboard/session.py", "dashboard/inside/tab.py"),
        ("dashboard/learn/tab.py", "dashboard/page.py"),
        ("dashboard/page.py", "streamlit_app.py"),
    ],
)
def test_each_layer_may_import_the_one_below_and_not_the_other_way(below: str, above: str) -> None:
    def importing(path: str) -> str:
        return "import " + path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")

    assert upward_imports({above: importing(below), below: ""}) == []
    assert upward_imports({below: importing(above), above: ""}) == [
        f"{below} imports {above}, which stands above it"
    ]


def test_a_file_outside_all_layers_is_reported() -> None:
    assert upward_imports({"mnist_core/misc/helpers.py": ""}) == [
        "mnist_core/misc/helpers.py stands in no layer"
    ]


def test_a_cycle_of_files_is_reported() -> None:
    sources = {
        "mnist_core/data/a.py": "from mnist_core.data import b",
        "mnist_core/data/b.py": "from mnist_core.data.c import x",
        "mnist_core/data/c.py": "import mnist_core.data.a",
    }
    (cycle,) = cycles(file_graph(sources))
    assert all(path in cycle for path in sources)


def test_a_cycle_of_folders_is_reported_even_if_no_files_form_one() -> None:
    sources = {
        "mnist_core/inference/a.py": "import mnist_core.evaluation.b",
        "mnist_core/evaluation/b.py": "",
        "mnist_core/evaluation/c.py": "import mnist_core.inference.d",
        "mnist_core/inference/d.py": "",
    }
    assert cycles(file_graph(sources)) == []
    (cycle,) = cycles(folder_graph(sources))
    assert "mnist_core/inference" in cycle
    assert "mnist_core/evaluation" in cycle


def test_layers_are_sorted_by_their_imports_whatever_order_is_written() -> None:
    sources = {"a/x.py": "import b.y", "b/y.py": "import c.z", "c/z.py": ""}
    assert layer_order(sources, (("a/*.py",), ("b/*.py",), ("c/*.py",))) == [2, 1, 0]


@pytest.mark.parametrize(
    ("path", "source", "package"),
    [
        ("mnist_core/model.py", "import streamlit as st", "streamlit"),
        ("mnist_core/evaluation/confusion.py", "import plotly.graph_objects as go", "plotly"),
        ("mnist_core/evaluation/confusion.py", "def draw():\n    from plotly import graph_objects", "plotly"),
        ("mnist_core/data/idx.py", "import streamlit_drawable_canvas as canvas", "streamlit_drawable_canvas"),
        ("mnist_core/cli.py", "import importlib\nimportlib.import_module('streamlit.web')", "streamlit"),
        ("mnist_core/cli.py", "import dashboard.session", "dashboard"),
        ("dashboard/figures/curves.py", "import streamlit as st", "streamlit"),
        ("dashboard/services/people.py", "from streamlit.runtime import get_instance", "streamlit"),
        ("dashboard/text/numbers.py", "if True:\n    import streamlit", "streamlit"),
        ("dashboard/session.py", "from tests.support import paths", "tests"),
        ("mnist_core/data/dataset.py", "from . import idx", "a relative module"),
    ],
)
def test_a_package_where_it_does_not_belong_is_reported(path: str, source: str, package: str) -> None:
    assert forbidden_imports({path: source}) == [f"{path} imports {package}"]


def test_packages_where_they_belong_are_not_reported() -> None:
    sources: Sources = {
        "dashboard/figures/curves.py": "import plotly.graph_objects as go",
        "dashboard/components/board.py": "from streamlit_drawable_canvas import st_canvas",
        "dashboard/session.py": "import streamlit as st",
    }
    assert forbidden_imports(sources) == []


@pytest.mark.parametrize(
    ("path", "source", "name"),
    [
        ("dashboard/inside/tab.py", "import streamlit as st\nst.session_state['digit'] = 3", "session_state"),
        ("dashboard/url.py", "from streamlit import session_state as state", "session_state"),
        ("dashboard/draw/tab.py", "getattr(st, 'session_state')", "session_state"),
        ("dashboard/sharing/popover.py", "st.query_params['run'] = 'x'", "query_params"),
        ("dashboard/session.py", "from streamlit import query_params", "query_params"),
        ("dashboard/draw/tab.py", "st.slider('Pen', bind='query-params')", "query-params"),
        ("dashboard/inside/tab.py", "@st.cache_data\ndef f(): ...", "cache_data"),
        ("streamlit_app.py", "@st.cache_resource(ttl=3)\ndef f(): ...", "cache_resource"),
        ("dashboard/inside/tab.py", "from functools import lru_cache", "functools.lru_cache"),
        ("dashboard/text/latex.py", "from functools import cache as once", "functools.cache"),
        ("mnist_core/model.py", "import functools\n@functools.cache\ndef f(): ...", "functools.cache"),
        ("mnist_core/cli.py", "import functools as ft\nf = ft.lru_cache(8)(g)", "functools.lru_cache"),
    ],
)
def test_stray_state_is_reported(path: str, source: str, name: str) -> None:
    assert stray_state({path: source}) == [f"{path} uses {name}"]


def test_state_in_its_own_file_and_names_that_only_look_alike_are_not_reported() -> None:
    sources: Sources = {
        "dashboard/session.py": "st.session_state.clear()",
        "dashboard/url.py": "st.query_params.clear()",
        "dashboard/sidebar/settings_form.py": "st.slider('Epochs', bind='query-params')",
        "dashboard/services/prediction_cache.py": "from functools import lru_cache",
        "mnist_core/preprocessing/cache.py": "import functools\nf = functools.cache(g)",
        "mnist_core/data/download.py": "from functools import partial\nself.cache = cache",
    }
    assert stray_state(sources) == []


def test_a_file_of_201_lines_is_reported() -> None:
    assert long_files({"a.py": "x\n" * 200, "b.js": "x\n" * 201}) == ["b.js has 201 lines"]
