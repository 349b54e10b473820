"""Maps of settings on disk: what is written is read again, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dashboard.lab import map_file
from dashboard.lab.map_file import MAX_BYTES, MapResults, Winner, load_map, save_map
from mnist_core import Metrics, SweepResult
from mnist_core.evaluation.mcnemar import Score
from tests.dashboard.sweeps import GRID

RIGHT = torch.arange(500) % 7 != 0
RESULTS = tuple(
    SweepResult(cell, ((1, Metrics(float("nan") if number == 1 else 0.1 * number, 0.9)),), RIGHT, 0.5)
    for number, cell in enumerate(GRID.cells)
)
KNOWN = MapResults(GRID, "sample", RESULTS, Winner(GRID.cells[2], Score(970, 1000)))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The file of a map."""
    save_map(tmp_path / "map.json", KNOWN)
    return tmp_path / "map.json"


def test_what_is_saved_is_read_again(written: Path) -> None:
    read = load_map(written)
    assert (read.grid, read.source, read.winner) == (GRID, "sample", KNOWN.winner)
    assert [one.cell for one in read.results] == list(GRID.cells)
    for ours, theirs in zip(read.results, RESULTS, strict=True):
        assert torch.equal(ours.right, theirs.right)
        assert repr(ours.curve) == repr(theirs.curve)  # nan is equal there
        assert ours.seconds == theirs.seconds


def _first(change: dict[str, Any]) -> dict[str, Any]:
    """A change of the first result."""
    content = json.loads(json.dumps(map_file._as_json(KNOWN)))
    return {"results": [{**content["results"][0], **change}, *content["results"][1:]]}


HOSTILE: dict[str, dict[str, Any]] = {
    "an unknown input": {"preprocessings": ["../raw"]},
    "no rates": {"learning_rates": []},
    "a negative rate": {"learning_rates": [-1.0, 0.2, 0.5]},
    "a rate that is text": {"learning_rates": ["0.1", 0.2, 0.5]},
    "too many cells": {"batch_sizes": list(range(1, 2000))},
    "more digits than anybody has": {"validation": 2**30},
    "epochs without end": {"epochs": 2**30},
    "a long source": {"source": "x" * 1_000},
    "a source that is not text": {"source": {}},
    "results that are no list": {"results": 3},
    "a result that is no object": {"results": [1]},
    "a cell outside the grid": _first({"cell": 6}),
    "a negative cell": _first({"cell": -1}),
    "a cell twice": _first({"cell": 1}),
    "a cell that is a truth value": _first({"cell": True}),
    "an accuracy above one": _first({"curve": [[0.1, 1.5]]}),
    "a curve without points": _first({"curve": []}),
    "a point of one number": _first({"curve": [[0.1]]}),
    "too few bits": _first({"right": "AAAA"}),
    "bits that are not base64": _first({"right": "?" * 84}),
    "negative seconds": _first({"seconds": -1}),
    "seconds that are text": _first({"seconds": "long"}),
    "a winner outside the grid": {"winner": {"cell": 99, "right": 1, "count": 2}},
    "a winner with more right than there are": {"winner": {"cell": 0, "right": 3, "count": 2}},
    "a winner before all is done": {"results": []},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_was_changed_is_refused(change: dict[str, Any], written: Path) -> None:
    written.write_text(json.dumps({**json.loads(written.read_text()), **change}))
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        load_map(written)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"{}", b"null", b'{"learning_rates": NaN}', b"9" * 5_000],
    ids=["empty", "binary", "deep", "list", "object", "null", "nan", "number"],
)
def test_what_is_not_a_map_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        load_map(path)


def test_no_more_is_read_than_a_map_can_have(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="at most 4,000,000 bytes"):
        load_map(path)
