"""What is compared, in the address: written so that it reads back, and read from whoever wrote it."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compare.comparison_address import (
    MOST,
    MOST_RUNS,
    read_baseline,
    read_compared,
    read_curves,
    read_pair,
)

A, B, C = "a" * 32, "b" * 32, "c" * 32


def test_runs_are_read_in_their_order_and_groups_as_they_are() -> None:
    assert read_compared({"compare": f"{B}.{C},{A}"}) == ((B, C), (A,))


def test_an_address_without_runs_leaves_the_choice_to_the_page() -> None:
    assert read_compared({}) is None


@pytest.mark.parametrize(
    "text", ["", ",", ".", "../../etc/passwd", "A" * 32, "a" * 31, "<b>", f"{A}x", "%00"]
)
def test_what_is_not_an_id_is_left_out(text: str) -> None:
    assert read_compared({"compare": text}) == ()
    assert read_compared({"compare": f"{text},{A}"}) == ((A,),)
    assert read_baseline({"baseline": text}) == ()


def test_a_run_that_is_named_twice_is_read_once() -> None:
    assert read_compared({"compare": f"{A},{A},{B}.{B}"}) == ((A,), (B,))


def test_a_long_list_is_cut() -> None:
    ids = [f"{number:032x}" for number in range(500)]
    assert read_compared({"compare": ",".join(ids)}) == tuple((one,) for one in ids[:MOST])
    assert read_compared({"compare": ".".join(ids)}) == ()
    assert read_compared({"compare": ".".join(ids[:MOST_RUNS])}) == (tuple(ids[:MOST_RUNS]),)


def test_a_baseline_is_one_row() -> None:
    assert read_baseline({"baseline": f"{B}.{A}"}) == (B, A)
    assert read_baseline({"baseline": f"{A},{B}"}) == ()
    assert read_baseline({}) == ()


@pytest.mark.parametrize(
    ("text", "pair"), [("BA", ("B", "A")), ("CJ", ("C", "J")), ("", ("A", "B")), ("AZ", ("A", "B"))]
)
def test_the_pair_is_two_of_ten_letters(text: str, pair: tuple[str, str]) -> None:
    assert read_pair({"pair": text}) == pair


@pytest.mark.parametrize(
    ("text", "curves"),
    [
        ("loss-training-step", ("loss", "training", "step (logarithmic)")),
        ("accuracy-validation-seconds", ("accuracy", "validation", "seconds")),
        ("loss", ("loss", "test", "epoch")),
        ("", ("accuracy", "test", "epoch")),
        ("x-y-z", ("accuracy", "test", "epoch")),
        ("loss-test-step-more", ("loss", "test", "step (logarithmic)")),
    ],
)
def test_unknown_words_for_curves_mean_those_at_the_start(text: str, curves: tuple[str, str, str]) -> None:
    assert read_curves({"curves": text}) == curves


def writing() -> None:
    import streamlit as st

    from dashboard import state
    from dashboard.compare.comparison_address import write_address

    quantity, part, axis, first, second = st.session_state["state"]
    state.curve_quantity.set(quantity)
    state.curve_part.set(part)
    state.curve_axis.set(axis)
    state.pair_a.set(first)
    state.pair_b.set(second)
    st.session_state["address"] = write_address(*st.session_state["compared"])


def _written(
    state: tuple[str, ...], compared: tuple[tuple[str, ...], ...], baseline: tuple[str, ...]
) -> dict[str, str]:
    page = AppTest.from_function(writing)
    page.session_state["state"], page.session_state["compared"] = state, (compared, baseline)
    page.run()
    assert not page.exception
    address = page.session_state["address"]
    assert isinstance(address, dict)
    return address


def test_what_is_written_reads_back_as_it_was() -> None:
    state = ("loss", "validation", "seconds", "B", "C")
    address = _written(state, ((B, C), (A,)), (B, C))
    assert read_compared(address) == ((B, C), (A,))
    assert read_baseline(address) == (B, C)
    assert (*read_curves(address), *read_pair(address)) == state


def test_what_is_as_always_is_not_written() -> None:
    assert _written(("accuracy", "test", "epoch", "A", "B"), ((A,),), ()) == {"compare": A}
    assert _written(("accuracy", "test", "epoch", "A", "B"), (), ()) == {}
