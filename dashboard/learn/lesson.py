"""The lesson: the parts of the method, with the person's own settings, run and drawing."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from dashboard import run_actions, state
from dashboard.address import chosen_settings
from dashboard.draw import state as draw_state
from dashboard.lab.digits_loader import example_digit
from dashboard.lab.inputs import INPUTS
from dashboard.learn.computed_once import lesson_report
from dashboard.learn.figures import exponential, layer_diagram, negative_logarithm, valley
from dashboard.learn.words import Example, inputs_opening, parts
from dashboard.ui.chart import render_chart
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import render_star_legend
from dashboard.ui.text import epochs
from mnist_core import (
    Digits,
    Preprocessing,
    Progress,
    SoftmaxRegressor,
    Split,
    explain,
    preprocess,
)

WIDTH = 720  # px: longer lines are hard to read
SIZE = 112  # px of a picture
PRODUCT = 168  # px of those that are multiplied
VALLEY = 1_000  # training digits whose loss is drawn


def render_lesson(digits: Digits) -> None:
    """Show the parts, with the newest weights of a model for raw pixels."""
    last, own = _report(digits)
    prepared = draw_state.reading.get().drawing
    drawing = None if prepared is None else prepared.centred
    number = example_digit(digits)
    image = digits.test.images[number] if drawing is None else drawing
    model = last.model if last else SoftmaxRegressor(Preprocessing.RAW)
    config = chosen_settings.get()
    example = Example(
        explanation=explain(model, image),
        name="the test digit" if drawing is None else "your drawing",
        label=int(digits.test.labels[number]) if drawing is None else None,
        model=model,
        config=config,
        training_digits=min(config.training_digits or len(digits.train), len(digits.train)),
        test_digits=len(digits.test),
        last=last,
        own=own,
    )
    pictures: dict[int, Callable[[], None]] = {  # after which part
        1: lambda: _render_layer(example),
        2: lambda: _render_products(example),
        3: lambda: _render_exponential(example),
        4: lambda: _render_logarithm(example),
        6: lambda: _render_valley(digits),
    }
    st.html(Path(__file__).with_name("lesson.css"))
    with st.container(width=WIDTH, key="lesson"):
        st.markdown(_opening(example))
        render_pictures(
            image[None].numpy(),
            key="how-digit",
            captions=[example.name],
            descriptions=[example.name],
            size=SIZE,
        )
        for place, part in enumerate(parts(example)):
            st.markdown(part)
            if place in pictures:
                pictures[place]()
        _render_inputs(image, example)


def _report(digits: Digits) -> tuple[Progress | None, bool]:
    """Return the newest report of the run that is shown, and True, if its input is raw pixels.

    For a run with another input, return the end of one with raw pixels, and False.
    """
    run = run_actions.shown_run()
    last = run.history[-1] if run and run.history else None
    if last is None or last.model.preprocessing is Preprocessing.RAW:
        return last, True
    with st.spinner("Training a model with raw pixels for this page"):  # only the first time
        return lesson_report.get(digits).result(), False


def _opening(example: Example) -> str:
    numbers = f"The numbers on this page are those of {example.name}"
    if example.last is None:
        whose = f"{numbers} and of an untrained model. Press **Train** to see them change."
    elif example.own:
        whose = f"{numbers} and of your run at epoch {epochs(example.last.epoch)}."
    else:
        whose = (
            f"{numbers} and of a run with raw pixels that was trained for it: your own run has another "
            "input, which comes last on this page."
        )
    drawn = "" if example.label is None else " Draw a digit in the tab **Draw** to use it here instead."
    return (
        "The whole method in eleven parts. It is called **softmax regression**, or multinomial logistic "
        "regression (*multinomial*: of more than two kinds), and it learns by stochastic gradient descent on "
        f"mini-batches. {whose}{drawn}"
    )


def _render_layer(example: Example) -> None:
    digit = _digit(example)
    render_chart(
        layer_diagram(digit),
        key="lesson-layer",
        height=300,
        description="The layer: each of the 784 pixels is connected with each of the ten sums by one weight.",
        file_name="digit-lab-layer",
    )
    st.caption(
        f"One line is one weight. In colour, those of the digit {digit}: 784, of which nine are drawn."
    )


def _render_products(example: Example) -> None:
    """Show the ink, the weights of a digit, and their product, whose sum is xW."""
    digit = _digit(example)
    ink = example.explanation.image.float() / 255
    weights = example.model.linear.weight.detach()[digit].view(28, 28)
    signed = torch.stack([weights, ink * weights])
    with st.container(horizontal=True):
        with st.container(width=PRODUCT):
            render_pictures(
                example.explanation.image[None].numpy(),
                key="lesson-ink",
                captions=["ink"],
                descriptions=[f"the ink of {example.name}"],
                size=PRODUCT,
            )
        with st.container(width=2 * PRODUCT + 16):
            render_pictures(
                (signed / signed.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1e-9)).numpy(),
                key="lesson-weights",
                captions=[f"times the weights of {digit}", "= what each pixel adds"],
                descriptions=[f"the weights of {digit}", "their product: what each pixel adds"],
                size=PRODUCT,
            )
    untrained = " They are all zero so far." if example.last is None else ""
    st.caption(f"Blue is positive, orange negative: ink on orange speaks against {digit}.{untrained}")


def _render_exponential(example: Example) -> None:
    render_chart(
        exponential([float(logit) for logit in example.explanation.logits]),
        key="lesson-exponential",
        height=220,
        description="e to the power of z is always positive, and grows faster and faster: the highest of the "
        "ten logits gets most of the whole.",
        file_name="digit-lab-exponential",
    )


def _render_logarithm(example: Example) -> None:
    render_chart(
        negative_logarithm([float(share) for share in example.explanation.probabilities]),
        key="lesson-logarithm",
        height=220,
        description="Minus the logarithm of p falls from far above, where p is small, to zero, where p is 1.",
        file_name="digit-lab-logarithm",
    )
    st.caption("Each point is a digit with its probability. Those below 0.5 % are too far up to be shown.")


def _render_valley(digits: Digits) -> None:
    sample = Split(digits.train.images[:VALLEY], digits.train.labels[:VALLEY])
    render_chart(
        state.last_result("valley", lambda _: valley(sample), digits),
        key="lesson-valley",
        height=280,
        description="The loss after one step, over its length: it falls to a lowest point and"
        "rises again. A short step ends lower, one that is too long ends higher than it began.",
        file_name="digit-lab-valley",
    )
    st.caption(
        f"The loss of {len(sample):,} training digits after two steps of length 1 and a third one, computed "
        "for each length of the third. What is short and what is too long changes from place to place."
    )


def _digit(example: Example) -> int:
    return int(example.explanation.ranking[0]) if example.label is None else example.label


def _render_inputs(image: Tensor, example: Example) -> None:
    """Show the digit through each kind of input, with a sentence on each."""
    st.markdown(inputs_opening(example.name))
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
