"""The digits of a class on the page: drawn by everybody, looked through by the leader, shown as a wall."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
import torch

from dashboard import run_actions, state
from dashboard.address import open_run
from dashboard.lab import shared
from dashboard.lab.job import JobRefused
from dashboard.lab.personalized_runs import find_personalization, save_personalization
from dashboard.lab.room import LONGEST_NICKNAME, Room, RoomRefused
from dashboard.lab.room_digits import (
    FEWEST_DIGITS,
    FEWEST_WRITERS,
    MOST_DRAWINGS,
    RoomDigit,
    digits_of,
    run_of_class,
)
from dashboard.room import state as room_state
from dashboard.room.figures import class_figure
from dashboard.room.guesses import Choice
from dashboard.room.state import act
from dashboard.room.words import describe_learning, describe_reading, digit_table
from dashboard.ui.board import ink_of_canvas, render_board
from dashboard.ui.button import render_button
from dashboard.ui.class_figure import NARROW, WIDE, render_class_figure
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.text import escape, with_article
from dashboard.visitor import visitor
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.storage.file_store import FileUnreadable, new_id

PEN_WIDTH = 20  # px, as in the tab Draw
SIZE = 56  # px of a picture on the wall
MOST_AT_ONCE = 400  # pictures; of a larger wall, one digit is shown at a time
SHARES = Choice(
    "read correctly, a dot for each writer", {str(n): f"{n} %" for n in range(0, 101, 10)}, is_scale=True
)


def render_drawing(room: Room) -> None:
    """Let a member draw digits, one after the other, while they are collected."""
    own = digits_of(room).own(room, visitor().id)
    if not room.collecting:
        return
    st.markdown("### Draw digits for your class")
    if len(own) >= MOST_DRAWINGS:
        st.markdown(f"Thank you: you have sent {MOST_DRAWINGS} digits, as many as one person may.")
        return
    label = len(own) % 10
    thanks = "Thank you, that is one of each. If there is time, draw another set. " if len(own) >= 10 else ""
    st.markdown(f"{thanks}Draw **{with_article(label)}**, as you always write it.")
    number = room_state.boards.get()
    ink = render_board(
        key=f"room-paper-{number}",
        stroke_width=PEN_WIDTH,
        read=partial(state.last_result, "room-board", ink_of_canvas),
    )
    drawn = ink is not None and bool(ink.any())
    pressed = render_button(
        f"Send this {label}", type="primary", key=f"send-digit-{number}", disabled=not drawn
    )
    if pressed and ink is not None:
        _send(room, Drawing(ink, label))
        st.rerun()
    # Not above the board, which would move while somebody draws.
    st.caption(f"Ten digits are asked for, one of each. You have sent {len(own)}.")
    render_nickname("on the wall")


def render_nickname(where: str) -> None:
    """Ask for the name that is to stand beside what the visitor sends, which may stay empty."""
    st.text_input(
        f"A nickname, if you want one to be seen {where}",
        key=room_state.nickname.key,
        max_chars=LONGEST_NICKNAME,
        autocomplete="off",
        persist_state="session",
        width=320,
    )


def _send(room: Room, drawing: Drawing) -> None:
    try:
        digits_of(room).add(room, visitor().id, drawing, room_state.nickname.get() or "")
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))
        return
    room_state.notice.set("")
    room_state.boards.set(room_state.boards.get() + 1)


def render_class_digits(room: Room) -> None:
    """Show the class's digits to those who may see them, and how the run that the page shows reads them."""
    digits = digits_of(room).shown(room, visitor().id)
    leads = room_state.leads(room)
    if leads:
        _render_collecting(room, digits)
    elif digits:
        st.markdown("### The digits of your class")
    if not digits:
        return
    _render_wall(room, digits, leads=leads)
    _render_reading(room, digits, leads=leads)


# For whoever leads


def _render_collecting(room: Room, digits: Sequence[RoomDigit]) -> None:
    count, people = sum(room.drawn.values()), len(room.drawn)
    st.markdown(
        f"**{count} {'digit' if count == 1 else 'digits'}** from {people} of {room.count} people so far."
        if count
        else "Everybody draws ten digits in their own browser, one of each: a test set of your class."
    )
    with st.container(horizontal=True, key="room-digits"):
        st.button(
            "End collecting" if room.collecting else "Collect digits",
            type="secondary" if room.collecting else "primary",
            key="collect-digits",
            on_click=_collect,
            args=(room,),
        )
        st.button(
            "Hide the wall" if room.wall else "Show the wall",
            key="show-wall",
            disabled=not digits,
            on_click=act,
            args=(room.show_wall,),
            kwargs={"shown": not room.wall},
            help="Lets everybody in the room see these digits.",
        )
        if digits and not room.collecting:  # it is made anew with each digit
            st.download_button(
                "Digits as a zip",
                digits_of(room).zip(room, visitor().id),  # not later: the server takes no message that asks
                "digit-lab-class.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                help="PNG files, and a table of what each is meant to be and which writer drew it.",
            )
        if room.taken_out:
            st.button(
                f"Bring {len(room.taken_out)} back",
                key="bring-digits-back",
                on_click=act,
                args=(room.take_out, ()),
            )


