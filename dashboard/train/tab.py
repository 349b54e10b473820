"""The Train tab: the numbers, the curves and the weights of a run, while it learns and afterwards."""

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import run_actions, state
from dashboard.address import chosen_settings
from dashboard.auto_refresh import LEARNING, auto_refresh
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.lab.personalized_runs import find_personalization
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import describe_settings, differences
from dashboard.prepare_first import render_prepare_button
from dashboard.ui.button import render_button
from dashboard.ui.chart import prepare_charts, render_chart
from dashboard.ui.film_view import render_film, thinned
from dashboard.ui.invisible import render_live_region
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis, Changes, Quantity, learning_curves
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import weights_on_scale
from dashboard.ui.text import epochs, escape, name_of_digits
from dashboard.visitor import visitor
from mnist_core import Preprocessing, Progress
from mnist_core.data.dataset import counts_of
from mnist_core.training.digits import count_to_learn
from mnist_core.training.worker import State


def render_train_tab(numbers: DeltaGenerator, shown: State | None, *, visible: bool) -> None:
    """Show the curves of a run, with its numbers in a container above the tabs, and follow it as it learns.

    If another tab is open, only the numbers are followed. One fragment renders both, because the browser goes
    through the whole page after each. When the run leaves the state in which the sidebar shows it, the whole
    script is run: at its end, after a step, or when another tab has paused it.
    """
    run = run_actions.shown_run()
    auto_refresh(_render, numbers, shown, visible)
    if not visible:
        _render_run(run, run.state if run else None, run.history if run else ())


def _render(numbers: DeltaGenerator, shown: State | None, visible: bool) -> None:
    run = run_actions.shown_run()
    if run is not None:
        run.watch()
        if visible:
            run.wait_for_beginning()
    run_state = run.state if run else None  # before the history: if it has ended, the history is complete
    history = run.history if run else ()
    with numbers:  # in each run: a refresh may fill only what the run of the whole script has written to
        render_headline(run, run_state, history[-1] if history else None)
    if run_state is not shown or (run and run_state is State.RUNNING and run.wait_for_end(LEARNING)):
        st.rerun()
    if visible:
        _render_run(run, run_state, history)


def _render_run(run: RunJob | None, run_state: State | None, history: Sequence[Progress]) -> None:
    first = st.empty()  # emptied at once by a run: else its curves would push what was there down the page
    if run is None or run_state is None:
        with first.container():
            render_first_screen()
        return
    with st.container(key="learning"):  # page.css places these side by side where there is room
        accuracy = st.container(key="curve")
        learned = st.container(key="learned")
        loss = st.container(key="second-curve")
    _render_curves(run, history, accuracy, loss)
    with learned:
        _render_weights(run, run_state, history)
        _render_what_is_next(run, run_state, history)


# Before the first run


STEPS = """
1. Press **Train**: ten pictures turn into digits while the accuracy climbs from 10 %.
2. **Draw** a digit of your own and see it read, not always rightly.
3. **Prepare the digits first**: the same model then reads far more of them.
4. **Look inside**: every answer can be taken apart, pixel by pixel.
"""


def render_first_screen() -> None:
    """Show real digits, what will be learned from how many, and what to do in which order."""
    prepare_charts()
    digits = shared.digits()
    if digits is None:
        failed = shared.digits_loader().error
        st.markdown(f"The digits {'could not be loaded' if failed else 'are being loaded'}.")
        return
    st.markdown(
        f"These are handwritten digits from {name_of_digits(digits.source)}. A model with one layer of "
        f"weights learns to read them from **{len(digits.train):,} examples**, and is tested on "
        f"**{len(digits.test):,} others** that it never learns from. Training takes a few seconds."
    )
    one_of_each = [int((digits.test.labels == digit).nonzero()[0]) for digit in range(10)]
    render_pictures(
        digits.test.images[one_of_each].numpy(),
        key="first-digits",
        captions=list(map(str, range(10))),
        descriptions=[f"a handwritten {digit}" for digit in range(10)],
        size=72,
    )
    st.button(
        "Settings and training", key="open-settings", type="primary", width="stretch"
    )  # only on a phone
    st.markdown(STEPS)
    st.markdown("Or draw a digit right away, in the tab **Draw**: a model learns while you draw.")


# The numbers above the tabs

LATE = 0.25  # epochs: earlier most of the time goes into reports, and how long a run takes cannot be told
ABOUT_ACCURACY = "The share of the test digits that the model reads correctly. It never learns from these."
ABOUT_LOSS = (
    "How surprised the model is by the right answers: 0 is perfect, guessing is 2.303. This is the mean "
    "cross-entropy over the test digits, in nats."
)
ABOUT_EPOCH = (
    "One epoch is one pass through all training digits. It consists of many steps; each step learns from one "
    "batch."
)


