"""The lesson: the parts of the method, with the person's own settings, run and drawing."""

from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from dashboard import run_actions
from dashboard.address import chosen_settings
from dashboard.draw import state as draw_state
from dashboard.lab.digits_loader import example_digit
from dashboard.lab.inputs import INPUTS
from dashboard.learn.words import Example, inputs_opening, parts
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import render_star_legend
from mnist_core import (
    Digits,
    Explanation,
    SoftmaxRegressor,
    explain,
    preprocess,
    preprocessed_digits,
)
from mnist_core.inference.attribution import explain_preprocessed

WIDTH = 720  # px: longer lines are hard to read
SIZE = 112  # px of a picture


def render_lesson(digits: Digits) -> None:
    """Show the parts, with the newest weights."""
    run, prepared = run_actions.shown_run(), draw_state.reading.get().drawing
    drawing = None if prepared is None else prepared.centred
    number = example_digit(digits)
    image = digits.test.images[number] if drawing is None else drawing
    last = run.history[-1] if run and run.history else None
    model = last.model if last else SoftmaxRegressor(chosen_settings.get().preprocessing)
    if last and drawing is None:
        with st.spinner("Preparing the test digits"):  # only the first time
            explanation = _explain_as_elsewhere(model, digits, number)
    else:
        explanation = explain(model, image)
    example = Example(
        explanation=explanation,
        name="the test digit" if drawing is None else "your drawing",
        label=int(digits.test.labels[number]) if drawing is None else None,
        model=model,
        config=chosen_settings.get(),
        training_digits=len(digits.train),
        test_digits=len(digits.test),
        last=last,
    )
    st.html(Path(__file__).with_name("lesson.css"))
    with st.container(width=WIDTH, key="lesson"):
        st.markdown(_opening(example))
        _render_digit(image, example)
        first, *others = parts(example)
        st.markdown(first)
        _render_inputs(image, example)
        for part in others:
            st.markdown(part)


def _explain_as_elsewhere(model: SoftmaxRegressor, digits: Digits, number: int) -> Explanation:
    """Explain a test digit with the same numbers as Look inside; see `explain_preprocessed`."""
    return explain_preprocessed(model, preprocessed_digits(digits, model.preprocessing).test.images[number])


def _opening(example: Example) -> str:
    numbers = f"The numbers on this page are those of {example.name}"
    if example.last is None:
        state = f"{numbers} and of an untrained model. Press **Train** to see them change."
    else:
        state = f"{numbers} and of your run at epoch {example.last.epoch:.4g}."
    own = "" if example.label is None else " Draw a digit in the tab **Draw** to use it here instead."
    return (
        "The whole method in nine parts. It is called **softmax regression**, or multinomial logistic "
        f"regression, and it learns by stochastic gradient descent on mini-batches. {state}{own}"
    )


def _render_digit(image: Tensor, example: Example) -> None:
    """Show the digit as it was written and, if that is different, as the model sees it."""
    captions, images = [example.name], [image]
    if INPUTS[example.model.preprocessing].steps:
        captions.append("as the model sees it")
        images.append(example.explanation.image)
    render_pictures(
        torch.stack(images).numpy(),
        key="how-digit",
        captions=captions,
        descriptions=[example.name, f"{example.name} as the model sees it"][: len(images)],
        size=SIZE,
        stars=[1] if INPUTS[example.model.preprocessing].is_directions else [],
    )


def _render_inputs(image: Tensor, example: Example) -> None:
    """Show the digit through each kind of input, with a sentence on each."""
    st.markdown(inputs_opening(example.name, example.model.preprocessing))
    images = torch.cat([preprocess(image[None], how) for how in INPUTS])
    names = [how.value for how in INPUTS]
    render_pictures(
        images.numpy(),
        key="four-inputs",
        captions=names,
        descriptions=[f"{example.name} with the input {name}" for name in names],
        size=SIZE,
        stars=[place for place, one in enumerate(INPUTS.values()) if one.is_directions],
    )
    st.markdown("\n".join(f"- **{how}**: {one.comparison}" for how, one in INPUTS.items()))
    render_star_legend(key="lesson-star")
