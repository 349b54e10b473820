"""What can be done with the present run: train anew, pause, step, stop, go on."""

import streamlit as st

from dashboard import session
from dashboard.services.run_registry import LiveRun
from mnist_core import State, TrainingConfig

GOING = (State.RUNNING, State.PAUSED)


def render_run_controls(config: TrainingConfig) -> State | None:
    """Show what can be done with the present run, and do what was pressed; tell in what state it is shown."""
    if st.button("Train", type="primary", disabled=session.digits() is None, width="stretch"):
        session.begin_run(config)  # all that tells of it comes later in the script: no need to rerun it
    run = session.run()
    state = run.state if run else None
    with st.container(horizontal=True, gap="xsmall"):
        if state is State.RUNNING:
            first = st.button("Pause", width="stretch")
        elif state is State.PAUSED:
            first = st.button("Resume", width="stretch")
        else:
            first = st.button(
                "Continue",
                width="stretch",
                disabled=not _can_go_on(run, config),
                help="Learn on from here, for as many more epochs and with the settings above. "
                "The input has to stay the same.",
            )
        step = st.button("Step", width="stretch", disabled=state not in GOING)
        stop = st.button("Stop", width="stretch", disabled=state not in GOING)
    st.toggle(
        "Slow motion",
        key="slow_motion",
        on_change=session.set_pace,
        help="Two or three reports a second, to follow and to talk over.",
    )
    retrain = st.toggle(
        "Retrain as I move",
        key="retrain",
        help="Begin anew at each change of the settings. The run before stays as a faint line.",
    )
    moved = retrain and run is not None and run.config != config
    if run is not None and (first or step or stop or moved):
        if first:
            _pause_or_go_on(run, state, config)
        elif step:
            run.training.step()
        elif stop:
            run.training.stop()
            run.training.join(1)
        else:
            session.begin_run(config)
        st.rerun()
    return state


def _can_go_on(run: LiveRun | None, config: TrainingConfig) -> bool:
    digits = session.digits()
    return (
        run is not None
        and digits is not None
        and run.history != ()
        and run.source == digits.source
        and run.config.preprocessing == config.preprocessing
    )


def _pause_or_go_on(run: LiveRun, state: State | None, config: TrainingConfig) -> None:
    if state is State.RUNNING:
        run.training.pause()
    elif state is State.PAUSED:
        run.training.resume()
    else:
        session.go_on(config)
