"""Break the reader: draw a digit that people read and the model does not, see why, and mend it."""

from functools import partial
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dashboard import run_actions, state
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.learn import state as learn_state
from dashboard.learn.challenges.attempts import (
    attempt_at,
    drafted,
    mark_done,
    render_commit,
    render_guess,
    render_progress,
    render_train_button,
)
from dashboard.prepare_first import render_prepare_button
from dashboard.room.guesses import Choice, Question
from dashboard.ui.board import ink_of_canvas, render_board
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import render_signed_maps
from dashboard.ui.text import confidence, percent, with_article
from mnist_core import Digits, Kind, Preprocessing, SoftmaxRegressor, TrainingConfig, Verdict, explain
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import PreparedDrawing, prepare_drawing

WAYS = {
    "lean": "let it lean",
    "gap": "leave a gap",
    "stroke": "add a stroke",
    "shape": "give it an odd shape",
}
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


class Goal(NamedTuple):
    """What somebody wants to do: which digit to draw, and how."""

    digit: int
    way: str  # a key of WAYS


def write_goal(goal: Goal) -> str:
    """Write a goal."""
    return f"{goal.digit}:{goal.way}"


def read_goal(guess: str) -> Goal | None:
    """Read a goal; None for anything else."""
    digit, _, way = guess.partition(":")
    return Goal(int(digit), way) if digit in set("0123456789") and way in WAYS else None


def is_misread(verdict: Verdict, digit: int) -> bool:
    """Whether a drawing is taken for another digit."""
    return verdict.kind in (Kind.CLEAR, Kind.CLOSE) and verdict.digit != digit


def describe_reading(verdict: Verdict, digit: int, *, broken_before: bool) -> str:
    """Say how the drawing is read, and what to do next, in sentences."""
    sure = confidence(float(verdict.probabilities[verdict.digit]))
    if verdict.kind in (Kind.UNTRAINED, Kind.DIVERGED):
        return "This model knows nothing, so there is nothing to break: train one first."
    if verdict.kind in (Kind.BLANK, Kind.DOT, Kind.SCRIBBLE, Kind.UNLIKE, Kind.SEVERAL):
        return (
            "It does not take this for a digit at all. That is caution, and not a misreading: make it look "
            f"more like {with_article(digit)}."
        )
    if verdict.digit == digit:
        if broken_before:
            return f"Mended: it reads your {digit} again ({sure})."
        rival = verdict.runner_up
        return (
            f"It reads your {digit} correctly ({sure}). The nearest other digit is {rival} "
            f"({confidence(float(verdict.probabilities[rival]))}): change what tells the two apart."
        )
    return (
        f"You have broken it: it reads your {digit} as {verdict.digit} ({sure}). Only a person can say "
        "whether it still is one: ask somebody who has not seen you draw it."
    )


def evidence_place(evidence: Tensor) -> tuple[str, float]:
    """Find where most of the evidence for a wrong answer lies.

    Args:
        evidence: (28, 28) float32, what each pixel adds to the lead of the wrong answer.

    Returns:
        The place in words, one of nine, and its share of all that is positive, 0 to 1; "nowhere" and 0 if
        nothing is.
    """
    positive = evidence.clamp(min=0).double()
    total = float(positive.sum())
    if not total:
        return "nowhere", 0.0
    edges = (0, 8, 20, 28)  # the middle is three of the 7 places, the sides two: blocks of 4 stay whole
    sums = {
        (row, column): float(positive[edges[row] : edges[row + 1], edges[column] : edges[column + 1]].sum())
        for row in range(3)
        for column in range(3)
    }
    row, column = max(sums, key=sums.__getitem__)
    name = "middle" if row == column == 1 else f"{ROWS[row]} {COLUMNS[column]}"
    return name, sums[row, column] / total


def describe_evidence(answer: int, digit: int, place: str, share: float, lead: float) -> str:
    """Say where the evidence for the wrong answer lies; `lead` is its logit minus that of the digit."""
    return (
        f"The score (*logit*) of {answer} is {lead:.2f} higher than that of {digit}. Blue is evidence for "
        f"{answer}, orange for {digit}. The {place} of the picture holds more of the blue than any other "
        f"part, {percent(share, 0)}: the stroke there did the most."
    )


NAME = "break"
CONFIG = TrainingConfig(preprocessing=Preprocessing.DIRECTIONS, reports_per_epoch=2, early_reports=True)
SIZE = 220  # px of a picture
PEN_WIDTH = 20  # px on a board of 280: strokes then come out as thick as those of MNIST's digits
QUESTION = (
    "Draw a digit that every person reads at once, and the model reads wrongly. Then find out which stroke "
    "did it, and mend it. Which digit is easy to break, and how?"
)


