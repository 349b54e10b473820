"""Whether one of two runs is better: a sentence, and the digits that tell them apart."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.address import open_run
from dashboard.compare import state as compare_state
from dashboard.compare.rows import Row, RunGroup
from dashboard.compare.table import LETTERS, describe_accuracy
from dashboard.compare.words import describe_seeds
from dashboard.inside import state as inside_state
from dashboard.inside.answer_view import TEST_DIGIT
from dashboard.inside.words import ANSWER
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.inputs import INPUTS
from dashboard.lab.run_job import RunJob, RunSummary
from dashboard.run_actions import find_run
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.signed_maps import end_of_scale
from dashboard.ui.text import confidence, signed, with_article
from mnist_core import Comparison, Digits, compare
from mnist_core.evaluation.mcnemar import describe_comparison
from mnist_core.inference.attribution import explain_preprocessed
from mnist_core.preprocessing.cache import preprocessed_digits

PAGE = 14  # digits: two rows of seven
SIZE = 60  # px


@dataclass(frozen=True, eq=False)
class Side:
    """One of two runs: its letter, and the run."""

    letter: str
    run: RunJob


def take_gallery_clicks() -> None:
    """Take note of a digit that was just clicked, before the galleries are rendered."""
    for key, shown in (("only-a", compare_state.only_a), ("only-b", compare_state.only_b)):
        place = state.consume_click(key, picture_index)
        if place is not None and place < len(shown.get()):
            number = shown.get()[place]
            compare_state.most_different_digit.set(
                None if number == compare_state.most_different_digit.get() else number
            )


def render_galleries(sides: tuple[Side, Side], comparison: Comparison, digits: Digits) -> None:
    """Show both sets of digits beside each other, and below them why one that was clicked is among them."""
    a, b = sides
    st.caption("Below each digit: which digit it is → what the other run reads it as.")
    left, right = st.columns(2, gap="medium")
    with left:
        _render_gallery("only-a", compare_state.only_a, comparison.only_a, a, b, digits)
    with right:
        _render_gallery("only-b", compare_state.only_b, comparison.only_b, b, a, digits)
    number = compare_state.most_different_digit.get()
    if number is not None and number in (*comparison.only_a.tolist(), *comparison.only_b.tolist()):
        _render_digit(number, sides, digits)


def _render_gallery(
    key: str, shown: state.Entry[list[int]], numbers: Tensor, reader: Side, other: Side, digits: Digits
) -> None:
    count = len(numbers)
    digits_word = "digit" if count == 1 else "digits"
    st.markdown(f"**{count:,} {digits_word}** that only {reader.letter} reads correctly")
    predictions = cached_predictions(other.run.history[-1].model, digits)
    order = predictions.confidences[numbers].argsort(descending=True, stable=True)
    pages = max(1, math.ceil(count / PAGE))
    page = st.pagination(pages, key=f"{key}-page-{count}") if pages > 1 else 1
    ordered = numbers[order][(page - 1) * PAGE : page * PAGE]
    shown.set(ordered.tolist())
    if not count:
        return
    labels, misread = digits.test.labels[ordered].tolist(), predictions.predicted[ordered].tolist()
    selected = compare_state.most_different_digit.get()
    render_pictures(
        digits.test.images[ordered].numpy(),
        key=key,
        captions=[f"{label}→{digit}" for label, digit in zip(labels, misread, strict=True)],
        descriptions=[
            f"{with_article(label).capitalize()} that {other.letter} reads as {digit}: see why"
            for label, digit in zip(labels, misread, strict=True)
        ],
        size=SIZE,
        clickable=True,
        selected=shown.get().index(selected) if selected in shown.get() else None,
    )


def _render_digit(number: int, sides: tuple[Side, Side], digits: Digits) -> None:
    """Show what speaks for the right digit and for the one that was read instead, in each of the two runs."""
    label = int(digits.test.labels[number])
    answers = [
        int(cached_predictions(side.run.history[-1].model, digits).predicted[number]) for side in sides
    ]
    wrong = next(answer for answer in answers if answer != label)
    st.markdown(
        f"**Test digit {number}** is {with_article(label)}. For each run, the evidence for {label} and for "
        f"{wrong}: :blue[**blue**] raises the score of the digit, :orange[**orange**] lowers it."
    )
    for side, column in zip(sides, st.columns(2, gap="medium"), strict=True):
        with column:
            _render_evidence(number, side, label, wrong, digits)


def _render_evidence(number: int, side: Side, label: int, wrong: int, digits: Digits) -> None:
    model = side.run.history[-1].model
    image = preprocessed_digits(digits, model.preprocessing).test.images[number]
    explanation = explain_preprocessed(model, image)
    answer = explanation.ranking[0]
    sure = confidence(float(explanation.probabilities[answer]))
    right = "which is right" if answer == label else "which is wrong"
    st.markdown(f"**{side.letter}** reads it as **{answer}** with {sure} confidence, {right}.")
    maps = explanation.attributions[[label, wrong]]
    logits = [float(explanation.logits[digit]) for digit in (label, wrong)]
    stars = INPUTS[model.preprocessing].is_directions
    render_pictures(
        torch.clamp(maps / end_of_scale(maps), -1, 1).numpy(),
        key=f"evidence-{side.letter}",
        captions=[
            f"for {digit}: {signed(logit)}" for digit, logit in zip((label, wrong), logits, strict=True)
        ],
        descriptions=[
            f"evidence for {digit} in {side.letter}, logit {signed(logit)}"
            for digit, logit in zip((label, wrong), logits, strict=True)
        ],
        size=140,
        stars=(0, 1) if stars else (),
    )
    if st.button(
        f"Take apart in {side.letter}",
        icon=":material/search:",
        key=f"explain-{side.letter}",
        on_click=_look_inside,
        args=(side.run, number),
        help="Opens this run and shows the whole answer for this digit in Look inside.",
    ):
        st.rerun()


def _look_inside(run: RunJob, number: int) -> None:
    open_run(run)
    inside_state.view.set(ANSWER)
    inside_state.explained.set(TEST_DIGIT)
    inside_state.test_digit.set(number)
    inside_state.from_gallery.set(False)
    state.set_controls({state.tab.key: "Look inside"})


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
