"""Maps of settings on disk: what is written is read again, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dashboard.lab import map_file
from dashboard.lab.map_file import (
    MAX_BYTES,
    StoredSweep,
    Winner,
    read_sweep,
    store_sweep,
    stored_sweep,
)
from mnist_core import Metrics, Score, SweepResult
from mnist_core.storage.file_store import new_id
from tests.dashboard.sweeps import GRID

RIGHT = torch.arange(500) % 7 != 0
RESULTS = tuple(
    SweepResult(cell, ((1, Metrics(float("nan") if number == 1 else 0.1 * number, 0.9)),), RIGHT, 0.5)
    for number, cell in enumerate(GRID.cells)
)
KNOWN = StoredSweep(GRID, "sample", RESULTS, Winner(GRID.cells[2], Score(970, 1000)))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def written(home: Path) -> tuple[str, Path]:
    """The id and the file of a map that is there."""
    sweep_id = new_id()
    store_sweep(sweep_id, KNOWN)
    return sweep_id, home / "sweeps" / f"{sweep_id}.json"


def test_what_is_stored_is_read_again(written: tuple[str, Path]) -> None:
    read = stored_sweep(written[0])
    assert (read.grid, read.source, read.winner) == (GRID, "sample", KNOWN.winner)
    assert [one.cell for one in read.results] == list(GRID.cells)
    for ours, theirs in zip(read.results, RESULTS, strict=True):
        assert torch.equal(ours.right, theirs.right)
        assert repr(ours.curve) == repr(theirs.curve)  # nan is equal there
        assert ours.seconds == theirs.seconds


def test_only_the_account_of_the_server_can_read_a_map(written: tuple[str, Path]) -> None:
    assert written[1].stat().st_mode & 0o077 == 0


def test_an_unknown_id_and_what_is_no_id_are_told_apart() -> None:
    with pytest.raises(KeyError):
        stored_sweep(new_id())
    with pytest.raises(ValueError, match="expected an id"):
        stored_sweep("../../etc/passwd")


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
def test_a_file_that_was_changed_is_refused_and_put_aside(
    change: dict[str, Any], written: tuple[str, Path]
) -> None:
    sweep_id, path = written
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        stored_sweep(sweep_id)
    assert not path.exists()
    assert path.with_suffix(".damaged").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"{}", b"null", b'{"learning_rates": NaN}', b"9" * 5_000],
    ids=["empty", "binary", "deep", "list", "object", "null", "nan", "number"],
)
def test_what_is_not_a_map_is_refused(content: bytes, home: Path) -> None:
    path = home / "map.json"
    path.write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        read_sweep(path)


def test_no_more_is_read_than_a_map_can_have(home: Path) -> None:
    path = home / "map.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="at most 4,000,000 bytes"):
        read_sweep(path)
