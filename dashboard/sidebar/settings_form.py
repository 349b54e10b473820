"""The settings of the next run: batch size, learning rate, epochs, kind of input, seed."""

from functools import cache

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from dashboard import session
from dashboard.components.pictures import render_pictures
from dashboard.setting_choices import (
    ARTICLE,
    BATCH_SIZES,
    INPUTS,
    LARGEST_SEED,
    LEARNING_RATES,
    MOST_EPOCHS,
    write_batch_size,
    write_learning_rate,
)
from mnist_core import TrainingConfig, preprocess

REPORTS = 20  # of a run, about: enough for a smooth curve, few enough to cost little
LEANING = {"mnist": 4350, "sample": 132}  # a test digit on which the three kinds of input differ well


def render_settings_form() -> TrainingConfig:
    """Show the controls and give what they say."""
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
    preprocessing = st.segmented_control(
        "Input",
        list(INPUTS),
        default=ARTICLE.preprocessing,
        required=True,
        format_func=INPUTS.__getitem__,
        key="preprocessing",
        bind="query-params",
        help="What is done to a digit before the model sees it: nothing, as in the article; set upright; "
        "or also brought to one size and its strokes hatched by direction.",
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
        preprocessing=preprocessing or ARTICLE.preprocessing,
        reports_per_epoch=max(1, round(REPORTS / epochs)),
    )


def _inputs() -> None:
    """Show what each kind of input makes of the same digit."""
    digits = session.digits()
    if digits is None:
        return
    leaning = digits.test.images[LEANING[digits.source]]
    render_pictures(
        _each_input_of(leaning.numpy().tobytes()),
        key="inputs",
        captions=["raw, the article's", *list(INPUTS.values())[1:]],
        descriptions=[f"a leaning 2, {name}" for name in INPUTS.values()],
        size=64,
    )


@cache  # 8 ms, and the page asks for it at each change
def _each_input_of(ink: bytes) -> NDArray[np.uint8]:
    image = torch.frombuffer(bytearray(ink), dtype=torch.uint8).view(1, 28, 28)
    return torch.cat([preprocess(image, how) for how in INPUTS]).numpy()
