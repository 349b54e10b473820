"""Where does the learning happen? Sketch the curve, then see that of a run."""

import math
from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.lab.run_job import RunJob
from dashboard.learn.challenges.attempts import (
    attempt_at,
    attempt_runs,
    draft,
    drafted,
    mark_done,
    render_commit,
    render_guess,
    render_training,
)
from dashboard.learn.figures import sketched_curve
from dashboard.room.guesses import Curve, Question
from dashboard.ui.chart import render_chart
from dashboard.ui.sketch import render_sketch, sketched
from dashboard.ui.text import percent
from mnist_core import Digits, Preprocessing, Progress, TrainingConfig
from mnist_core.training.worker import State

STEPS = (1, 3, 10, 30, 100, 300, 1_000, 3_000)
APART = 1.5  # a handle nearer to the end of the run than this factor would lie on top of the last one
CLOSE = 0.05  # a sketch that is nowhere farther from the run than this is called close

Reports = Sequence[tuple[int, float]]  # steps taken, from 0 on, and the test accuracy then, 0 to 1


def handle_steps(end: int) -> list[int]:
    """List the steps at which a run of so many steps is sketched."""
    return [*(step for step in STEPS if step * APART < end), end]


def write_sketch(values: Sequence[int]) -> str:
    """Write the accuracies of a sketch, in whole percent."""
    return ",".join(map(str, values))


def read_sketch(guess: str, count: int) -> list[int] | None:
    """Read a sketch of so many values, 0 to 100; None for anything else."""
    values = guess.split(",")
    if len(values) != count or not all(value.isdecimal() and len(value) <= 3 for value in values):
        return None
    numbers = list(map(int, values))
    return numbers if max(numbers) <= 100 else None


def accuracy_at(reports: Reports, step: int) -> float:
    """Return the accuracy after some steps, between two reports on a line over the logarithm of the step."""
    before = [report for report in reports if report[0] <= step][-1]
    after = next((report for report in reports if report[0] >= step), before)
    if after[0] == before[0]:
        return before[1]
    low, high = math.log(max(before[0], 0.5)), math.log(after[0])
    return before[1] + (after[1] - before[1]) * (math.log(step) - low) / (high - low)


def describe_sketch(reports: Sequence[Progress], sketch: Sequence[int]) -> list[str]:
    """Compare a sketch with a run, and say when it learned and why, in sentences.

    Args:
        reports: of the run, the first one before the first step.
        sketch: the accuracies at `handle_steps`, in percent.
    """
    curve = accuracies(reports)
    return [_comparison(curve, sketch), _halfway(curve), _second_half(curve), _reason(reports)]


def accuracies(reports: Sequence[Progress]) -> Reports:
    """Return the curve of the test accuracy."""
    return [(report.step, report.test.accuracy) for report in reports]


def _comparison(reports: Reports, sketch: Sequence[int]) -> str:
    steps = handle_steps(reports[-1][0])
    measured = [accuracy_at(reports, step) for step in steps]
    apart = [abs(value / 100 - real) for value, real in zip(sketch, measured, strict=True)]
    worst = max(range(len(steps)), key=apart.__getitem__)
    if apart[worst] <= CLOSE:
        return f"Your sketch is close: it is never more than {100 * apart[worst]:.1f} points from the run."
    return (
        f"Your sketch is farthest from the run after {_steps(steps[worst])}: you expected {sketch[worst]} %, "
        f"and the run had {percent(measured[worst])}."
    )


def _halfway(reports: Reports) -> str:
    (_, start), (end, last) = reports[0], reports[-1]
    if last <= start:
        return f"This run learned nothing: it began with {percent(start)} and ended with {percent(last)}."
    there = next(step for step, accuracy in reports if accuracy >= (start + last) / 2)
    share = there / end
    of_all = "less than 0.1 %" if share < 0.001 else percent(share)
    return (
        f"It began with {percent(start)}, as somebody who guesses, and ended with {percent(last)}. Half of "
        f"this gain was there after {_steps(there)}, which is {of_all} of all {end:,} steps."
    )


def _second_half(reports: Reports) -> str:
    end, last = reports[-1]
    middle, then = next(report for report in reports if 2 * report[0] >= end)
    gain = 100 * (last - then)
    if middle == end:
        return ""
    if abs(gain) < 0.05:
        return f"The last {end - middle:,} steps changed the accuracy by less than 0.1 points."
    return f"The last {end - middle:,} steps {'added' if gain > 0 else 'took away'} {abs(gain):.1f} points."


