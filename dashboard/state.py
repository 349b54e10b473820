"""What several tabs share in one session; the rest is in the state.py of each part.

An `Entry` is one value of Streamlit's session state that is read or written by name. One whose key
is that of a control holds what the control shows, and can be set only before the control is rendered in a run
of the script.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from dashboard.lab.people import Person

T = TypeVar("T")
RunIds = tuple[str, ...]  # the ids of runs that differ in their seed alone: one row of the tab Compare
TABS = ("Train", "Draw", "Compare", "Look inside", "Learn")


@dataclass(frozen=True)
class Entry(Generic[T]):
    """One value of the session state, with the value that it has before it is first set."""

    key: str
    default: T

    def get(self) -> T:
        """Return the value."""
        return st.session_state.get(self.key, self.default)  # type: ignore[no-any-return]

    def set(self, value: T) -> None:
        """Remember a value."""
        st.session_state[self.key] = value


# The visit.
tab = Entry("tab", TABS[0])  # the one that is open
visitor: Entry[Person | None] = Entry("visitor", None)
visitor_before = Entry("visitor_before", "")  # the id of the person whose browser it was until now
notice = Entry("notice", "")  # shown above the tabs until the next run begins
previous_run = Entry("previous_run", "")  # the id of the run that this page showed before
may_go: Entry[tuple[str, ...]] = Entry("may_go", ())  # jobs that a new one replaces, as the page says
slow_motion = Entry("slow_motion", default=False)
curves_over = Entry("curves_over", "step (logarithmic)")
sharing_open = Entry("share", default=False)
uploads = Entry("uploads", 0)  # files taken so far: each gets a new, empty uploader


def set_controls(values: Mapping[str, object]) -> None:
    """Set several controls by their keys, before they are rendered.

    They are remembered until the script has run to its end. If it is broken off before, what was set is lost
    (Streamlit 1.67): the browser may not have heard of it, and its next request says what it still shows.
    """
    unrendered = st.session_state.setdefault("unrendered", {})
    st.session_state.setdefault("last_set", {}).update(values)
    for key, value in values.items():
        unrendered[key] = (st.session_state.get(key), value)
        st.session_state[key] = value


def set_choice(name: str, value: object, *, harmless: Container[object] = ()) -> str:
    """Set a choice that does something when it is changed, and return the key to render it with.

    A request that was on its way says what the choice was before. Streamlit takes that for a change by the
    person: a slider that had just been moved away from a preset was set back by it. So a choice that the page
    sets to another value gets another key, under which nothing old can come. To the browser it is then a new
    control, which does not have the focus.

    Args:
        name: of the choice; its keys begin with it.
        value: what it is to say.
        harmless: values that do nothing when they are chosen. A choice that says one of them keeps its key.
    """
    said = st.session_state.get(choice_key(name), value)
    if said != value and said not in harmless:
        number = f"{name}-number"
        st.session_state[number] = st.session_state.get(number, 0) + 1
    st.session_state[choice_key(name)] = value
    return choice_key(name)


def choice_key(name: str) -> str:
    """Return the key with which a choice was rendered last."""
    return f"{name}-{st.session_state.get(f'{name}-number', 0)}"


def chosen(name: str) -> Any:
    """Return what a choice says; None if it is not there."""
    return st.session_state.get(choice_key(name))


def last_set(key: str, default: T) -> T:
    """Return what the page has set a control to last, as the default of the control.

    A browser that gets the control's code late, as over a slow connection, is told of a value only until
    the next run of the script. It then showed the default, and said so with the next press (Streamlit 1.67).
    """
    return st.session_state.get("last_set", {}).get(key, default)  # type: ignore[no-any-return]


def set_controls_next_run(values: Mapping[str, object]) -> None:
    """Have controls set at the start of the next run of the script, for those that are rendered already."""
    st.session_state["next_controls"] = {**st.session_state.get("next_controls", {}), **values}


def apply_next_controls() -> None:
    """Set what the previous run of the script asked for, or set before it was broken off."""
    if st.session_state.get("running"):
        for key, (before, value) in st.session_state.get("unrendered", {}).items():
            if st.session_state.get(key) in (before, value):  # else the person has changed it since
                st.session_state[key] = value
    st.session_state["running"] = True
    set_controls(st.session_state.pop("next_controls", {}))


def end_run() -> None:
    """Note that the script has run to its end, so that all controls and buttons have been rendered."""
    st.session_state["running"] = False
    st.session_state.pop("unrendered", None)
    presses().clear()


def presses() -> set[str]:
    """The keys of buttons that were pressed and not rendered since; always the same set."""
    return st.session_state.setdefault("presses", set())  # type: ignore[no-any-return]


def uploaded_file(key: str) -> bytes | None:
    """Return the content of the file in a control for files, or None."""
    read = getattr(st.session_state.get(key), "getvalue", None)  # a file that was removed has none
    return None if read is None else read()


def stamp_of_click(key: str) -> float:
    """Return the stamp of the last click that was taken; 0 before the first."""
    return float(st.session_state.get(f"{key}-stamp") or 0)


def last_result(name: str, compute: Callable[..., T], *arguments: object) -> T:
    """Return `compute(*arguments)`, or what it returned last if the arguments are still the same.

    Most runs of the script change neither the drawing nor the model. Objects are the same if they are
    identical, bytes if they are equal. One result is kept for each name.
    """
    key = f"last {name}"
    before = st.session_state.get(key)
    if before is not None and all(map(_same, before[0], arguments)):
        return before[1]  # type: ignore[no-any-return]
    result = compute(*arguments)
    st.session_state[key] = arguments, result
    return result


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, bytes) and one == other)


def consume_click(key: str, read: Callable[[Any], T]) -> T | None:
    """Return what was clicked in a chart or a row of pictures since the last call, and forget it; or None.

    It is known before the chart is rendered again, so what follows from a click is shown in the same run.
    `read` is the component's own: it checks what came. Malformed messages are ignored.
    """
    stamp, value = _new_click(key, read)
    if value is not None:
        st.session_state[f"{key}-stamp"] = stamp
    return value


def apply_click(key: str, read: Callable[[Any], T], apply: Callable[[T], None]) -> None:
    """Call `apply` with what was clicked since the last call, and again until it has come to its end.

    Each look at the session state can be where a request breaks the run off. What `consume_click` returned is
    then lost; here a click counts as applied only when `apply` is done, so doing it twice must do no harm.
    """
    stamp, value = _new_click(key, read)
    if value is not None:
        apply(value)
        st.session_state[f"{key}-stamp"] = stamp


def _new_click(key: str, read: Callable[[Any], T]) -> tuple[float, T | None]:
    """Return the stamp and the value of a click that was not taken yet; None if there is none."""
    try:
        click = st.session_state[key]["click"]
        stamp = float(click["stamp"])
        return stamp, None if stamp == stamp_of_click(key) else read(click["value"])
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        return 0.0, None