def render_headline(run: RunJob | None, run_state: State | None, last: Progress | None) -> None:
    """Show accuracy, loss and epoch, with a bar for the way to the end and the settings of the run."""
    accuracy = loss = epoch = "–"
    if run and last:
        accuracy = f"{100 * last.test.accuracy:.1f} %"
        loss = f"{last.test.loss:.3f}"
        epoch = _short(last.epoch)
        if not (run.state.ended and find_personalization(run.id)):  # which ends before its last epoch
            epoch += f" of {_short(run.final_epoch)}"
    share = last.epoch / run.final_epoch if run and last else 0.0
    if run and run.trained_elsewhere and last and not last.step:
        settings = f"{run.config.preprocessing} · from a model file, which does not say how it was trained"
    else:
        settings = describe_settings(run.config if run else chosen_settings.get())
    with st.container(horizontal=True, key="headline"):  # page.css brings it into one line
        st.metric("Test accuracy", accuracy, help=ABOUT_ACCURACY)
        st.metric("Test loss", loss, help=ABOUT_LOSS)
        st.metric("Epoch", epoch, help=ABOUT_EPOCH)
        with st.container(key="headline-run"):
            st.progress(min(1.0, share), text=f"{settings}  \n{_sentence(run, run_state, last)}")
        render_live_region(_spoken(run, run_state, last), key="spoken")  # heard, not seen: page.css hides it
    if run and run.unsaved:
        _render_unsaved(run)


def _short(epoch: float) -> str:
    """Write an epoch with at most two decimals, so that it stays narrow, or as 0.002 in the first steps."""
    return f"{epoch:.1g}" if 0 < epoch < 0.01 else f"{epoch:.2f}".rstrip("0").rstrip(".")


def _render_unsaved(run: RunJob) -> None:
    st.warning(
        f"This run could not be saved ({escape(run.unsaved[0])}). It will be lost when the server stops."
    )
    if run_actions.is_own(run) and render_button("Try to save again", key="save-again"):
        run_actions.save_again()
        st.rerun()


def _spoken(run: RunJob | None, run_state: State | None, last: Progress | None) -> str:
    """Return what a screen reader is to announce: once per epoch, not several times a second."""
    if run is None or run_state is None or last is None or last.step == 0:
        return ""
    accuracy = f"{100 * last.test.accuracy:.1f} % of the test digits read correctly"
    if run_state is State.RUNNING:
        epoch = int(last.epoch)
        if not epoch:
            return "Training."
        reached = next(report for report in run.history if report.epoch >= epoch)
        return f"Epoch {epoch}: {100 * reached.test.accuracy:.1f} %."
    if run_state is State.PAUSED:
        return f"Paused at epoch {epochs(last.epoch)}, with {accuracy}."
    return f"The run has ended at epoch {epochs(last.epoch)}, with {accuracy}."


def _sentence(run: RunJob | None, run_state: State | None, last: Progress | None) -> str:
    if run is None or run_state is None:
        return "Not trained yet"
    if run_state is State.FAILED:
        return f"The run failed: {escape(str(run.training.error))}"
    if run_state is State.RUNNING and (waiting := run.waiting):
        others = "1 other is" if waiting.before == 1 else f"{waiting.before} others are"
        return f"Waiting: {others} before you, about {waiting.seconds:.0f} s"
    if last is None:
        return f"Stopped before it began. {run.why_stopped}" if run_state.ended else "Starting"
    if last.step == 0 and run_state.ended:
        return f"Not trained here yet. {run.why_stopped}" if run.why_stopped else "Not trained here yet"
    if run_state is State.RUNNING and last.epoch < LATE:
        return "Training" if last.step else "Starting"
    if run_state is State.RUNNING:
        return f"Training, about {run.seconds_left:.0f} s left"
    steps = f"{last.step:,} {'step' if last.step == 1 else 'steps'}"
    if run.trained_elsewhere:
        return f"From a model file: {steps}. It has not been trained further here."
    if run_state is State.STOPPED and find_personalization(run.id):
        return f"Finished: {steps}. In the last of them it also learned kept drawings."
    return {
        State.PAUSED: f"Paused after {steps}",
        State.FINISHED: f"Finished: {steps} in {last.seconds:.1f} s",
        State.STOPPED: f"Stopped after {steps}. {run.why_stopped or 'The model keeps what it learned.'}",
    }[run_state]


# The curves

ACCURACY_HEIGHT, LOSS_HEIGHT = 320, 200  # px; page.css keeps this room
SIZE = 84  # px of a picture of weights


def _render_curves(
    run: RunJob, history: Sequence[Progress], accuracy: DeltaGenerator, loss: DeltaGenerator
) -> None:
    """Show accuracy and loss of a run in two places, and faintly those of the previous one."""
    over = Axis(
        accuracy.segmented_control(
            "Curves over",
            list(Axis),
            default=Axis.STEP,
            required=True,
            key=state.curves_over.key,
            persist_state="session",
        )
        or Axis.STEP
    )
    falls = "The loss falls as the accuracy rises." if history else "No loss yet."
    with accuracy:
        _render_curve(ACCURACY, run, history, over, _finding(history), ACCURACY_HEIGHT)
    with loss:
        _render_curve(LOSS, run, history, over, falls, LOSS_HEIGHT)


