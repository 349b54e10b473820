"""What the page takes from a sketch."""

import pytest

from dashboard.ui.sketch import render_sketch, sketched


def test_whole_numbers_from_0_to_100_are_taken() -> None:
    assert sketched(3)([0, 50, 100]) == (0, 50, 100)


@pytest.mark.parametrize(
    "value",
    [None, 7, "123", {}, [], [1, 2], [1, 2, 3, 4], [1, 2, 101], [1, 2, -1], [1, 2, 3.5], [1, 2, True]],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        sketched(3)(value)


def test_a_sketch_needs_a_value_for_each_step() -> None:
    with pytest.raises(ValueError, match="each of 2 steps"):
        render_sketch([1, 2], [50], start=10, key="sketch", label="A sketch")
