"""What a visitor can do with runs. Only the browser that began a run may control it; this is checked here."""

from dashboard import address, state
from dashboard.address import control_values, show_run
from dashboard.lab import shared
from dashboard.lab.personalized_runs import find_personalization, save_personalization
from dashboard.lab.run_job import ShownRun
from dashboard.visitor import visitor
from mnist_core import SoftmaxRegressor, State, TrainingConfig

SLOW_MOTION = 0.4  # seconds per report: a run of twenty reports can be talked over


def shown_run() -> ShownRun | None:
    """The run that this page shows; None before the first."""
    return _find(address.shown().run)


def previous_run() -> ShownRun | None:
    """The run that this page showed before."""
    return _find(state.previous_run.get())


def is_own(run: ShownRun) -> bool:
    """Whether this visitor began the run, and so may control it."""
    return visitor().runs.owns(run.id)


def begin_run(config: TrainingConfig, *, paused: bool = False) -> None:
    """Begin a run and show it. The visitor's own run that is shown stops, and stays for comparison.

    `paused` begins it before its first step, to go on step by step.
    """
    digits = shared.digits()
    if digits is None:
        return
    _leave_shown_run()
    run = shared.run_registry().begin(
        config, digits, seconds_per_report=_pace(), paused=paused, owner=visitor().id
    )
    visitor().runs.add(run.id)
    show_run(run.id)


def continue_run(config: TrainingConfig) -> None:
    """Continue the run that is shown; ValueError if the settings do not fit it."""
    digits, run = shared.digits(), _own_run()
    if digits is not None and run is not None and run.state.ended:
        shared.run_registry().continue_run(
            run, config, digits, seconds_per_report=_pace(), owner=visitor().id
        )
        state.notice.set("")


def copy_run() -> None:
    """Copy the run that is shown, so that this visitor can train the copy further."""
    run = shown_run()
    if run is None or not run.history:
        return
    try:
        copy = shared.run_registry().copy(run)
        if personalization := find_personalization(run.id):
            save_personalization(copy.id, personalization)
    except OSError:
        state.notice.set("This run cannot be copied: the server cannot write to its disk.")
        return
    visitor().runs.add(copy.id)
    show_run(copy.id)
    state.notice.set("This is your own copy of the run. Press Continue to train it further.")


def adopt_model(model: SoftmaxRegressor) -> None:
    """Show a model from a file as a run that can be continued; OSError if it cannot be saved."""
    digits = shared.digits()
    if digits is None:
        return
    run = shared.run_registry().adopt(model, digits)
    _leave_shown_run()
    visitor().runs.add(run.id)
    show_run(run.id)
    state.uploads.set(state.uploads.get() + 1)
    # It can be continued only with its own input; and Share would cover what is shown now.
    state.set_controls_next_run({**control_values(run.config), state.sharing_open.key: False})
    state.notice.set(
        "This is the model from the file. Draw a digit to try it, or press Continue to train it further."
    )


def pause_or_resume() -> None:
    """Pause the run that is shown, or resume it."""
    run = _own_run()
    if run is None:
        return
    if run.state is State.PAUSED:
        run.resume()
    else:
        run.pause()


def step() -> None:
    """Let the run that is shown make one more report, and pause."""
    if run := _own_run():
        run.step()


def stop() -> None:
    """Stop the run that is shown and keep what it learned."""
    if run := _own_run():
        run.stop()
        run.wait_for_end(1)


def set_pace() -> None:
    """Make the run that is shown follow the switch for slow motion."""
    if run := _own_run():
        run.set_pace(_pace())


def save_again() -> None:
    """Try once more to save the run that is shown."""
    if run := _own_run():
        shared.run_registry().save_again(run)


def can_continue(run: ShownRun, config: TrainingConfig) -> bool:
    """Whether a run can be continued with these settings: with the same input and digits held out."""
    digits = shared.digits()
    return (
        digits is not None
        and run.state.ended
        and run.history != ()
        and run.source == digits.source
        and run.config.preprocessing == config.preprocessing
        and run.config.validation == config.validation
    )


def _own_run() -> ShownRun | None:
    run = shown_run()
    return run if run is not None and is_own(run) else None


def _leave_shown_run() -> None:
    run = shown_run()
    if run is None:
        return
    if is_own(run):
        run.stop("It was stopped because a new run was begun in the same browser.")
    state.previous_run.set(run.id if run.history else "")


def _find(run_id: str) -> ShownRun | None:
    if not run_id:
        return None
    try:
        return shared.run_registry().find(run_id)
    except (KeyError, ValueError, OSError):  # removed or damaged since it was first shown
        return None


def _pace() -> float:
    return SLOW_MOTION if state.slow_motion.get() else 0.0
