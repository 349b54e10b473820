"""Who draws here: the browser's cookie says it, and nothing else does."""

import streamlit as st

from dashboard import session
from dashboard.services.people import Person
from mnist_core.storage.file_store import new_id

COOKIE = "digit_lab_person"


def visitor() -> Person:
    """Find who draws here by the browser's cookie; else somebody new, whose id the browser is to keep."""
    known: Person | None = session.control("visitor", None)
    if known is None:
        try:
            known = session.people().find(str(st.context.cookies.get(COOKIE)))
        except ValueError:
            known = session.people().find(new_id())
        session.set_controls(visitor=known)
    return known


def become(person_id: str) -> None:
    """Move to another person, whom the browser knows from another tab; ValueError where there is none."""
    known, so_far = session.people().find(person_id), visitor()
    known.keep([kept.drawing for kept in so_far.kept])
    so_far.drop_all()
    session.set_controls(visitor=known)
