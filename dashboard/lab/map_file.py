"""A map of settings as a file: JSON, whose reading is bounded and checked.

The digits that a cell reads correctly are stored as bits, in base64; a loss that is not finite as null.
"""

import base64
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mnist_core import Cell, Grid, Metrics, Preprocessing, SweepResult
from mnist_core.evaluation.mcnemar import Score
from mnist_core.storage.files import write_atomically

MAX_BYTES = 4_000_000  # 400 cells with 5,000 digits are 0.5 MB
MAX_TEXT = 100  # characters of the source
MAX_DIGITS = 1_000_000  # held out; no data set here has as many


@dataclass(frozen=True)
class Winner:
    """The best cell, trained on all training digits.

    Attributes:
        cell: its settings.
        test: how many of the test digits the model reads.
    """

    cell: Cell
    test: Score


@dataclass(frozen=True, eq=False)
class MapResults:
    """What is known of a map.

    Attributes:
        grid: the settings to try.
        source: of the digits.
        results: of the cells that are done, in the order in which they came.
        winner: None before all cells are done, and if all have diverged.
    """

    grid: Grid
    source: str
    results: tuple[SweepResult, ...] = ()
    winner: Winner | None = None


def save_map(path: Path, known: MapResults) -> None:
    """Write a map, completely or not at all; OSError if it cannot be written."""
    write_atomically(path, json.dumps(_as_json(known), allow_nan=False).encode())


def load_map(path: Path) -> MapResults:
    """Read a file, whatever it holds; ValueError if it is not a map, OSError if it cannot be read."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"expected a map of at most {MAX_BYTES:,} bytes")
    try:
        return _from_json(json.loads(content))
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a map of settings ({error!r:.200})") from error


def _as_json(known: MapResults) -> dict[str, Any]:
    grid, winner = known.grid, known.winner
    return {
        "learning_rates": grid.learning_rates,
        "batch_sizes": grid.batch_sizes,
        "preprocessings": grid.preprocessings,
        "epochs": grid.epochs,
        "seed": grid.seed,
        "validation": grid.validation,
        "training_digits": grid.training_digits,
        "wrong_labels": grid.wrong_labels,
        "source": known.source,
        "results": [
            {
                "cell": grid.cells.index(result.cell),
                "curve": [
                    [metrics.loss if math.isfinite(metrics.loss) else None, metrics.accuracy]
                    for _, metrics in result.curve
                ],
                "right": base64.b64encode(np.packbits(result.right.numpy()).tobytes()).decode(),
                "seconds": result.seconds,
            }
            for result in known.results
        ],
        "winner": winner
        and {"cell": grid.cells.index(winner.cell), "right": winner.test.right, "count": winner.test.count},
    }


def _from_json(read: dict[str, Any]) -> MapResults:
    grid = Grid(
        read["learning_rates"],
        read["batch_sizes"],
        tuple(map(Preprocessing, read["preprocessings"])),
        read["epochs"],
        read["seed"],
        read["validation"],
        read["training_digits"],
        read["wrong_labels"],
    )
    if grid.validation > MAX_DIGITS:
        raise ValueError(f"expected at most {MAX_DIGITS:,} digits held out")
    if not isinstance(read["source"], str) or len(read["source"]) > MAX_TEXT:
        raise ValueError("expected a source of digits")
    cells = grid.cells
    results = tuple(_result(one, grid, cells) for one in read["results"])
    if len({result.cell for result in results}) < len(results):
        raise ValueError("expected each cell once")
    winner = None
    if read["winner"] is not None:
        found = read["winner"]
        score = Score(_whole(found["right"]), _whole(found["count"]))
        winner = Winner(cells[_place(found["cell"], cells)], score)
        if len(results) < len(cells):
            raise ValueError("expected all cells before there is a winner")
    return MapResults(grid, read["source"], results, winner)


def _result(read: dict[str, Any], grid: Grid, cells: tuple[Cell, ...]) -> SweepResult:
    curve = [
        (epoch, Metrics(math.nan if loss is None else _number(loss), _number(accuracy)))
        for epoch, (loss, accuracy) in enumerate(read["curve"], start=1)
    ]
    if len(curve) != grid.epochs or not all(metrics.accuracy <= 1 for _, metrics in curve):
        raise ValueError(f"expected the accuracies, 0 to 1, of {grid.epochs} epochs")
    cell = cells[_place(read["cell"], cells)]
    return SweepResult(cell, tuple(curve), _bits(read["right"], grid.validation), _number(read["seconds"]))


def _bits(text: str, count: int) -> Tensor:
    packed = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    if len(packed) != -(-count // 8):
        raise ValueError(f"expected {count:,} bits")
    return torch.from_numpy(np.unpackbits(packed, count=count).astype(bool))


def _place(value: Any, cells: tuple[Cell, ...]) -> int:
    if _whole(value) >= len(cells):
        raise ValueError("expected a cell of the grid")
    return int(value)


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"expected a whole number from 0, got {value!r:.50}")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise ValueError(f"expected a number from 0, got {value!r:.50}")
    return float(value)
