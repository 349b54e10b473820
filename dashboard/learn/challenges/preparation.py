"""What does preparation do? One drawing, handed to a model in several ways."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dashboard.draw import state as draw_state
from dashboard.lab.inputs import COUNTS, INPUTS
from dashboard.learn import state as learn_state
from dashboard.learn.challenges.attempts import (
    attempt_at,
    drafted,
    mark_done,
    render_commit,
    render_computation,
    render_guess,
)
from dashboard.learn.computed_once import Readers, input_readers
from dashboard.learn.leaning_digit import leaning_digit, placement
from dashboard.room.guesses import Choice, Question
from dashboard.ui.pictures import render_pictures
from dashboard.ui.text import confidence, percent, table
from mnist_core import Digits, Preprocessing, preprocess
from mnist_core.model import likeliest_digits
from mnist_core.preprocessing.drawing import prepare_drawing, shrink

READERS = {"shrunk": "raw pixels, just shrunk"} | {how.value: how.value for how in INPUTS}
EXAMPLE = "example"
NONE = "none"
UPRIGHT = 3  # degrees: a smaller lean is hardly seen


class Guess(NamedTuple):
    """Which readers are expected to be right; the digit that was drawn, None for the example."""

    right: tuple[str, ...]
    digit: int | None


class Reading(NamedTuple):
    """What one reader answers, and how sure it is, 0 to 1; and its accuracy on the test digits."""

    digit: int
    sure: float
    accuracy: float


class Measures(NamedTuple):
    """Of the drawing: pixels off the centre and high if just shrunk; degrees of lean before and after."""

    off_centre: float
    height: int
    lean: float
    lean_after: float


def write_guess(right: Collection[str], digit: int | None) -> str:
    """Write a guess."""
    readers = ".".join(name for name in READERS if name in right) or NONE
    return f"{readers}:{EXAMPLE if digit is None else digit}"


def read_guess(guess: str) -> Guess | None:
    """Read a guess; None for anything else."""
    readers, _, digit = guess.partition(":")
    names = () if readers == NONE else tuple(readers.split("."))
    if not set(names) <= READERS.keys() or len(set(names)) < len(names):
        return None
    if digit == EXAMPLE:
        return Guess(names, None)
    return Guess(names, int(digit)) if digit in set("0123456789") else None


def describe_preparation(
    expected: Collection[str], readings: Mapping[str, Reading], digit: int, measures: Measures
) -> list[str]:
    """Say who reads the drawing correctly, how good the guess was, and what preparation changes."""
    return [
        _result(expected, readings, digit),
        _placement(readings, digit, measures),
        _lean(measures),
        _size(readings, digit),
        _accuracies(readings),
    ]


def reading_rows(
    expected: Collection[str], readings: Mapping[str, Reading], digit: int
) -> list[Sequence[str]]:
    """List for each reader its name, its answer, whether that is right, what was expected, and its accuracy.

    What was expected rightly has a mark.
    """
    rows: list[Sequence[str]] = []
    for name, reading in readings.items():
        right = reading.digit == digit
        answer = f"{reading.digit} ({confidence(reading.sure)})"
        foreseen = (name in expected) == right
        expectation = ("right" if name in expected else "wrong") + (" ✓" if foreseen else "")
        accuracy = "–" if name == "shrunk" else percent(reading.accuracy)
        rows.append((READERS[name], answer, "right" if right else "wrong", expectation, accuracy))
    return rows


def _result(expected: Collection[str], readings: Mapping[str, Reading], digit: int) -> str:
    right = [name for name, reading in readings.items() if reading.digit == digit]
    agreed = sum((name in expected) == (name in right) for name in readings)
    who = ", ".join(READERS[name] for name in right)
    count = "All" if len(right) == len(READERS) else COUNTS[len(right)].capitalize()
    text = f"{count} of the {COUNTS[len(READERS)]} {'reads' if len(right) == 1 else 'read'} it as {digit}"
    text += f": {who}." if 0 < len(right) < len(readings) else "."
    return f"{text} You expected {agreed} of the {COUNTS[len(READERS)]} answers rightly."


def _placement(readings: Mapping[str, Reading], digit: int, measures: Measures) -> str:
    text = (
        f"Just shrunk, the digit is {measures.height} pixels high, and its centre of mass is "
        f"{measures.off_centre:.1f} pixels from the middle. The digits of MNIST were all fitted into 20 × 20 "
        "pixels and centred, and each weight belongs to one pixel."
    )
    shrunk, raw = (readings[name].digit == digit for name in ("shrunk", "raw"))
    if raw and not shrunk:
        return f"{text} Done to your digit, this alone makes the answer right."
    if shrunk and not raw:
        return f"{text} For this digit, the answer was right without that, and is wrong with it."
    return f"{text} For this digit, that does not decide whether the answer is right."


def _lean(measures: Measures) -> str:
    side = "right" if measures.lean > 0 else "left"
    if abs(measures.lean) < UPRIGHT:
        return f"It leans by less than {UPRIGHT} degrees, so there is little for **deskew** to undo."
    after = f"after **deskew**, by {abs(measures.lean_after):.0f}"
    return f"It leans to the {side} by {abs(measures.lean):.0f} degrees; {after}."


def _size(readings: Mapping[str, Reading], digit: int) -> str:
    text = (
        "**moments** also brings it to one width and height, so that narrow and wide digits have their ink "
        "in the same places."
    )
    deskew, moments = (readings[name].digit == digit for name in ("deskew", "moments"))
    if moments and not deskew:
        text += " Done to your digit, that makes the answer right."
    return (
        f"{text} **directions** then says at 7 × 7 places which way the strokes run, which ink alone does "
        "not tell."
    )


def _accuracies(readings: Mapping[str, Reading]) -> str:
    prepared = [(READERS[name], reading) for name, reading in readings.items() if name != "shrunk"]
    listed = ", ".join(f"{name} {percent(reading.accuracy)}" for name, reading in prepared)
    return (
        f"One digit shows little. Over all test digits: {listed}. The model is the same each time, 7,850 "
        "numbers. Each weight belongs to one place of the picture, so digits of one kind have to have "
        "their ink in the same places before weights can say anything about them. Preparation sees to that."
    )


NAME = "preparation"
SIZE = 120  # px of a picture


QUESTION = (
    f"The same drawing can be handed to a model in {COUNTS[len(READERS)]} ways. Each input has a model of "
    "its own, which was trained with it; *just shrunk* asks the model for raw pixels. Which of them will "
    "read it correctly?"
)
# The example: a test digit that people read at once, and that tells the inputs apart once it leans.
TELLING = {"mnist": 362, "sample": 53}


def preparation_question(_: Digits) -> Question:
    """Say what is asked, and how a guess is read."""

    def read(guess: str) -> tuple[frozenset[str]] | None:
        known = read_guess(guess)
        return None if known is None else (frozenset(known.right),)

    return Question(QUESTION, (Choice("read it correctly", READERS),), read)


def render_preparation_challenge(digits: Digits) -> None:
    """Let it be guessed which readers are right, train them, and show what they answer."""
    guess = read_guess(attempt_at(NAME).guess)
    ink = learn_state.prepared_ink.get()
    if guess is None or (guess.digit is not None and ink is None):  # the drawing went with the last visit
        _ask(digits)
        return
    number = TELLING.get(digits.source, 0)
    digit = int(digits.test.labels[number]) if guess.digit is None else guess.digit
    if guess.digit is None or ink is None:
        ink = leaning_digit(digits.test.images[number])
    expected = ", ".join(READERS[name] for name in guess.right) or "none of them"
    render_guess(QUESTION, f"these read it as {digit}: {expected}.")
    _render_inputs(ink)
    readers = render_computation(
        NAME,
        input_readers,
        digits,
        label=f"Train the {COUNTS[len(INPUTS)]} models",
        about="Four models are trained, one for each input: three epochs, a learning rate of 0.5.",
        training=f"The {COUNTS[len(INPUTS)]} models are training.",
    )
    if readers is not None:
        _reveal(_inputs(ink), digit, guess, readers)


def _ask(digits: Digits) -> None:
    own = draw_state.reading.get().ink
    ink = leaning_digit(digits.test.images[TELLING.get(digits.source, 0)]) if own is None else own
    st.markdown(QUESTION)
    st.caption(
        "This is a test digit, placed as somebody may draw it. For a digit of your own, draw one in the "
        "tab **Draw** and come back."
        if own is None
        else "This is your drawing from the tab **Draw**."
    )
    _render_inputs(ink)
    digit: int | None = None
    if own is not None:
        digit = st.segmented_control("What did you draw?", range(10), key="preparation-digit")
    before = read_guess(drafted(NAME))
    right = st.pills(
        "Which of them will read it correctly?",
        list(READERS),
        format_func=READERS.__getitem__,
        selection_mode="multi",
        default=before.right if before else None,
        key="preparation-right",
    )
    missing = own is not None and digit is None
    guess = "" if missing else write_guess(right, digit)
    learn_state.prepared_ink.set(own)
    render_commit(NAME, guess, "Say first what you drew.")


def _inputs(ink: Tensor) -> dict[str, Tensor]:
    """Return what each reader gets, (28, 28) uint8 each."""
    drawing = prepare_drawing(ink)
    centred = shrink(ink) if drawing is None else drawing.centred
    names = [name for name in READERS if name != "shrunk"]
    prepared = {name: preprocess(centred[None], Preprocessing(name))[0] for name in names}
    return {"shrunk": shrink(ink), **prepared}


def _render_inputs(ink: Tensor) -> None:
    images = _inputs(ink)
    render_pictures(
        torch.stack(list(images.values())).numpy(),
        key="preparation-inputs",
        captions=["just shrunk", *list(images)[1:]],
        descriptions=[f"the drawing for the reader {name}" for name in READERS.values()],
        size=SIZE,
        stars=[list(images).index(how) for how, one in INPUTS.items() if one.is_directions],
    )


def _reveal(images: Mapping[str, Tensor], digit: int, guess: Guess, readers: Readers) -> None:
    readings = {}
    for name, image in images.items():
        reader = readers[Preprocessing.RAW if name == "shrunk" else Preprocessing(name)]
        probabilities = reader.model.logits(image[None]).softmax(dim=1)[0]
        answer = int(likeliest_digits(probabilities))
        readings[name] = Reading(answer, float(probabilities[answer]), reader.accuracy)
    shrunk, raw, upright = (placement(images[name]) for name in ("shrunk", "raw", "deskew"))
    measures = Measures(shrunk.off_centre, shrunk.height, raw.lean, upright.lean)
    first, *others = describe_preparation(guess.right, readings, digit, measures)
    right = [name for name, reading in readings.items() if reading.digit == digit]
    mark_done(NAME, first, write_guess(right, guess.digit))
    st.markdown(f"### What happened\n\n{first}")
    rows = reading_rows(guess.right, readings, digit)
    st.html(table(("input", "reads", "that is", "you expected", "of all test digits"), rows))
    st.markdown("### Why\n\n" + " ".join(others))
    st.markdown(
        "### Go further\n\n"
        "- In the tab **Draw**, *Skip preprocessing* shows what the model makes of a drawing that is only "
        "shrunk. Draw in a corner.\n"
        "- Draw a digit that only *directions* reads. What is it about its shape?"
    )
