"""The order of the product's files and what may stand where, checked on a mapping from path to source."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

Sources = Mapping[str, str]  # "mnist_core/model.py" -> its source
Graph = Mapping[str, set[str]]  # what imports -> what it imports

# From the ground up: a file may import what stands in its own layer or below.
CORE_LAYERS = (
    ("mnist_core/storage/*.py",),
    ("mnist_core/data/*.py",),
    ("mnist_core/preprocessing/*.py",),
    ("mnist_core/processes/*.py",),
    ("mnist_core/config.py", "mnist_core/model.py", "mnist_core/model_file.py"),
    ("mnist_core/inference/*.py", "mnist_core/evaluation/*.py"),
    ("mnist_core/training/*.py",),
    ("mnist_core/run_file.py",),
)
LAYERS = (
    *CORE_LAYERS,
    ("mnist_core/sweep/*.py",),
    ("mnist_core/commands.py", "mnist_core/sweep_command.py", "mnist_core/cli.py", "mnist_core/__main__.py"),
    ("mnist_core/__init__.py",),
    tuple(f"dashboard/{part}/*.py" for part in ("text", "figures", "services", "server")),
    ("dashboard/components/*.py",),
    ("dashboard/*.py",),
    ("dashboard/learn/challenges/*.py",),
    tuple(
        f"dashboard/{view}/*.py"
        for view in ("sidebar", "train", "draw", "compare", "inside", "learn", "sharing")
    ),
    ("dashboard/page.py",),
    ("streamlit_app.py",),
)

_PAGE = {"streamlit", "streamlit_drawable_canvas"}
FORBIDDEN_PACKAGES = {  # the start of a path -> packages that no file there imports
    "": {"tests", "benchmarks"},
    "mnist_core/": {*_PAGE, "plotly", "dashboard"},
    "dashboard/figures/": _PAGE,
    "dashboard/services/": _PAGE,
    "dashboard/text/": _PAGE,
}

# Streamlit's names for state -> patterns for the files that may use them. The settings and the tabs are
# widgets that are bound to "query-params": each writes its value into the URL.
STREAMLIT_HOMES = {
    "session_state": ("dashboard/session.py",),
    "query_params": ("dashboard/url.py",),
    "query-params": ("dashboard/sidebar/settings_form.py", "dashboard/page.py"),
    "cache_data": ("*cache*.py",),
    "cache_resource": ("*cache*.py",),
}
FUNCTOOLS_CACHES = {"cache", "lru_cache"}


def _file(module: str, sources: Sources) -> str | None:
    stem = module.replace(".", "/")
    return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in sources), None)


def _modules(source: str) -> Iterator[tuple[str, str]]:
    """Give each module imported anywhere in the file, and the name taken from it ("" if none is)."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, "") for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from (("." * level + (module or ""), alias.name) for alias in names)
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]) if ast.unparse(
                func
            ).rpartition(".")[2] in {"import_module", "__import__"}:
                yield module, ""


def imports(sources: Sources) -> dict[str, set[str]]:
    """For each file: the files it imports, and the names of the packages that are not among the sources."""
    return {
        path: {
            (_file(f"{module}.{name}", sources) if name else None)
            or _file(module, sources)
            or module.partition(".")[0]
            for module, name in _modules(source)
        }
        for path, source in sources.items()
    }


def file_graph(sources: Sources) -> dict[str, set[str]]:
    """Tell which of the files imports which others."""
    return {path: imported & set(sources) for path, imported in imports(sources).items()}


def folder_graph(sources: Sources) -> dict[str, set[str]]:
    """Tell which folder imports which others; a file beside the folders stands for itself."""

    def node(path: str) -> str:
        return path if path.count("/") < 2 else path.rpartition("/")[0]

    graph: dict[str, set[str]] = {node(path): set() for path in sources}
    for path, imported in file_graph(sources).items():
        graph[node(path)] |= {node(other) for other in imported} - {node(path)}
    return graph


def cycles(graph: Graph) -> list[str]:
    """Report an import cycle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["import cycle: " + " <- ".join(error.args[1])]
    return []


def _layer(path: str, layers: tuple[tuple[str, ...], ...]) -> int | None:
    """Find the layer that names the file or, if none does, the one whose pattern it matches."""
    named = (layer for layer, patterns in enumerate(layers) if path in patterns)
    matched = (
        layer
        for layer, patterns in enumerate(layers)
        if any(PurePosixPath(path).match(pattern) for pattern in patterns)
    )
    return next(named, next(matched, None))


def layer_order(sources: Sources, layers: tuple[tuple[str, ...], ...]) -> list[int]:
    """Sort the layers by their imports alone, from the ground up; files in none of them are left out."""
    graph: dict[int, set[int]] = {}
    for path, imported in file_graph(sources).items():
        if (layer := _layer(path, layers)) is not None:
            below = {_layer(other, layers) for other in imported} - {layer, None}
            graph.setdefault(layer, set()).update(other for other in below if other is not None)
    return list(TopologicalSorter(graph).static_order())


def upward_imports(sources: Sources) -> list[str]:
    """Report each file that stands in no layer, and each import of a file in a higher layer."""
    layers = {path: _layer(path, LAYERS) for path in sources}
    unplaced = [f"{path} stands in no layer" for path, layer in layers.items() if layer is None]
    upward = [
        f"{path} imports {other}, which stands above it"
        for path, imported in file_graph(sources).items()
        for other in sorted(imported)
        if (layer := layers[path]) is not None and (above := layers[other]) is not None and above > layer
    ]
    return unplaced + upward


def forbidden_imports(sources: Sources) -> list[str]:
    """Report each import of a package that does not belong in the file's folder, and each relative import."""
    return [
        f"{path} imports {'a relative module' if package == '' else package}"
        for path, imported in imports(sources).items()
        for package in sorted({other.partition("/")[0] for other in imported})
        if package == ""
        or any(
            path.startswith(start) and package in packages for start, packages in FORBIDDEN_PACKAGES.items()
        )
    ]


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name
            case ast.Constant(value=str(name)):  # as in getattr(st, "session_state")
                yield name


def _functools_caches(tree: ast.AST) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    modules = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "functools"
    }
    for node in nodes:
        match node:
            case ast.ImportFrom(module="functools", names=names):
                yield from (alias.name for alias in names)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules:
                yield name


def stray_state(sources: Sources) -> list[str]:
    """Report session state, query parameters and caches outside the files that are named for them."""
    strays = []
    for path, source in sources.items():
        tree = ast.parse(source)
        used = {name for name in _names(tree) if name in STREAMLIT_HOMES}
        strays += [
            f"{path} uses {name}"
            for name in sorted(used)
            if not any(map(PurePosixPath(path).match, STREAMLIT_HOMES[name]))
        ]
        if not PurePosixPath(path).match("*cache*.py"):
            caches = FUNCTOOLS_CACHES & set(_functools_caches(tree))
            strays += [f"{path} uses functools.{name}" for name in sorted(caches)]
    return strays


def long_files(sources: Sources, limit: int = 200) -> list[str]:
    """Report each file of more lines than the limit."""
    lengths = {path: len(source.splitlines()) for path, source in sources.items()}
    return [f"{path} has {length} lines" for path, length in lengths.items() if length > limit]
