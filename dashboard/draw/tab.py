"""The Draw tab: draw a digit or bring one, see it read, and keep it."""

import random
import zlib
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import streamlit as st
import torch
from torch import Tensor

from dashboard import run_actions, state
from dashboard.auto_refresh import auto_refresh
from dashboard.draw import state as draw_state
from dashboard.draw.kept_view import render_kept_drawings
from dashboard.draw.personalize import render_personalization
from dashboard.draw.stages import render_stages
from dashboard.draw.state import Reading, Source, follow_board
from dashboard.draw.words import Answer, describe_if_shrunk, describe_verdict
from dashboard.lab import shared
from dashboard.lab.kept_drawings import KeptDrawing, KeptDrawings
from dashboard.lab.newcomers import TOO_MANY
from dashboard.lab.personalized_runs import find_personalization
from dashboard.lab.setting_choices import BEST_READER, PRESETS, with_reports
from dashboard.prepare_first import render_prepare_button
from dashboard.server.block_unused_endpoints import TOO_LARGE
from dashboard.ui.answer import Bars, render_answer, render_pen_reader
from dashboard.ui.board import ink_of_canvas, render_board
from dashboard.ui.pictures import render_pictures
from dashboard.ui.text import escape, with_article
from dashboard.visitor import keep_cookie, may_begin, sent_too_much, visitor
from mnist_core import Kind, SoftmaxRegressor, Verdict
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import shrink
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.storage.file_store import FileUnreadable

PEN_WIDTH = 20  # px on a board of 280: strokes then come out as thick as those of MNIST's digits
BOARD = 280  # px, and of what is read in its place
NOTHING_READ = "Nothing was read from your photo."
# Other formats get a sentence. HEIC is not among them: an iPhone then sends its photos as JPEG.
KINDS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]
drawn_digit: state.Entry[int | None] = state.Entry("drawn_digit", None)  # what the person says they drew
INTERVAL = 1.0  # seconds between two looks at how a run that is learning reads what was kept


def render_draw_tab(*, visible: bool) -> None:
    """Show the board, the answer, what the model sees and what was kept, with the newest weights.

    Behind another tab only the board is rendered, and what stands beside it: the canvas keeps its drawing.
    """
    shared.novelty_detector()  # asked for before there is a drawing, so that it is ready in time
    auto_refresh(_render, visible, visible=visible)
    if visible:
        auto_refresh(_render_own, interval=INTERVAL)  # which a stroke does not change
    keep_cookie()  # here, where it takes no room


def _render(visible: bool) -> None:
    if sent_too_much():  # the notice stands above the tabs, which this part of the page does not render
        state.notice.set(TOO_LARGE)
        st.rerun()
    with st.container(key="draw"):  # draw.css places these: side by side, or one below the other on a phone
        paper = st.container(key="draw-board")
        answer = st.container(key="draw-answer")
        with st.container(key="draw-pen"):
            below = st.container()
            pen_width = st.slider(
                "Pen width",
                8,
                40,
                PEN_WIDTH,
                key="pen",
                format="%d px",
                help="Applies from the next stroke on. At 20 px, strokes are about as thick as MNIST's.",
            )
    with paper:
        read = partial(state.last_result, "board", ink_of_canvas)
        ink = render_board(key="board", stroke_width=pen_width, read=read)
    reading = follow_board(ink if ink is not None and ink.any() else None)
    with paper:
        _render_in_place_of_board(reading)
    with below:
        _render_other_inputs(reading)
    if not visible:
        return
    model = _newest_model()
    if model is None:
        with answer:
            _train_for_newcomer(reading)
        return
    verdict, said, bars = _read(reading, model)
    with answer:
        drawing = 0 if reading.board is None else zlib.crc32(reading.board.numpy().tobytes())
        render_answer(said.sentence, said.large, bars, drawing=drawing, key="verdict")
        if reading.source is Source.BOARD:
            _render_label_question(reading.ink, verdict)
        run = run_actions.shown_run()
        if run is not None and reading.ink is not None and _is_doubtful(said, reading.source):
            render_prepare_button(run, key="prepare-draw")


