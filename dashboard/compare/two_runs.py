"""Whether one of two runs is better: a sentence, and the digits that tell them apart."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.compare import state as compare_state
from dashboard.compare.columns import describe_accuracy
from dashboard.compare.galleries import Side, render_galleries
from dashboard.compare.rows import Row
from dashboard.compare.run_groups import RunGroup
from dashboard.compare.table import LETTERS
from dashboard.compare.words import describe_seeds
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.run_job import RunJob, RunSummary
from dashboard.run_actions import find_run
from mnist_core import Comparison, Digits, compare, describe_comparison, preprocessed_digits

Pair = tuple[Side, Side]


def choose_pair(compared: Sequence[Row]) -> tuple[str, str]:
    """Let two of the runs be chosen by their letters, if there are more; return the letters."""
    letters = LETTERS[: len(compared)]
    first, second = compare_state.pair_a.get(), compare_state.pair_b.get()
    if first not in letters or second not in letters or first == second:
        first, second = letters[:2]  # type: ignore[str-unpack]
        state.set_controls({compare_state.pair_a.key: first, compare_state.pair_b.key: second})
    if len(compared) == 2:
        return first, second
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, entry, other in (
            ("Verdict on", compare_state.pair_a, second),
            ("and", compare_state.pair_b, first),
        ):
            options = [letter for letter in letters if letter != other]
            st.selectbox(label, options, key=entry.key, persist_state="session", width=110)
    return compare_state.pair_a.get(), compare_state.pair_b.get()


def render_verdict(compared: Sequence[Row], letters: tuple[str, str], digits: Digits) -> Pair | None:
    """Say how two runs compare; return both, if the digits that tell them apart can be shown."""
    a, b = (compared[LETTERS.index(letter)] for letter in letters)
    st.html(_heading((letters[0], a), (letters[1], b)))
    if a.group.first.source != b.group.first.source:
        st.markdown("These runs learned and were tested on different digits, so they cannot be compared.")
        return None
    if not a.group.accuracies or not b.group.accuracies:
        st.markdown("The verdict comes with the first results.")
        return None
    several = a.group.has_spread or b.group.has_spread
    if several:
        st.markdown(describe_seeds(a.group.accuracies, b.group.accuracies, *letters))
    sides = _sides(a.group, b.group, letters, digits)
    if sides is None:
        st.caption("The digits that tell these runs apart cannot be shown: other digits are loaded here now.")
        return None
    comparison = _comparison(sides, digits)
    text = describe_comparison(comparison, *letters)
    st.markdown(f"{_seeds(sides)}{text}" if several else text)
    return sides


def render_most_different_digits(sides: Pair, digits: Digits) -> None:
    """Show the digits that only one of two runs reads correctly."""
    render_galleries(sides, _comparison(sides, digits), digits)


def _comparison(sides: Pair, digits: Digits) -> Comparison:
    a, b = (side.run.history[-1].model for side in sides)
    with st.spinner("Preparing the test digits"):  # only the first time
        for model in (a, b):
            preprocessed_digits(digits, model.preprocessing)
    return compare(cached_predictions(a, digits), cached_predictions(b, digits))


def _sides(a: RunGroup, b: RunGroup, letters: tuple[str, str], digits: Digits) -> Pair | None:
    """Find one run of each group, with the same seed if there is one that both have."""
    common = sorted(a.measured.keys() & b.measured.keys())
    runs = [group.measured[common[0]] if common else group.first for group in (a, b)]
    found = [_find(run) for run in runs]
    if found[0] is None or found[1] is None or runs[0].source != digits.source:
        return None
    return Side(letters[0], found[0]), Side(letters[1], found[1])


def _find(run: RunSummary) -> RunJob | None:
    found = find_run(run.id)
    return found if found and found.history else None


def _seeds(sides: Pair) -> str:
    a, b = sides
    if a.run.config.seed == b.run.config.seed:
        return f"With seed {a.run.config.seed}: "
    return f"With seed {a.run.config.seed} of {a.letter} and seed {b.run.config.seed} of {b.letter}: "


def _heading(*named: tuple[str, Row]) -> str:
    names = "".join(
        f"<div><strong>{letter}</strong> {html.escape(row.name)}: "
        f"<strong>{html.escape(describe_accuracy(row.group))}</strong></div>"
        for letter, row in named
    )
    return f'<div class="versus">{names}</div>'
