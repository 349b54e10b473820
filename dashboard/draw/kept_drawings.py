"""Drawings that a person keeps, each with its label: a test set of their own."""

from collections.abc import Sequence

import streamlit as st
import torch
from torch import Tensor

from dashboard import session
from dashboard.components.person_cookie import remember
from dashboard.components.pictures import render_pictures
from dashboard.services.people import KeptDrawing, Person
from dashboard.visitor import COOKIE, become, visitor
from mnist_core import SoftmaxRegressor, predict_proba
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip

MANY = 40  # drawings that are shown in full; more are shown in a window of that size
WINDOW = 340  # px


def it_was_a(drawn: Tensor | None) -> None:
    """Ask what a drawing, (H, W) uint8, was meant to be, and keep it as that."""
    person = visitor()
    session.set_controls(meant=None if drawn is None else person.label_of(drawn))
    st.segmented_control(
        "It was a",
        range(10),
        key="meant",
        disabled=drawn is None,
        on_change=_keep,
        args=(person, drawn),
        help="Keeps the drawing under this digit. Press the digit again to take it back.",
        width="stretch",
    )


def _keep(person: Person, drawn: Tensor) -> None:
    label = session.control("meant", None)
    notice = ""
    try:
        if label is None:
            person.drop(drawn)
        else:
            person.keep([Drawing(drawn, label)])
    except ValueError as error:
        notice = f"This drawing cannot be kept: {error}."
    session.set_controls(kept_notice=notice)


def render_kept_drawings(model: SoftmaxRegressor | None) -> None:
    """Show what was kept and how the model reads it; take it along, bring it, remove it."""
    person = visitor()
    kept = person.kept[::-1]  # the newest first
    st.markdown("**Your own test set**")
    if kept:
        _strip(person, kept, model)
    else:
        st.caption(
            "Draw a digit and say what it was. What you keep is here again at your next visit, "
            "and shows how well each model you train reads your own hand."
        )
    if not person.on_disk:
        st.warning("The server cannot write to its disk: your drawings will be lost with this page.")
    if notice := session.control("kept_notice", ""):
        st.info(notice)
    with st.container(horizontal=True, gap="small"):
        _files(person, kept)
    if kept:
        _remember(person)


def _remember(person: Person) -> None:
    other = remember(person.id, name=COOKIE)
    if other:
        become(other)
        st.rerun()


def _strip(person: Person, kept: Sequence[KeptDrawing], model: SoftmaxRegressor | None) -> None:
    chosen = _chosen(kept)
    labels = [one.drawing.label for one in kept]
    images = torch.stack([one.prepared for one in kept])
    answers: list[int | None] = [None] * len(kept)
    if model is not None:
        answers = predict_proba(model, images).argmax(dim=1).tolist()
        resized = model.logits(torch.stack([one.resized for one in kept])).argmax(dim=1).tolist()
        st.markdown(
            f"The model reads **{_right(labels, answers)} of your {len(kept)}**. "
            f"Just resized, it would read {_right(labels, resized)}."
        )
    with st.container(height=WINDOW if len(kept) > MANY else "content", border=False):
        render_pictures(
            images.numpy(),
            key="kept",
            captions=list(map(_caption, labels, answers)),
            descriptions=list(map(_description, labels, answers)),
            size=64,
            clickable=True,
            selected=chosen,
        )
    with st.container(horizontal=True, vertical_alignment="center", key="kept-chosen"):
        if chosen is None:
            st.caption("Press a drawing to remove it.", width="content")
        else:
            st.markdown(_description(labels[chosen], answers[chosen]).capitalize() + ".", width="content")
            st.button("Remove", on_click=person.drop, args=(kept[chosen].drawing.image,))


def _chosen(kept: Sequence[KeptDrawing]) -> int | None:
    """Say which drawing is chosen; a second click lets it go."""
    place, before = session.take_click("kept"), session.control("kept_chosen", None)
    if place is not None and place < len(kept):
        before = None if kept[place] is before else kept[place]
        session.set_controls(kept_chosen=before)
    return kept.index(before) if before in kept else None


def _right(labels: Sequence[int], answers: Sequence[int | None]) -> int:
    return sum(label == answer for label, answer in zip(labels, answers, strict=True))


def _caption(label: int, answer: int | None) -> str:
    if answer is None:
        return str(label)
    return f"{label} ✓" if answer == label else f"{label} as {answer}"


def _description(label: int, answer: int | None) -> str:
    if answer is None:
        return f"a {label}"
    return f"a {label}, read rightly" if answer == label else f"a {label}, read as {answer}"


def _files(person: Person, kept: Sequence[KeptDrawing]) -> None:
    if kept:
        st.download_button(
            "Download",
            person.zip(),
            "digit-lab-drawings.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            help="One zip of PNG files, and a table with their labels.",
        )
    with st.popover("Add from a file", icon=":material/upload:"):
        _upload(person)
    if kept:
        with st.popover("Remove all", icon=":material/delete:"):
            st.markdown("There is no way back, unless you have downloaded them.")
            st.button(f"Remove all {len(kept)}", on_click=person.drop_all, type="primary")


def _upload(person: Person) -> None:
    number = session.control("zips", 0)
    file = st.file_uploader("A zip of drawings, as Download makes it", type="zip", key=f"zip-{number}")
    if file is None:
        return
    try:
        drawings = drawings_from_zip(file.getvalue())
        added = person.keep(drawings)
    except ValueError as error:
        st.error(f"This file cannot be used: {error}.")
        return
    there = len(drawings) - added
    session.set_controls(
        zips=number + 1,  # a new uploader, which is empty
        kept_notice=f"Added from the file: {added}." + (f" There already: {there}." if there else ""),
    )
    st.rerun()