def _collect(room: Room) -> None:
    act(room.collect, collecting=not room.collecting)
    if room.collecting:
        act(room.go_to, room_state.PAGE)


def _render_wall(room: Room, digits: Sequence[RoomDigit], *, leads: bool) -> None:
    key = "room-wall"
    # What was pressed is told by its place, and digits that have come since may stand before it.
    place, before = state.consume_click(key, picture_index) if leads else None, room_state.on_wall.get()
    if place is not None and place < len(before):
        act(room.take_out, (*room.taken_out, before[place]))
    shown = [one for one in digits if one.id not in room.taken_out]
    if len(digits) > MOST_AT_ONCE:
        label = st.segmented_control("Digit", range(10), default=0, key="wall-digit", required=True)
        shown = [one for one in shown if one.label == label]
    room_state.on_wall.set(tuple(one.id for one in shown))
    if not shown:
        return
    names = [room.nicknames.get(one.key, "") for one in shown]
    render_pictures(
        torch.stack([one.prepared for one in shown]).numpy(),
        key=key,
        captions=names,
        descriptions=[
            with_article(one.label) + (f" by {name}" if name else "")
            for one, name in zip(shown, names, strict=True)
        ],
        size=SIZE,
        clickable=leads,
    )
    if leads:
        only = "" if room.wall else " Only you see these until you show the wall."
        st.caption(f"Press a drawing to take it out.{only}")
        _render_nicknames(room)


def _render_nicknames(room: Room) -> None:
    names = {run.key: run.nickname for run in room.runs if run.nickname} | dict(room.nicknames)
    if not names:
        return
    with st.expander("Take out a nickname"), st.container(horizontal=True):
        for key, name in names.items():
            st.button(
                escape(name),
                key=f"name-{key}",
                icon=":material/close:",
                on_click=act,
                args=(room.drop_nickname, key),
            )


# For all who see them


def _render_reading(room: Room, digits: Sequence[RoomDigit], *, leads: bool) -> None:
    st.markdown("### How they are read")
    run = run_actions.shown_run()
    if run is None or not run.history:
        st.caption("Train a run, or open one in the tab **Compare**: it then reads these digits.")
        return
    model = run.history[-1].model
    reading = digits_of(room).read(model, digits)
    st.markdown(describe_reading(reading, run.config))
    st.html(digit_table(reading))
    shares = [frozenset([str(10 * round(10 * right / count))]) for right, count in reading.by_writer.values()]
    label = f"How well the digits of each of {len(shares)} writers are read."
    figures = [class_figure(SHARES, [shares], width=width, label=label) for width in (WIDE, NARROW)]
    render_class_figure(*figures, key="class-figure-writers")
    learned = find_personalization(run.id)
    if learned is not None:
        text = describe_learning(learned)
        st.markdown(text)
        if text:
            return
    if leads:
        ready = run.state.ended and shared.digits() is not None
        enough = len({one.key for one in digits}) >= FEWEST_WRITERS and len(digits) >= FEWEST_DIGITS
        if render_button(
            "Learn the handwriting of half of the class",
            key="learn-class",
            disabled=not (ready and enough and learned is None),
            help=f"From {FEWEST_DIGITS} digits of {FEWEST_WRITERS} people on. The model learns the digits of "
            "half of the writers, and is tested on those of the others.",
        ):
            _learn(run.id, digits)
            st.rerun()


def _learn(run_id: str, drawn: Sequence[RoomDigit]) -> None:
    digits, run = shared.digits(), run_actions.find_run(run_id)
    if digits is None or run is None:
        return
    try:
        result, learned = run_of_class(run, drawn, digits)
        new = new_id()
        save_personalization(new, learned)
        name = "with the handwriting of half of the class"
        begun = shared.jobs().add_run(
            result, visitor().jobs, run_id=new, name=name, replacing=state.may_go.get()
        )
    except JobRefused as refusal:
        room_state.notice.set(str(refusal))
        return
    except (ValueError, OSError, FileUnreadable) as error:
        room_state.notice.set(f"The handwriting cannot be learned: {error}.")
        return
    open_run(begun)
