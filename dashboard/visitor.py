"""Who visits: the browser's cookie says it, and nothing else does."""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.lab.room import RoomRefused
from dashboard.server.security_headers import frame_ancestors
from dashboard.server.sessions import PERSON_COOKIE, VISIT_HEADER, Visit, visit_with
from dashboard.ui.invisible import render_person_cookie
from mnist_core.storage.file_store import FileUnreadable, new_id

COOKIE = PERSON_COOKIE


def visitor() -> Person:
    """Find the visitor by the browser's cookie; else make somebody new, whose id the browser is to keep."""
    known = state.visitor.get()
    if known is None:
        try:
            known = shared.people().find(str(st.context.cookies.get(COOKIE)))
        except ValueError:
            known = shared.people().find(new_id())
        if (present := visit()) is not None:
            known.jobs.address = present.address
        known.note_visit()
        state.visitor.set(known)
    return known


def visit() -> Visit | None:
    """Return what the server knows of this session; None in tests without a server."""
    return visit_with(str(st.context.headers.get(VISIT_HEADER)))


def begins_with_press() -> bool:
    """Whether this session began with the press of a button, as after a restart of the server."""
    present = visit()
    return present is not None and bool(present.pressed_before)


def act_on_first_press() -> None:
    """Do what the press asks for that this session began with; call it once all buttons are rendered.

    Streamlit calls what belongs to a button before the script runs, and only if it knows the button.
    """
    present, context = visit(), get_script_run_ctx()
    if present is None or context is None or not present.pressed_before:
        return
    pressed, present.pressed_before = present.pressed_before, []
    known: Any = context.session_state._state._new_widget_state
    for button in pressed:
        if button in known.widget_metadata:
            known.call_callback(button)
    st.rerun()


def may_begin() -> bool:
    """Whether the visitor has something here, or is one of not too many newcomers."""
    present = visitor()
    return present.has_anything or shared.jobs().newcomers.admit(present.id, present.jobs.address)


def sent_too_much() -> bool:
    """Whether something that this page sent was left out since this was last asked."""
    present = visit()
    too_large = present is not None and present.too_large
    if present is not None:
        present.too_large = False
    return too_large


def address() -> str:
    """The network address of the visitor, as far as the server knows it."""
    present = visit()
    return "" if present is None else present.address


def begin_as_somebody_else() -> None:
    """Leave this browser to somebody new, who has nothing of what the visitor has."""
    before = visitor()
    before.is_over = True
    state.visitor.set(shared.people().find(new_id()))
    state.visitor_before.set(before.id)


def keep_cookie() -> None:
    """Have the browser remember a visitor who has something to come back for.

    If another tab has given the browser another id meanwhile, the visitor becomes that person.
    """
    present, before = visitor(), state.visitor_before.get()
    if not before and not present.has_anything and shared.rooms().room_of(present.id) is None:
        return
    framed = bool(frame_ancestors())
    other, keeps_cookies = render_person_cookie(present.id, name=COOKIE, in_place_of=before, framed=framed)
    if (known_visit := visit()) is not None:
        known_visit.person = present.id if keeps_cookies else ""
    if not other:
        return
    try:
        known = shared.people().find(other)
        if not present.is_over:
            known.take_over(present)
            shared.rooms().hand_over(present.id, known.id)
    except (ValueError, FileUnreadable, OSError, RoomRefused):
        return  # too many drawings, or a disk that fails: they stay two until the next try
    state.visitor.set(known)
    st.rerun()
