"""What a table of runs refuses; how it looks and what it tells is tested in a browser."""

import pytest

from dashboard.ui.run_table import Cell, TableRow, render_run_table


def test_each_row_needs_a_cell_for_each_column() -> None:
    row = TableRow("a", "a", "a run", "", [Cell("98 %")])
    with pytest.raises(ValueError, match="a run: expected 2 cells, got 1"):
        render_run_table([row], ["accuracy", "loss"], key="runs", chosen=[], baseline="", stamp=0)
