"""The Train tab: the curves of a run, while it learns and afterwards."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import run_actions
from dashboard.auto_refresh import LEARNING, auto_refresh
from dashboard.components.chart import render_chart
from dashboard.components.pictures import render_pictures
from dashboard.components.signed_maps import readable
from dashboard.figures.curves import ACCURACY, LOSS, learning_curves
from dashboard.services.shown_run import ShownRun
from dashboard.setting_choices import differences
from dashboard.train.first_screen import render_first_screen
from dashboard.train.headline import render_headline
from mnist_core import Progress, SoftmaxRegressor, State


def render_train_tab(numbers: DeltaGenerator, shown: State | None, *, visible: bool) -> None:
    """Show the curves of a run, with its numbers in a container above the tabs, and follow it as it learns.

    If another tab is open, only the numbers are followed. One fragment renders both, because the browser goes
    through the whole page after each. When the run leaves the state in which the sidebar shows it, the whole
    script is run: at its end, after a step, or when another tab has paused it.
    """
    run = run_actions.shown_run()
    auto_refresh(_render, numbers, shown, visible)
    if not visible:
        _render_curves_or_first_screen(run, run.history if run else ())


def _render(numbers: DeltaGenerator, shown: State | None, visible: bool) -> None:
    run = run_actions.shown_run()
    if run is not None:
        run.watch()
    state = run.state if run else None  # before the history: if it has ended, the history is complete
    history = run.history if run else ()
    with numbers:  # in each run: a refresh may fill only what the run of the whole script has written to
        render_headline(run, state, history[-1] if history else None)
    if state is not shown or (run and state is State.RUNNING and run.wait_for_end(LEARNING)):
        st.rerun()
    if visible:
        _render_curves_or_first_screen(run, history)


def _render_curves_or_first_screen(run: ShownRun | None, history: Sequence[Progress]) -> None:
    if run is None:
        render_first_screen()
        return
    _render_curves(run, history, run_actions.previous_run())
    _render_weights(history[-1].model if history else SoftmaxRegressor(run.config.preprocessing))


def _render_curves(run: ShownRun, history: Sequence[Progress], previous: ShownRun | None) -> None:
    changes = _changes(run)
    before = previous.history if previous and previous.id != run.id else ()
    name = _name_of(previous, run) if previous and before else ""
    with st.container(key="curves"):  # page.css keeps room for them
        accuracy, loss = st.columns(2)
    with accuracy:
        render_chart(
            learning_curves(ACCURACY, history, before, run.final_epoch, changes, name),
            key="accuracy",
            height=340,
            description=_finding(history),
            file_name="digit-lab-accuracy",
        )
    with loss:
        render_chart(
            learning_curves(LOSS, history, before, run.final_epoch, changes, name),
            key="loss",
            height=340,
            description="The loss falls as the accuracy rises." if history else "No loss yet.",
            file_name="digit-lab-loss",
        )


def _name_of(previous: ShownRun, run: ShownRun) -> str:
    """Name the previous run by the settings in which it differs, or all if it does not."""
    different = differences(previous.config, run.config)
    return f"previous run: {', '.join(different) if different else 'same settings'}"


def _changes(run: ShownRun) -> list[tuple[float, str]]:
    """List the epochs at which the run was continued, and what was changed there."""
    configs = [*(segment.config for segment in run.earlier), run.config]
    changes = []
    for segment, new in zip(run.earlier, configs[1:], strict=True):
        changed = [words for words in differences(new, segment.config) if "epoch" not in words]
        changes.append((segment.until, ", ".join(changed) or "continued"))
    return changes


def _render_weights(model: SoftmaxRegressor) -> None:
    """Show the weights of each digit as a picture, all on one scale."""
    weights = readable(model.linear.weight.detach().view(-1, 28, 28), model.preprocessing)
    st.caption(
        "The weights of each digit. Blue: ink here raises the score of this digit. Orange: it lowers it."
    )
    render_pictures(
        (weights / weights.abs().max().clamp(min=1e-9)).numpy(),
        key="templates",
        captions=[str(digit) for digit in range(10)],
        descriptions=[f"the weights for {digit}" for digit in range(10)],
        size=84,
    )


def _finding(history: Sequence[Progress]) -> str:
    if not history:
        return "No accuracy yet."
    last = history[-1]
    return (
        f"Accuracy over the epochs: after {last.epoch:.4g} epochs {last.test.accuracy:.1%} of the test "
        f"digits and {last.train.accuracy:.1%} of the training digits are read correctly."
    )
