"""What a visitor can do with runs. Only the browser that began a run may control it; this is checked here."""

from collections.abc import Iterable

from dashboard import address, state
from dashboard.address import show_run
from dashboard.lab import shared
from dashboard.lab.job import JobRefused, JobUnreadable, describe_unreadable
from dashboard.lab.job_list import ListedJob
from dashboard.lab.personalized_runs import (
    UnknownPersonalization,
    find_personalization,
    save_personalization,
)
from dashboard.lab.run_job import RunJob, RunSummary, estimated_bytes, run_of_model
from dashboard.lab.setting_choices import control_values
from dashboard.visitor import visitor
from mnist_core import SoftmaxRegressor, TrainingConfig
from mnist_core.model_file import Origin
from mnist_core.storage.file_store import new_id
from mnist_core.training.worker import State

SLOW_MOTION = 0.4  # seconds per report: a run of twenty reports can be talked over


def shown_run() -> RunJob | None:
    """The run that this page shows; None before the first."""
    return find_run(address.shown().run)


def previous_run() -> RunJob | None:
    """The run that this page showed before."""
    return find_run(state.previous_run.get())


def find_run(run_id: str) -> RunJob | None:
    """Find a run; None if there is none, or if it cannot be used, which is said above the tabs."""
    try:
        return shared.jobs().run(run_id)
    except JobUnreadable as error:
        state.notice.set(describe_unreadable(error))
        return None


def find_summaries(run_ids: Iterable[str]) -> list[RunSummary]:
    """Summarize runs; those that are gone or damaged are left out, and it is said if one cannot be read."""
    found = []
    for run_id in run_ids:
        try:
            found.append(shared.jobs().summary(run_id))
        except JobUnreadable as error:
            if not error.damaged:
                state.notice.set(describe_unreadable(error))
    return [summary for summary in found if summary is not None]


def is_own(run: RunJob) -> bool:
    """Whether this visitor began the run, and so may control it."""
    return visitor().jobs.owns(run.id)


def to_replace(config: TrainingConfig) -> list[ListedJob]:
    """Return which of the visitor's own jobs must make room for a run with these settings."""
    try:
        return shared.jobs().to_replace(visitor().jobs, estimated_bytes(config))
    except (JobRefused, OSError):  # pressing Train says why
        return []


def begin_run(config: TrainingConfig, *, paused: bool = False) -> bool:
    """Begin a run and show it. The visitor's own run that is shown stops, and stays for comparison.

    `paused` begins it before its first step, to go on report by report. Returns False, with a notice,
    if it is refused.
    """
    digits, replacing = shared.digits(), state.may_go.get()
    if digits is None:
        return False
    try:
        run = shared.jobs().begin_run(
            config, digits, visitor().jobs, seconds_per_report=_pace(), paused=paused, replacing=replacing
        )
    except JobRefused as refusal:
        state.notice.set(str(refusal))
        return False
    _leave_shown_run()
    show_run(run.id)
    return True


def continue_run(config: TrainingConfig) -> None:
    """Continue the run that is shown; ValueError if the settings are for another input."""
    digits, run = shared.digits(), _own_run()
    if digits is None or run is None:
        return
    pace, replacing = _pace(), state.may_go.get()
    try:
        shared.jobs().continue_run(
            run, config, digits, visitor().jobs, seconds_per_report=pace, replacing=replacing
        )
        state.notice.set("")
    except JobRefused as refusal:
        state.notice.set(str(refusal))


def copy_run() -> None:
    """Copy the run that is shown, so that this visitor can train the copy further."""
    run = shown_run()
    if run is None or not run.history:
        return
    try:
        copy_id = new_id()  # what a run has learned of drawings is on disk before its copy
        personalization = find_personalization(run.id)
        if isinstance(personalization, UnknownPersonalization):
            state.notice.set(
                "This run cannot be copied right now: it has learned handwriting, and the record of that "
                "cannot be read."
            )
            return
        if personalization:
            save_personalization(copy_id, personalization)
        copy = shared.jobs().add_run(
            run.content(), visitor().jobs, run_id=copy_id, replacing=state.may_go.get()
        )
    except JobRefused as refusal:
        state.notice.set(str(refusal))
        return
    except OSError:
        state.notice.set("This run cannot be copied: the server cannot write to its disk.")
        return
    show_run(copy.id)
    state.notice.set("This is your own copy of the run. Press Continue to train it further.")


def adopt_model(model: SoftmaxRegressor, origin: Origin | None = None) -> None:
    """Show a model from a file as a run that can be continued; OSError if it cannot be saved."""
    digits = shared.digits()
    if digits is None:
        return
    try:
        run = shared.jobs().add_run(
            run_of_model(model, digits, origin), visitor().jobs, replacing=state.may_go.get()
        )
    except JobRefused as refusal:
        state.notice.set(str(refusal))
        return
    _leave_shown_run()
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


def go_to_next_report() -> None:
    """Let the run that is shown make one more report, and pause."""
    if run := _own_run():
        run.go_to_next_report()


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
    """Try once more to save the run that is shown, and the list of runs."""
    if run := _own_run():
        shared.jobs().save_again(run)
        visitor().jobs.save()


def can_continue(run: RunJob, config: TrainingConfig) -> bool:
    """Whether a run can be continued with these settings."""
    return run.state.ended and not why_not_continued(run, config)


def why_not_continued(run: RunJob, config: TrainingConfig) -> str:
    """Say why a run that has ended cannot be continued with these settings; empty if it can be."""
    digits = shared.digits()
    if digits is None:
        return "Continue needs the digits, which are not loaded yet."
    if not run.history:
        return "This run ended before it learned anything, so it cannot be continued."
    if run.source != digits.source:
        return "This run learned from other digits than those loaded here, so it cannot be continued."
    if run.config.preprocessing != config.preprocessing:
        return f"Continue needs the input of this run: choose **{run.config.preprocessing}** above."
    if run.config.validation != config.validation:
        held_out = "holds out the same digits" if run.config.validation else "holds out no digits"
        return f"Continue needs a setting under **More** that {held_out}, as in this run."
    return ""


def _own_run() -> RunJob | None:
    run = shown_run()
    return run if run is not None and is_own(run) else None


def _leave_shown_run() -> None:
    run = shown_run()
    if run is None:
        return
    if is_own(run):
        run.stop("It was stopped because a new run was begun in the same browser.")
    state.previous_run.set(run.id if run.history else "")


def _pace() -> float:
    return SLOW_MOTION if state.slow_motion.get() else 0.0