def _render_own() -> None:
    run = run_actions.shown_run()
    personalization = None if run is None else find_personalization(run.id)
    render_kept_drawings(_newest_model(), personalization)
    render_personalization(run, personalization)


def _newest_model() -> SoftmaxRegressor | None:
    run = run_actions.shown_run()
    history = run.history if run else ()
    return history[-1].model if history else None


def _train_for_newcomer(reading: Reading) -> None:
    """Begin a run of the best reader for somebody who draws before they have trained anything."""
    run = run_actions.shown_run()
    if run is not None and run.state.ended:
        st.markdown("The run ended before the model learned anything. Press **Train** to begin another one.")
    elif run is not None:
        st.markdown("Training has begun: your drawing is read in a moment.")
    elif shared.digits_loader().error:
        st.markdown(
            "The digits could not be loaded, so no model can learn to read a drawing. The sidebar says why, "
            "and offers to try again."
        )
    elif shared.digits() is None:
        st.markdown(
            "The digits are being loaded. Your drawing is read as soon as a model has learned from them."
        )
    elif reading.ink is None:
        st.markdown("Draw a digit. A model is trained for you as soon as you do, which takes a few seconds.")
    else:
        run_actions.begin_run(with_reports(PRESETS[BEST_READER]))
        st.rerun()


def _render_in_place_of_board(reading: Reading) -> None:
    """Show a test digit or a photo where the board is, which is hidden only: a new one would be empty."""
    place = st.empty()
    if reading.picture is None:
        return
    with place.container(key="draw-other"):
        render_pictures(
            reading.picture[None].numpy(),
            key="other-input",
            captions=[""],
            descriptions=[reading.description or "nothing is read"],
            size=BOARD,
        )
        st.button(
            "Back to my drawing" if reading.board is not None else "Back to the board",
            key="back-to-board",
            on_click=draw_state.read_board,
            width="stretch",
        )
        # With :has() in draw.css instead, each change of the page, whatever it was, took 20 ms more.
        st.markdown("<style>.st-key-board-board { display: none; }</style>", unsafe_allow_html=True)


def _read(reading: Reading, model: SoftmaxRegressor) -> tuple[Verdict, Answer, Bars | None]:
    """Show what the model sees; return what it says, and the bars if there is ink."""
    future = shared.novelty_detector()
    detector = future.result() if future and reading.drawing else None
    verdict = state.last_result("verdict", judge, model, reading.drawing, detector)
    only_shrink = render_stages(reading, verdict, model.preprocessing)
    render_pen_reader(None if only_shrink else model)  # the browser knows only the whole way
    said, seen = describe_verdict(verdict, cut=reading.cut), verdict.preprocessed
    if reading.ink is None:
        return verdict, Answer("", NOTHING_READ) if reading.notice else said, None
    if only_shrink:
        seen = shrink(reading.ink)
        said = describe_if_shrunk(model.logits(seen[None]).softmax(dim=1)[0], said)
    if reading.description:
        said = Answer(said.large, f"{said.sentence} {reading.description}.")
    return verdict, said, None if seen is None else state.last_result("bars", Bars.of, model, seen)


def _is_doubtful(said: Answer, source: Source) -> bool:
    """Whether an answer is none, or names two digits, or is not what the person says they drew."""
    meant = drawn_digit.get() if source is Source.BOARD else None
    return not said.large.isdigit() or (meant is not None and said.large != str(meant))


def _render_label_question(ink: Tensor | None, verdict: Verdict) -> None:
    """Ask which digit a drawing, (H, W) uint8, was meant to be, and keep it with this label."""
    drawings, presses = visitor().drawings, state.presses()
    key = state.choice_key("drawn_digit")
    if key in presses:
        presses.discard(key)
        if ink is not None:
            _keep(drawings, ink, state.chosen("drawn_digit"), verdict)
    label = None if ink is None else drawings.label_of(ink)
    drawn_digit.set(label)
    key = state.set_choice("drawn_digit", label)
    with st.container(key="drawn_digit"):
        st.segmented_control(
            "What did you draw?",
            range(10),
            key=key,
            disabled=ink is None,
            on_change=presses.add,  # as in render_button: the last stroke may have come with this press
            args=(key,),
            help="Keeps the drawing with this label. Press the digit again to remove it.",
            width="stretch",
        )
    if notice := draw_state.not_kept.get():
        st.warning(notice)
    elif label is not None:
        count = len(drawings.kept)
        st.caption(
            f"Kept as {with_article(label)}" + (f", one of your {count} drawings." if count > 1 else ".")
        )