def _reason(reports: Sequence[Progress]) -> str:
    """Say why the accuracy is there so much earlier than the loss, with the numbers halfway."""
    rule = (
        "For the accuracy, the right digit only needs the highest of the ten scores, by however little. "
        "The first step from zero already compares: to the weights of each digit it adds the ink of that "
        "digit in the batch, and it takes away a tenth of the ink of all. How long this step is makes no "
        "difference to which score is the highest. The next steps do the same with more digits."
    )
    start, end = reports[0].test, reports[-1].test
    if not (end.loss < start.loss and end.accuracy > start.accuracy):
        return rule
    half = next(one for one in reports if one.test.accuracy >= (start.accuracy + end.accuracy) / 2)
    fell = (start.loss - half.test.loss) / (start.loss - end.loss)
    return (
        f"{rule}\n\nThe loss tells something else: how sure the model is of the right digit. When the "
        f"accuracy had gone half of its way, after {_steps(half.step)}, the loss had gone {_share(fell)}: "
        f"from {start.loss:.2f} to {half.test.loss:.2f}, and it ended at {end.loss:.2f}. To be sure, the "
        "scores have to lie far apart, and with steps as short as these that takes thousands of them."
    )


def _share(share: float) -> str:
    return "less than 1 %" if share < 0.01 else percent(share, 0)


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


NAME = "curve"
CONFIG = TrainingConfig(
    100, 0.01, 10, preprocessing=Preprocessing.RAW, reports_per_epoch=2, early_reports=True
)
START = 10  # percent: all ten digits are equally likely before the first step
QUESTION = (
    "A run with raw pixels, batches of 100 digits and a learning rate of 0.01 takes **{steps:,} steps**. "
    "Before the first one, it reads about 10 % of the test digits correctly, as anybody would who only "
    "guesses. When does it learn most: early, late, or evenly over all the steps?"
)


def curve_question(digits: Digits) -> Question:
    """Say what is asked, and how a guess is read."""
    steps = _steps_of_run(digits)

    def read(guess: str) -> tuple[tuple[int, ...]] | None:
        sketch = read_sketch(guess, len(steps))
        return None if sketch is None else (tuple(sketch),)

    return Question(QUESTION.format(steps=steps[-1]), (Curve(tuple(steps), START),), read)


def _steps_of_run(digits: Digits) -> list[int]:
    return handle_steps(CONFIG.epochs * math.ceil(len(digits.train) / CONFIG.batch_size))


def render_curve_challenge(digits: Digits) -> None:
    """Let the curve be sketched, and draw that of a run over it."""
    steps = _steps_of_run(digits)
    end = steps[-1]
    sketch = read_sketch(attempt_at(NAME).guess, len(steps))
    if sketch is None:
        _ask(steps)
        return
    render_guess(QUESTION.format(steps=end), "the sketch below, with the curve of the run over it.")
    runs = attempt_runs(NAME, 1)
    reports = [report for run in runs for report in run.history]
    # In one place before, during and after the run, so that it is drawn on and not anew.
    first = describe_sketch(reports, sketch)[0] if runs and runs[0].state is State.FINISHED else ""
    render_chart(
        sketched_curve(steps, sketch, reports),
        key="sketched-curve",
        height=300,
        description=f"Your sketch and the curve of the run. {first}",
        file_name="digit-lab-sketch",
    )
    for run in render_training(NAME, [CONFIG]):
        _reveal(run, sketch)


def _ask(steps: list[int]) -> None:
    st.markdown(QUESTION.format(steps=steps[-1]))
    st.caption(
        "Sketch the curve of its test accuracy with the mouse or a finger, or go from handle to handle "
        "with Tab and move each with the arrow keys. The axis is logarithmic: each handle stands for about "
        "three times as many steps as the one before."
    )
    state.apply_click("sketch", sketched(len(steps)), lambda moved: draft(NAME, write_sketch(moved)))
    guess = drafted(NAME)
    render_sketch(
        steps,
        read_sketch(guess, len(steps)),
        start=START,
        key="sketch",
        label="Your sketch of the test accuracy, from 0 to 100 %",
    )
    render_commit(NAME, guess, "Move the curve first.")


def _reveal(run: RunJob, sketch: list[int]) -> None:
    first, *others = describe_sketch(run.history, sketch)
    curve = accuracies(run.history)
    measured = [round(100 * accuracy_at(curve, step)) for step in handle_steps(curve[-1][0])]
    mark_done(NAME, f"{first} {others[0]}", write_sketch(measured))
    halfway, second_half, reason = others
    st.markdown(f"### What happened\n\n{' '.join(filter(None, (first, halfway, second_half)))}")
    st.markdown(f"### Why\n\n{reason}")
    st.markdown(
        "### Go further\n\n- In the tab **Train**, choose the curves over *step (logarithmic)*, then over "
        "*epoch*: the same numbers look like two different stories.\n- Set the learning rate to 0.001 and "
        "train again. What is the accuracy after one step, and when is the loss below 1?"
    )
