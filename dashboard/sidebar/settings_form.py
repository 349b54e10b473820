"""The settings of the next run: presets, batch size, learning rate, epochs, kind of input, and more."""

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.lab.setting_choices import (
    ALL,
    BATCH_SIZES,
    DEFAULTS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_SEED,
    PRESETS,
    TRAINING_DIGITS,
    WRONG_LABELS,
    control_values,
    digits_to_hold_out,
    with_reports,
    write_count,
    write_learning_rate,
    write_share,
)
from mnist_core import TrainingConfig

ABOUT_PRESETS = """
**The article** that this page follows takes the 784 pixels of MNIST as they are, one layer of weights and a
bias, all zero at the start, softmax and the mean cross-entropy. It learns in batches of 100 with a learning
rate of 0.01 for 10 epochs, and prints the test accuracy as it trains.

**Prepared digits**: the same, except that the digits are prepared first. **Best reader**: that with a higher
learning rate. **Too fast**: raw pixels, with steps that overshoot.
"""


def render_settings_form() -> TrainingConfig:
    """Render the controls and return the settings that they show."""
    presets = st.container(key="presets")  # page.css keeps room for them
    batch_size = st.select_slider(
        "Batch size",
        BATCH_SIZES,
        _default("batch_size"),
        key="batch_size",
        help="How many digits the model looks at before each step. Small batches take many noisy steps, "
        "large ones few steady steps.",
    )
    learning_rate = st.select_slider(
        "Learning rate",
        LEARNING_RATES,
        _default("learning_rate"),
        format_func=write_learning_rate,
        key="learning_rate",
        help="How far each step goes down the slope of the loss. If it is too small, learning is slow; if it "
        "is too large, steps overshoot.",
    )
    epochs = st.slider(
        "Epochs",
        1,
        MAX_EPOCHS,
        _default("epochs"),
        key="epochs",
        help="How many times the model goes through all the training digits.",
    )
    preprocessing = st.segmented_control(
        "Input",
        list(INPUTS),
        default=_default("preprocessing"),
        required=True,
        format_func=str,
        key="preprocessing",
        help="What is done to a digit before the model sees it.",
    )
    st.caption(INPUTS[preprocessing or DEFAULTS.preprocessing].choice)
    with st.expander("More"):
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            _default("seed"),
            key="seed",
            help="Determines the order of the digits. The same seed gives the same run again.",
        )
        digits = shared.digits()
        count, available = digits_to_hold_out(digits)
        hold_out = st.checkbox(
            f"Hold out {count:,} digits for validation",
            _default("validation"),
            key="validation",
            help=f"The last {count:,} training digits are then not learned from. Choose settings by the "
            "accuracy on them, and the test digits stay unseen until the end.",
        )
        training_digits = st.select_slider(
            "Training digits",
            TRAINING_DIGITS,
            _default("training_digits"),
            format_func=write_count,
            key="training_digits",
            help="Learns only so many, chosen at random by the seed. From few digits a model can learn every "
            "one by heart and still misread others.",
        )
        wrong_labels = st.select_slider(
            "Wrong labels",
            WRONG_LABELS,
            _default("wrong_labels"),
            format_func=write_share,
            key="wrong_labels",
            help="This share of the digits is learned as another digit, chosen at random by the seed. The "
            "labels of the test digits stay right.",
        )
        available -= count if hold_out else 0
        wanted = available if training_digits == ALL else min(int(training_digits), available)
        st.caption(_what_is_learned(training_digits, wanted, batch_size))
    config = TrainingConfig(
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=epochs,
        seed=seed,
        preprocessing=preprocessing or DEFAULTS.preprocessing,
        validation=count if hold_out else 0,
        training_digits=wanted if wanted < available else None,
        wrong_labels=wrong_labels,
    )
    with presets:
        _render_presets(config)
    shared.prepare(config)
    return with_reports(config)


def _default(name: str) -> Any:
    return state.last_set(name, control_values(DEFAULTS)[name])


def _what_is_learned(asked: int | str, learned: int, batch_size: int) -> str:
    """Say if there are fewer digits than were asked for, and if they make a single batch; else nothing."""
    said = []
    if asked not in (ALL, learned):
        said.append(f"There are only {learned:,} digits to learn from: all of them are learned.")
    if batch_size > learned:
        said.append(f"A batch of {batch_size:,} is more than these {learned:,} digits: an epoch is one step.")
    return " ".join(said)


def _render_presets(config: TrainingConfig) -> None:
    """Offer settings that are worth a try; the one that the controls show is marked."""
    same = {name for name, preset in PRESETS.items() if preset == replace(config, validation=0)}
    key = state.set_choice("preset", next(iter(same), None), harmless=(None,))
    st.pills("Presets", list(PRESETS), key=key, on_change=_apply_preset, help=ABOUT_PRESETS)


def _apply_preset() -> None:
    name = state.chosen("preset")
    if name is not None:
        values = control_values(PRESETS[name])
        state.set_controls({key: value for key, value in values.items() if key != "validation"})
