"""The learning curves of a run: accuracy and loss, over epochs, steps or seconds."""

import math
from collections.abc import Sequence

import streamlit as st

from dashboard import run_actions, state
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import differences
from dashboard.ui.chart import render_chart
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis, Changes, Quantity, learning_curves
from mnist_core import Progress
from mnist_core.data.dataset import SOURCES

HEIGHT = 340  # px; page.css keeps this room


def render_curves(run: RunJob, history: Sequence[Progress]) -> None:
    """Show accuracy and loss of a run, and faintly those of the previous one."""
    over = Axis(
        st.segmented_control(
            "Curves over",
            list(Axis),
            default=Axis.EPOCH,
            required=True,
            key=state.curves_over.key,
            persist_state="session",
        )
        or Axis.EPOCH
    )
    with st.container(key="curves"):
        accuracy, loss = st.columns(2)
    with accuracy:
        _render(ACCURACY, run, history, over, _finding(history))
    with loss:
        _render(
            LOSS, run, history, over, "The loss falls as the accuracy rises." if history else "No loss yet."
        )


def _render(
    quantity: Quantity, run: RunJob, history: Sequence[Progress], over: Axis, description: str
) -> None:
    previous = run_actions.previous_run()
    other = previous if previous and previous.id != run.id else None
    figure = learning_curves(
        quantity,
        history,
        other.history if other else (),
        _end(run, history, over),
        _changes(run, history, over),
        how=run.config.preprocessing,
        over=over,
        previous_name=_name_of(other, run) if other else "",
    )
    render_chart(
        figure,
        key=quantity.name,
        height=HEIGHT,
        description=description,
        file_name=f"digit-lab-{quantity.name}",
    )


def _end(run: RunJob, history: Sequence[Progress], over: Axis) -> float:
    """Return the x value that the run will reach, rounded up if it is estimated, so that it stays."""
    if over is Axis.EPOCH:
        return run.final_epoch
    if over is Axis.STEP:
        steps = math.ceil((SOURCES[run.source][0] - run.config.validation) / run.config.batch_size)
        return steps * run.final_epoch
    last = history[-1] if history else None
    if last is None or not last.epoch:
        return 1.0
    seconds = last.seconds / last.epoch * run.final_epoch
    step = 10.0 ** math.floor(math.log10(max(seconds, 0.1)))
    return step * math.ceil(seconds / step)


def _name_of(previous: RunJob, run: RunJob) -> str:
    """Name the previous run by the settings in which it differs."""
    different = differences(previous.config, run.config)
    return f"previous run: {', '.join(different) if different else 'same settings'}"


def _changes(run: RunJob, history: Sequence[Progress], over: Axis) -> Changes:
    """List the places at which the run was continued, and what was changed there."""
    configs = [*(segment.config for segment in run.earlier), run.config]
    changes = []
    for segment, new in zip(run.earlier, configs[1:], strict=True):
        changed = [words for words in differences(new, segment.config) if "epoch" not in words]
        place = next((over.place(report) for report in history if report.epoch >= segment.until), 0.0)
        changes.append((place, ", ".join(changed) or "continued"))
    return changes


def _finding(history: Sequence[Progress]) -> str:
    if not history:
        return "No accuracy yet."
    last = history[-1]
    return (
        f"Accuracy over the epochs: after {last.epoch:.4g} epochs {last.test.accuracy:.1%} of the test "
        f"digits and {last.train.accuracy:.1%} of the training digits are read correctly."
    )
