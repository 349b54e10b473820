"""The curves of a run, while it learns and after."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.auto_refresh import LIVELY, auto_refresh
from dashboard.components.chart import prepare_charts, render_chart
from dashboard.components.pictures import render_pictures
from dashboard.components.signed_maps import readable
from dashboard.figures.curves import accuracy_curves, loss_curves
from dashboard.services.run_registry import LiveRun
from dashboard.train.headline import render_headline
from mnist_core import Progress, SoftmaxRegressor, State


def render_train_tab(numbers: DeltaGenerator, shown: State | None, *, visible: bool) -> None:
    """Show the curves of a run, with its numbers in a container above the tabs, and follow it as it learns.

    Behind another tab only the numbers are followed. One fragment shows both, for the browser goes through
    the whole page after each. Where the run leaves the state in which the sidebar shows it, the whole page is
    run anew: at its end, after a step, when a second window has paused it.
    """
    run = session.run()
    auto_refresh(_follow, numbers, shown, visible)
    if not visible:
        _show(run, run.history if run else ())


def _follow(numbers: DeltaGenerator, shown: State | None, visible: bool) -> None:
    run = session.run()
    state = run.state if run else None  # before the history: an end then means that it is whole
    history = run.history if run else ()
    with numbers:  # in each run: a tick may fill only what the run of the whole page has written to
        render_headline(run, state, history[-1] if history else None)
    if state is not shown or (run and state is State.RUNNING and run.wait_for_end(LIVELY)):
        st.rerun()
    if visible:
        _show(run, history)


def _show(run: LiveRun | None, history: Sequence[Progress]) -> None:
    if run is None:
        _invitation()
        return
    before = session.previous_run()
    _curves(run, history, before.history if before else ())
    _templates(history[-1].model if history else SoftmaxRegressor(run.config.preprocessing))


def _invitation() -> None:
    st.markdown(
        "Press **Train**. The model starts knowing nothing and takes a step after each batch of digits; "
        "here you will see how well it reads digits it has never learned from."
    )
    prepare_charts()
    if st.button("Train", key="train_here", type="primary", disabled=session.digits() is None):
        session.begin_run(session.settings())
        st.rerun()


def _curves(run: LiveRun, history: Sequence[Progress], before: Sequence[Progress]) -> None:
    marks = _marks(run)
    accuracy, loss = st.columns(2)
    with accuracy:
        render_chart(
            accuracy_curves(history, before, run.final_epoch, marks),
            key="accuracy",
            height=340,
            description=_finding(history),
            file_name="digit-lab-accuracy",
        )
    with loss:
        render_chart(
            loss_curves(history, before, run.final_epoch, marks),
            key="loss",
            height=340,
            description="The loss falls as the accuracy rises." if history else "No loss yet.",
            file_name="digit-lab-loss",
        )


def _marks(run: LiveRun) -> list[tuple[float, str]]:
    """Say at which epochs the run was continued, and what was changed there."""
    settings = [*(leg.config for leg in run.earlier), run.config]
    marks = []
    for leg, new in zip(run.earlier, settings[1:], strict=True):
        changes = []
        if new.learning_rate != leg.config.learning_rate:
            changes.append(f"learning rate {new.learning_rate:g}")
        if new.batch_size != leg.config.batch_size:
            changes.append(f"batch size {new.batch_size:,}")
        marks.append((leg.until, ", ".join(changes) or "continued"))
    return marks


def _templates(model: SoftmaxRegressor) -> None:
    """Show the weights of each digit as a picture, all on one scale."""
    weights = readable(model.linear.weight.detach().view(-1, 28, 28), model.preprocessing)
    st.caption(
        "The weights of each digit: ink on blue speaks for it, ink on orange against it.",
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
        f"digits and {last.train.accuracy:.1%} of the training digits are read right."
    )
