"""Who visits: the browser's cookie says it, and nothing else does."""

import streamlit as st

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.ui.invisible import render_person_cookie
from mnist_core.storage.file_store import FileUnreadable, new_id

COOKIE = "digit_lab_person"


def visitor() -> Person:
    """Find the visitor by the browser's cookie; else make somebody new, whose id the browser is to keep."""
    known = state.visitor.get()
    if known is None:
        try:
            known = shared.people().find(str(st.context.cookies.get(COOKIE)))
        except ValueError:
            known = shared.people().find(new_id())
        known.note_visit()
        state.visitor.set(known)
    return known


def keep_cookie() -> None:
    """Have the browser remember a visitor who has something to come back for.

    If another tab has given the browser another id meanwhile, the visitor becomes that person.
    """
    present = visitor()
    if not present.has_anything:
        return
    other = render_person_cookie(present.id, name=COOKIE)
    if not other:
        return
    try:
        known = shared.people().find(other)
        known.take_over(present)
    except (ValueError, FileUnreadable, OSError):  # too many drawings, or a disk that fails: they stay two
        return  # and the next use of the page tries again
    state.visitor.set(known)
    st.rerun()
