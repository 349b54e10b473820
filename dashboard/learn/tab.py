"""How it works: the article's steps, with the person's own settings, run and drawing."""

from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from dashboard import session
from dashboard.auto_refresh import auto_refresh
from dashboard.components.pictures import render_pictures
from dashboard.text.lesson import Example, steps
from mnist_core import Preprocessing, SoftmaxRegressor, explain, image_from_canvas

WIDTH = 720  # px: a line of text that is read with ease
READABLE = 1.0  # seconds between two changes of a number at least, or nobody could read it


def render_learn_tab() -> None:
    """Show the steps, and follow a run while it learns."""
    auto_refresh(_how, pause=READABLE)


def _how() -> None:
    digits = session.digits()
    if digits is None:
        st.markdown("Here the steps of the method will be worked through, as soon as the digits are loaded.")
        return
    run, rgba = session.run(), session.drawing()
    drawing = None if rgba is None else image_from_canvas(rgba)
    image = digits.test.images[0] if drawing is None else drawing
    last = run.history[-1] if run and run.history else None
    model = last.model if last else SoftmaxRegressor(session.settings().preprocessing)
    example = Example(
        explanation=explain(model, image),
        name="the test digit" if drawing is None else "your drawing",
        label=int(digits.test.labels[0]) if drawing is None else None,
        model=model,
        config=session.settings(),
        training_digits=len(digits.train),
        test_digits=len(digits.test),
        last=last,
    )
    st.html(Path(__file__).with_name("lesson.css"))
    with st.container(width=WIDTH, key="lesson"):
        st.markdown(_opening(example))
        _picture(image, example)
        for step in steps(example):
            st.markdown(step)


def _opening(example: Example) -> str:
    numbers = f"The numbers on this page are those of {example.name}"
    if example.last is None:
        state = f"{numbers} and of a model that has learned nothing yet. Press **Train**, and they change."
    else:
        state = f"{numbers} and of your run at epoch {example.last.epoch:.4g}."
    own = "" if example.label is None else " Draw a digit of your own under **Draw**, and it is used here."
    return f"All that this program does, in nine steps. {state}{own}"


def _picture(image: Tensor, example: Example) -> None:
    """Show the digit as it was written and, where that is not the same, as the model sees it."""
    captions, images = [example.name], [image]
    if example.model.preprocessing is not Preprocessing.RAW:
        captions.append("as the model sees it")
        images.append(example.explanation.image)
    render_pictures(
        torch.stack(images).numpy(),
        key="how-digit",
        captions=captions,
        descriptions=[example.name, f"{example.name} as the model sees it"][: len(images)],
        size=112,
    )
