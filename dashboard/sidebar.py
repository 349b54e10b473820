"""The controls: the settings of the next run, and what to do with the present one."""

import streamlit as st

from dashboard import session
from mnist_core import Normalization, State, TrainingConfig

BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
LEARNING_RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
MOST_EPOCHS = 50
REPORTS = 40  # of a run, about: enough for a smooth curve, few enough to cost little

ARTICLE = TrainingConfig()

INPUTS = {
    Normalization.RAW: "raw",
    Normalization.DESKEW: "deskewed",
    Normalization.MOMENTS: "moments",
}


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
        format_func=lambda size: f"{size:,}",
        key="batch_size",
        bind="query-params",
        help="How many digits are looked at before each step. Small batches take many noisy steps, "
        "large ones few steady steps.",
    )
    learning_rate = st.select_slider(
        "Learning rate",
        LEARNING_RATES,
        ARTICLE.learning_rate,
        format_func=lambda rate: f"{rate:g}",
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
    with st.expander("More"):
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
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


def _controls(config: TrainingConfig) -> None:
    run = session.run()
    state = run.state if run else None
    going = state in (State.RUNNING, State.PAUSED)
    with st.container(horizontal=True):
        if st.button("Train", type="primary", disabled=session.digits() is None, width="stretch"):
            session.begin_run(config)
            st.rerun()
        if st.button("Stop", disabled=not going, width="stretch") and run:
            run.training.stop()
            run.training.join(1)
            st.rerun()


def _digits() -> None:
    digits = session.digits()
    if digits is None:
        return
    if digits.source == "mnist":
        st.caption("60,000 digits of MNIST to learn from, 10,000 to test with.")
        return
    st.caption(
        f"A sample of MNIST: {len(digits.train):,} digits to learn from, {len(digits.test):,} to test with. "
        f"{digits.note}"
    )
    if st.button("Try the download again"):
        session.load_again()
        st.rerun()
