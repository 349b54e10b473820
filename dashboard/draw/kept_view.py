"""Drawings that a person keeps, each with its label: a test set of their own."""

from collections.abc import Sequence

import streamlit as st
import torch

from dashboard import state
from dashboard.draw import state as draw_state
from dashboard.lab.kept_drawings import KeptDrawing, KeptDrawings
from dashboard.lab.newcomers import TOO_MANY
from dashboard.lab.personalized_runs import Personalization, UnknownPersonalization, not_learned
from dashboard.ui.button import render_button
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.text import escape, with_article
from dashboard.visitor import may_begin, visitor
from mnist_core import SoftmaxRegressor, predict_proba
from mnist_core.model import likeliest_digits
from mnist_core.storage.drawings_zip import drawings_from_zip


def render_kept_files(drawings: KeptDrawings, kept: Sequence[KeptDrawing]) -> None:
    """Offer to download the drawings, to add others from a file, and to remove all."""
    with st.container(horizontal=True, gap="small"):
        if kept:
            st.download_button(
                "Download",
                drawings.zip(),
                "digit-lab-drawings.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                help="One zip of PNG files, and a table with their labels.",
            )
        with st.popover("Add from a file", icon=":material/upload:"):
            _render_upload(drawings)
        if kept:
            with st.popover("Remove all", icon=":material/delete:"):
                st.markdown("This can't be undone. Download them first.")
                st.button(f"Remove all {len(kept)}", on_click=_drop_all, args=(drawings,), type="primary")


def _render_upload(drawings: KeptDrawings) -> None:
    file = st.file_uploader(
        "A zip of drawings, as Download makes it", type="zip", key=f"zip-{state.uploads.get()}"
    )
    if file is None:
        return
    try:
        added = drawings_from_zip(file.getvalue())
        if not may_begin():
            st.error(TOO_MANY)
            return
        new = drawings.keep(added)
    except (ValueError, OSError) as error:
        st.error(f"This file cannot be used: {escape(str(error))}.")
        return
    known = len(added) - new
    state.uploads.set(state.uploads.get() + 1)
    draw_state.kept_notice.set(f"Added from the file: {new}." + (f" Already here: {known}." if known else ""))
    st.rerun()


SHOWN_IN_FULL = 40  # drawings; if there are more, they scroll in a window
WINDOW_HEIGHT = 340  # px


def _drop_all(drawings: KeptDrawings) -> None:
    drawings.drop_all()
    st.rerun()


def render_kept_drawings(
    model: SoftmaxRegressor | None, personalization: Personalization | UnknownPersonalization | None
) -> None:
    """Show what was kept and how the model reads it, with ways to download, upload and remove it.

    What the model has learned, according to `personalization`, is not counted; nothing is if that is unknown.
    """
    drawings = visitor().drawings
    st.markdown("**Your own test set**")
    if drawings.unreadable:
        st.warning(
            "Your kept drawings cannot be read right now. They are still on the server, which tries again "
            "each time you use the page. Until then, no drawing can be added or removed."
        )
        if notice := draw_state.kept_notice.get():
            st.info(notice)
        return
    kept = drawings.kept[::-1]  # the newest first
    if kept:
        _render_strip(drawings, kept, model, personalization)
    else:
        st.caption(
            "Draw a digit and say what it is. The drawings that you keep are here again at your next visit, "
            "and show how well each model reads your own handwriting."
        )
    if drawings.damaged:
        st.warning(
            "The file of your kept drawings is damaged. It has been put aside on the server, so that it can "
            "be repaired. What you keep from now on goes into a new file."
        )
    if not drawings.on_disk:
        st.warning(
            "The server cannot write to its disk: your drawings will be lost when you close this page."
        )
    if notice := draw_state.kept_notice.get():
        st.info(notice)
    render_kept_files(drawings, kept)


def _render_strip(
    drawings: KeptDrawings,
    kept: Sequence[KeptDrawing],
    model: SoftmaxRegressor | None,
    personalization: Personalization | UnknownPersonalization | None,
) -> None:
    selected = _selected(kept)
    labels = [one.label for one in kept]
    images = torch.stack([one.prepared for one in kept])
    tests = not_learned(kept, personalization)
    predicted: list[int | None] = [None] * len(kept)
    unknown = isinstance(personalization, UnknownPersonalization)
    if model is not None and unknown:
        st.markdown(
            "The record of which drawings this run has learned cannot be read, so none of yours is counted: "
            "its result is not known."
        )
    elif model is not None:
        predicted = likeliest_digits(predict_proba(model, images)).tolist()
        _render_count(kept, tests, predicted, model)
    fresh = set(tests)
    learned = [not unknown and one not in fresh for one in kept]
    with st.container(height=WINDOW_HEIGHT if len(kept) > SHOWN_IN_FULL else "content", border=False):
        render_pictures(
            images.numpy(),
            key="kept",
            captions=list(map(_caption, labels, predicted, learned)),
            descriptions=list(map(_description, labels, predicted, learned)),
            size=64,
            clickable=True,
            selected=selected,
        )
    with st.container(horizontal=True, vertical_alignment="center", key="kept-selected"):
        if selected is None:
            st.caption("Press a drawing to remove it.", width="content")
        else:
            st.markdown(
                _description(labels[selected], predicted[selected], learned[selected]).capitalize() + ".",
                width="content",
            )
            if render_button("Remove", key="remove-kept"):
                drawings.drop(kept[selected].drawing.image)
                st.rerun()  # the question beside the board may be about this drawing


def _render_count(
    kept: Sequence[KeptDrawing],
    tests: Sequence[KeptDrawing],
    predicted: Sequence[int | None],
    model: SoftmaxRegressor,
) -> None:
    learned = len(kept) - len(tests)
    if not tests:
        st.markdown(f"The model has learned all {learned} of your drawings, so they cannot test it.")
        return
    labels = [one.label for one in tests]
    answers = dict(zip(kept, predicted, strict=True))
    read = [answers[one] for one in tests]
    shrunk = likeliest_digits(model.logits(torch.stack([one.shrunk for one in tests]))).tolist()
    others = f" The other {learned} are not counted: it has learned them." if learned else ""
    st.markdown(
        f"The model reads **{_right(labels, read)} of your {len(tests)}**{' new ones' if learned else ''} "
        f"correctly. Without preprocessing, it would read {_right(labels, shrunk)}.{others}"
    )


def _selected(kept: Sequence[KeptDrawing]) -> int | None:
    """Return the place of the selected drawing; a second click deselects it."""
    place, before = state.consume_click("kept", picture_index), draw_state.selected_drawing.get()
    if place is not None and place < len(kept):
        before = None if kept[place] is before else kept[place]
        draw_state.selected_drawing.set(before)
    return kept.index(before) if before in kept else None


def _right(labels: Sequence[int], predicted: Sequence[int | None]) -> int:
    return sum(label == digit for label, digit in zip(labels, predicted, strict=True))


def _caption(label: int, predicted: int | None, learned: bool) -> str:
    if learned:
        return f"{label} learned"
    if predicted is None:
        return str(label)
    return f"{label} ✓" if predicted == label else f"{label} as {predicted}"


def _description(label: int, predicted: int | None, learned: bool) -> str:
    if learned:
        return f"{with_article(label)}, which the model has learned"
    if predicted is None:
        return f"{with_article(label)}"
    return (
        f"{with_article(label)}, read correctly"
        if predicted == label
        else f"{with_article(label)}, read as {predicted}"
    )