def _keep(drawings: KeptDrawings, ink: Tensor, label: int | None, verdict: Verdict) -> None:
    notice = ""
    try:
        if label is None:
            drawings.drop(ink)
        elif not may_begin():
            notice = TOO_MANY
        elif not (notice := why_not_kept(ink, label, verdict, drawings.kept)):
            drawings.keep([Drawing(ink, label)])
    except ValueError as error:
        notice = f"This drawing cannot be kept: {escape(str(error))}."
    except FileUnreadable:
        notice = "This drawing was not kept. It is still on the board: try again in a moment."
    draw_state.not_kept.set(notice)
    st.rerun()  # what was kept is shown in another fragment, and a newcomer's browser is to get a cookie


def why_not_kept(ink: Tensor, label: int, verdict: Verdict, kept: Sequence[KeptDrawing]) -> str:
    """Say why a drawing, (H, W) uint8, cannot be an example of one digit; empty if it may be one."""
    if verdict.kind is Kind.SCRIBBLE:
        return "This is not kept: there is more ink than in any digit. Press **Clear** and draw one digit."
    for one in kept:
        if one.label == label or one.shape != tuple(ink.shape):
            continue
        below = one.drawing.image
        if not torch.equal(below, ink) and bool((below <= ink).all()):
            return (
                f"This is not kept: {with_article(one.label)} that you kept before is still on the "
                "board, under this digit. Press **Clear** before you draw the next one."
            )
    return ""


# Drawing without drawing


def _render_other_inputs(reading: Reading) -> None:
    """Offer a test digit and a photo, to be read in the place of the board."""
    st.button(
        "Random test digit",
        on_click=_take_test_digit,
        disabled=shared.digits() is None,
        help="Reads one of the test digits, which the model has not learned, in the place of a drawing.",
        width="stretch",
    )
    # Not a popover: at the lower end of a phone, there is no room for the camera in it.
    photo = st.expander("Read a photo", key="photo", on_change="rerun")
    if photo.open:
        with photo:
            _render_photo(reading.notice)


def _take_test_digit() -> None:
    digits = shared.digits()
    if digits is not None:
        draw_state.read_test_digit(digits, random.randrange(len(digits.test)))


def _render_photo(text: str) -> None:
    # Always the same controls in the same places: those with another key stayed on the page now and then.
    notice = st.empty()
    if text:
        notice.error(text)
    st.file_uploader(
        "An image of one digit, on light or dark paper: PNG, JPEG or WebP",
        type=KINDS,
        key="photo-file",
        on_change=_take_photo,
        args=("photo-file",),
        help="A HEIC photo: open it on the telephone and share it as JPEG, or take a screenshot of it.",
    )
    if not camera_is_allowed(st.context.url):
        st.caption(
            "Browsers let a page use the camera only over https, and this page came over http. Take the "
            "photo with your camera app, and choose the file above."
        )
        return
    # The camera is asked for only here: the browser asks for permission as soon as its picture is shown.
    if st.toggle("Use the camera", key="use-camera"):
        st.camera_input(
            "Photograph one digit",
            label_visibility="collapsed",
            key="photo-camera",
            on_change=_take_photo,
            args=("photo-camera",),
        )


def camera_is_allowed(page: str | None) -> bool:
    """Whether a browser lets a page with this address use the camera: over https, or on its own machine."""
    address = urlsplit(page or "")
    host = address.hostname or ""
    is_local = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    return address.scheme != "http" or is_local


def _take_photo(key: str) -> None:
    draw_state.read_photo(state.uploaded_file(key))