def _render_curve(
    quantity: Quantity,
    run: RunJob,
    history: Sequence[Progress],
    over: Axis,
    description: str,
    height: int,
) -> None:
    previous = run_actions.previous_run()
    other = previous if previous and previous.id != run.id else None
    changes = _changes(run, history, over)
    if quantity is LOSS:  # its figure is too low for words, which stand in the one above
        changes = [(place, "") for place, _ in changes]
    figure = learning_curves(
        quantity,
        history,
        other.history if other else (),
        _end(run, history, over),
        changes,
        over=over,
        previous_name=_name_of(other, run) if other else "",
        gap=bool(run.config.training_digits or run.config.wrong_labels),
    )
    render_chart(
        figure,
        key=quantity.name,
        height=height,
        description=description,
        file_name=f"digit-lab-{quantity.name}",
    )


def _end(run: RunJob, history: Sequence[Progress], over: Axis) -> float:
    """Return the x value that the run will reach, rounded up if it is estimated, so that it stays."""
    if over is Axis.EPOCH:
        return run.final_epoch
    last = history[-1] if history else None
    if over is Axis.STEP:
        if counts := counts_of(run.source):
            return math.ceil(count_to_learn(run.config, counts[0]) / run.config.batch_size) * run.final_epoch
        return last.step / last.epoch * run.final_epoch if last and last.epoch else 1.0
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
        f"Accuracy over the epochs: after {epochs(last.epoch)} epochs {last.test.accuracy:.1%} of the test "
        f"digits and {last.train.accuracy:.1%} of the training digits are read correctly."
    )


# What it has learned

PIXELS = "The weights of each digit. Blue: ink here raises the score of this digit. Orange: it lowers it."
EDGES = (
    "For each digit, the picture whose edges raise its score most: blue is ink, orange the paper around it."
)


def _render_weights(run: RunJob, run_state: State, history: Sequence[Progress]) -> None:
    """Show the weights of each digit as a picture, with the film of how they came about once the run rests.

    While it learns, only the newest pictures travel; but of a first run all, which the browser plays. A run
    that goes step by step or slowly is its own film, and Next and Pause are then its own.
    """
    directions = INPUTS[run.config.preprocessing].is_directions
    st.caption(EDGES if directions else PIXELS)
    if not history:
        return
    first = run_actions.is_own(run) and len(visitor().jobs.runs) == 1
    first = first and not run.training.seconds_per_report and run.state is not State.PAUSED
    reports = thinned(history) if first or run_state is not State.RUNNING else history[-1:]
    render_film(
        reports,
        [weights_on_scale(report.model) for report in reports],
        key="templates",
        run=run.id,
        until=round(_end(run, history, Axis.STEP)),
        learning=not run_state.ended,
        size=SIZE,
        smooth=directions,
        followed=True,
        first=first,
    )
    if run.config.preprocessing is Preprocessing.RAW and history[-1].step <= 1:
        _explain_first_step(history[-1].step)


def _explain_first_step(step: int) -> None:
    """Say what the first step does to the weights of raw pixels, when a run is paused there."""
    if step == 0:
        st.markdown(
            "Before the first step all weights are zero: every digit gets the same probability. Press "
            "**Next** to see what the first batch changes."
        )
    else:
        st.markdown(
            "After one step, the weights of each digit are the mean image of this digit in the batch, "
            "weighted by how often it occurs there, minus a tenth of the mean of all images, times the "
            "learning rate. The first step simply compares averages."
        )


# What comes next


def _render_what_is_next(run: RunJob, run_state: State, history: Sequence[Progress]) -> None:
    """Offer what to do once a run has ended, and say what preparing the digits has changed."""
    if not run_state.ended or not history or not history[-1].step:
        return
    if change := _what_preparing_changed(run, history[-1]):
        st.markdown(change)
    with st.container(horizontal=True, key="what-next"):
        if render_button("Draw a digit", key="draw-next", icon=":material/draw:"):
            state.set_controls_next_run({state.tab.key: "Draw"})
            st.rerun()  # the tabs too, which are not part of this fragment
        render_prepare_button(run, key="prepare-train")


def _what_preparing_changed(run: RunJob, last: Progress) -> str:
    before = run_actions.previous_run()
    if before is None or not before.history or not INPUTS[run.config.preprocessing].steps:
        return ""
    same = replace(run.config, preprocessing=Preprocessing.RAW)
    if before.config.preprocessing is not Preprocessing.RAW or differences(before.config, same):
        return ""
    raw, prepared = (100 * report.test.accuracy for report in (before.history[-1], last))
    gain = f"**{raw:.1f} % → {prepared:.1f} %**"
    return f"{gain} with the same 7,850 numbers: only the digits were prepared first."
