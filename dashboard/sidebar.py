"""The controls: the settings of the next run, and what to do with the present one."""

import streamlit as st
import torch

from dashboard import session
from dashboard.choices import (
    ARTICLE,
    BATCH_SIZES,
    INPUTS,
    LARGEST_SEED,
    LEARNING_RATES,
    MOST_EPOCHS,
    write_batch_size,
    write_learning_rate,
)
from dashboard.pictures import pictures
from dashboard.registry import LiveRun
from mnist_core import State, TrainingConfig, normalize

REPORTS = 40  # of a run, about: enough for a smooth curve, few enough to cost little

LEANING = {"mnist": 4350, "sample": 132}  # a test digit on which the three kinds of input differ well
LOOK = 0.25  # seconds between two looks at how far the digits are

GOING = (State.RUNNING, State.PAUSED)


def sidebar() -> None:
    """Show the controls and carry out what was pressed."""
    st.title("Digit Lab", anchor=False)
    st.caption("Teach one layer of weights to read handwritten digits, then draw one yourself.")
    config = _settings()
    session.set_settings(config)
    _controls(config)
    _digits()


def _settings() -> TrainingConfig:
    batch_size = st.select_slider(
        "Batch size",
        BATCH_SIZES,
        ARTICLE.batch_size,
        format_func=write_batch_size,
        key="batch_size",
        bind="query-params",
        help="How many digits are looked at before each step. Small batches take many noisy steps, "
        "large ones few steady steps.",
    )
    learning_rate = st.select_slider(
        "Learning rate",
        LEARNING_RATES,
        ARTICLE.learning_rate,
        format_func=write_learning_rate,
        key="learning_rate",
        bind="query-params",
        help="How far each step goes down the slope of the loss. Too small learns slowly, too large "
        "overshoots.",
    )
    epochs = st.slider(
        "Epochs",
        1,
        MOST_EPOCHS,
        ARTICLE.epochs,
        key="epochs",
        bind="query-params",
        help="How many times the model goes through all the training digits.",
    )
    normalization = st.segmented_control(
        "Input",
        list(INPUTS),
        default=ARTICLE.normalization,
        required=True,
        format_func=INPUTS.__getitem__,
        key="normalization",
        bind="query-params",
        help="What is done to a digit before the model sees it: nothing, as in the article; set upright; "
        "or set upright and brought to one size.",
    )
    _inputs()
    with st.expander("More"):
        seed = st.number_input(
            "Seed",
            0,
            LARGEST_SEED,
            ARTICLE.seed,
            key="seed",
            bind="query-params",
            help="Decides the order of the digits. The same seed gives the same run again.",
        )
    return TrainingConfig(
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=epochs,
        seed=seed,
        normalization=normalization or ARTICLE.normalization,
        reports_per_epoch=max(1, round(REPORTS / epochs)),
    )


def _inputs() -> None:
    """Show what each kind of input makes of the same digit."""
    digits = session.digits()
    if digits is None:
        return
    image = digits.test.images[LEANING[digits.source]][None]
    pictures(
        torch.cat([normalize(image, how) for how in INPUTS]).numpy(),
        key="inputs",
        captions=list(INPUTS.values()),
        descriptions=[f"a leaning 2, {name}" for name in INPUTS.values()],
        size=64,
    )


def _controls(config: TrainingConfig) -> None:
    run = session.run()
    state = run.state if run else None
    if st.button("Train", type="primary", disabled=session.digits() is None, width="stretch"):
        session.begin_run(config)
        st.rerun()
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
        help="Four reports a second, to follow and to talk over.",
    )
    retrain = st.toggle(
        "Retrain as I move",
        key="retrain",
        help="Begin anew at each change of the settings. The run before stays as a faint line.",
    )
    if run is None:
        return
    if first:
        _pause_or_go_on(run, state, config)
    elif step:
        run.training.step()
    elif stop:
        run.training.stop()
        run.training.join(1)
    elif retrain and run.config != config:
        session.begin_run(config)
    else:
        return
    st.rerun()


def _can_go_on(run: LiveRun | None, config: TrainingConfig) -> bool:
    digits = session.digits()
    return (
        run is not None
        and digits is not None
        and run.history != ()
        and run.source == digits.source
        and run.config.normalization == config.normalization
    )


def _pause_or_go_on(run: LiveRun, state: State | None, config: TrainingConfig) -> None:
    if state is State.RUNNING:
        run.training.pause()
    elif state is State.PAUSED:
        run.training.resume()
    else:
        session.go_on(config)


def _digits() -> None:
    loading = session.loading()
    st.fragment(_loading, run_every=LOOK if loading.doing else None)(loading.digits is None)
    digits = loading.digits
    if digits is None:
        return
    counts = f"{len(digits.train):,} to learn from, {len(digits.test):,} to test with"
    if digits.source == "mnist":
        st.caption(f"The digits of MNIST: {counts}.")
        return
    st.caption(f"A sample of MNIST: {counts}. {digits.note}")
    if st.button("Try the download again"):
        session.load_again()
        st.rerun()


def _loading(waited_for: bool) -> None:
    """Show how far the digits are; run the whole page again when they have come."""
    loading = session.loading()
    if loading.doing:
        words, share = loading.doing
        st.progress(share, text=f"{words}, {share:.0%}")
    elif loading.error:
        st.error(f"The digits cannot be loaded: {loading.error}")
        if st.button("Try again"):
            session.load_again()
            st.rerun()
    if waited_for and loading.digits:
        st.rerun()
