"""A table of runs to choose from: which to compare, which is the baseline, and what each is called."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.ui.component import component, mount

# st.dataframe is drawn on a canvas: on a phone it scrolls sideways, it cannot draw an interval, and a row
# cannot be chosen and renamed in the same table.
_renderer = component("run_table", "run_table_row")
_ROW, _HEAD = 44, 32  # px; the table grows to what it needs once it is there
_MOST = 340  # px; .run-table in run_table.css: what is longer scrolls


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what it says.
        small: what it says below that, smaller.
        interval: a line to draw, (low, middle, high), each a share of the width, 0 to 1; an arrow if the
            middle is below 0.
        setting: whether it is about a setting, which comes after the results where there is little room.
    """

    text: str
    small: str = ""
    interval: tuple[float, float, float] | None = None
    setting: bool = False


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes:
        key: the same as long as it is the same row.
        id: what a choice of the row is told as.
        name: of the run, as it is shown.
        note: a few words below the name.
        cells: one for each column.
        letter: what the run is called in the comparison; empty if it is not in it.
        colour: of its curve, 0 to 9: the place among the theme's categorical colours.
        parent: the key of the row that this one is a part of, and hidden in until that is opened.
        renamable: whether it has a name that can be changed.
        pinnable: whether it can be the baseline.
    """

    key: str
    id: str
    name: str
    note: str
    cells: Sequence[Cell]
    letter: str = ""
    colour: int = 0
    parent: str = ""
    renamable: bool = True
    pinnable: bool = True


@dataclass(frozen=True)
class TableChange:
    """What the table is after a person has changed it.

    Attributes:
        chosen: the ids of the rows that are chosen, in the order in which they were.
        baseline: the id of the row that is the baseline; empty if there is none.
        renamed: the id and the new name of the row that was renamed; None if another thing was changed.
    """

    chosen: tuple[str, ...]
    baseline: str
    renamed: tuple[str, str] | None


def table_change(value: Mapping[str, Any]) -> TableChange:
    """Read what the page tells of a change; ValueError for anything else."""
    chosen, baseline, renamed = value["chosen"], value["baseline"], value["renamed"]
    texts = [*chosen, baseline, *(renamed or ())]
    if not all(isinstance(text, str) for text in texts) or len(renamed or (0, 0)) != 2:
        raise ValueError(f"expected ids of rows and a name, got {value!r}")
    return TableChange(tuple(chosen), baseline, (renamed[0], renamed[1]) if renamed else None)


def render_run_table(
    rows: Sequence[TableRow],
    columns: Sequence[str],
    *,
    key: str,
    chosen: Sequence[str],
    baseline: str,
    stamp: float,
) -> None:
    """Show runs with a box to choose each, a pin for the baseline, and a way to rename it.

    `session.consume_click(key, table_change)` tells of any change. `chosen` and `baseline`
    are what is known here as of the change with this `stamp`: what a person has changed since then stays.
    Raises ValueError if a row has not one cell for each column.
    """
    for row in rows:
        if len(row.cells) != len(columns):
            raise ValueError(f"{row.name}: expected {len(columns)} cells, got {len(row.cells)}")
    data = {
        "columns": list(columns),
        "rows": [vars(row) | {"cells": [vars(cell) for cell in row.cells]} for row in rows],
        "chosen": list(chosen),
        "baseline": baseline,
        "stamp": stamp,
    }
    height = min(_HEAD + _ROW * sum(not row.parent for row in rows), _MOST)
    mount(_renderer, key=key, data=json.dumps(data).encode(), height=height)