def break_question(_: Digits) -> Question:
    """Say what is asked, and how a guess is read."""

    def read(guess: str) -> tuple[frozenset[str], ...] | None:
        goal = read_goal(guess)
        return None if goal is None else (frozenset([str(goal.digit)]), frozenset([goal.way]))

    digits = {str(digit): str(digit) for digit in range(10)}
    return Question(QUESTION, (Choice("easy to break", digits, is_scale=True), Choice("how", WAYS)), read)


def render_break_challenge(digits: Digits) -> None:
    """Let a goal be set, and follow the drawing until it is misread and mended."""
    goal = read_goal(attempt_at(NAME).guess)
    if goal is None:
        _ask()
        return
    render_guess(QUESTION, f"{with_article(goal.digit)}; {WAYS[goal.way]}.")
    run = run_actions.shown_run()
    if run is None or not run.history:
        st.markdown("First, a model has to be trained.")
        if not render_progress([run] if run else []) and render_train_button(
            NAME, [CONFIG], label="Train a reader"
        ):
            st.rerun()
        return
    st.markdown(
        f"Draw {with_article(goal.digit)} here that you think will be misread. If it is read correctly, "
        "change it; **Undo** takes the last stroke back."
    )
    if run.config.preprocessing is Preprocessing.RAW:
        st.caption("The run that is shown reads raw pixels, and these break easily.")
        render_prepare_button(run, key="prepare-break")
    ink = render_board(
        key="break-paper",
        stroke_width=PEN_WIDTH,
        read=partial(state.last_result, "break-board", ink_of_canvas),
    )
    drawing = (
        None if ink is None or not ink.any() else state.last_result("break-drawing", prepare_drawing, ink)
    )
    if drawing is not None:
        _follow(run.history[-1].model, drawing, goal)


def _ask() -> None:
    st.markdown(QUESTION)
    before = read_goal(drafted(NAME)) or (None, None)
    digit = st.segmented_control(
        "Which digit is easy to break?", range(10), default=before[0], key="break-digit"
    )
    way = st.segmented_control(
        "How?", list(WAYS), format_func=WAYS.__getitem__, default=before[1], key="break-way"
    )
    goal = "" if digit is None or way is None else write_goal(Goal(digit, way))
    render_commit(NAME, goal, "Choose a digit and a way first.")


def _follow(model: SoftmaxRegressor, drawing: PreparedDrawing, goal: Goal) -> None:
    detector = shared.novelty_detector()
    verdict = judge(model, drawing, detector.result() if detector else None)
    misread = is_misread(verdict, goal.digit)
    broken_before = learn_state.broken_reader.get() == goal
    words = describe_reading(verdict, goal.digit, broken_before=broken_before)
    if misread:
        learn_state.broken_reader.set(goal)
        mark_done(NAME, words)
    st.markdown(f"### What happened\n\n{words}")
    other = verdict.runner_up if verdict.digit == goal.digit else verdict.digit
    _render_evidence(model, drawing, goal, other, misread=misread)
    if misread or broken_before:
        _render_why(goal, model.preprocessing, misread=misread)


def _render_evidence(
    model: SoftmaxRegressor, drawing: PreparedDrawing, goal: Goal, other: int, *, misread: bool
) -> None:
    """Show the drawing beside what speaks for the wrong answer, or for the nearest one."""
    if other == goal.digit:
        return
    margin = explain(model, drawing.centred).margin(other, goal.digit)
    left, right = st.columns(2)
    with left:
        render_pictures(
            drawing.centred[None].numpy(),
            key="break-drawing",
            captions=["your drawing"],
            descriptions=["your drawing"],
            size=SIZE,
        )
    with right:
        render_signed_maps(
            margin.map[None],
            key="break-evidence",
            captions=[f"{other} minus {goal.digit}"],
            descriptions=[f"what speaks for {other} and not {goal.digit}"],
            size=SIZE,
            stars=INPUTS[model.preprocessing].is_directions,
        )
    if misread:
        place, share = evidence_place(margin.map)
        st.markdown(describe_evidence(other, goal.digit, place, share, margin.total))


def _render_why(goal: Goal, how: Preprocessing, *, misread: bool) -> None:
    st.markdown(
        "### Why\n\nThe model adds up evidence place by place. It does not know that strokes belong "
        "together, or that a digit has one line that a pen followed: enough evidence in one place outweighs "
        "the rest."
    )
    if misread:
        st.markdown(
            f"**Mend it**: change only that part of your drawing until it reads {with_article(goal.digit)} "
            "again. What is the smallest change that does it?"
        )
    else:
        raw = how is Preprocessing.RAW
        other, change = ("directions", "harder") if raw else ("raw", "easier")
        st.markdown(
            f"### Go further\n\n- Break another digit than {goal.digit}.\n"
            f"- Train with the input *{other}*, and try the same drawing again: is it {change} to break?"
        )
