"""What one session remembers: every entry of Streamlit's session state that is read or written by name.

An entry whose key is that of a control holds what the control shows. It can be set only before the control is
rendered in a run of the script.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st
from torch import Tensor

from dashboard.draw.input_override import InputOverride
from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.lab.people import Person
from dashboard.lab.run_deletion import DeletedRun
from dashboard.learn.progress import Attempt
from mnist_core import Cell, TrainingConfig

T = TypeVar("T")
RunIds = tuple[str, ...]
ANY = "any"  # of a filter: lets every digit pass


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
visited = Entry("visited", default=False)
tab = Entry("tab", "Train")  # the one that is open
visitor: Entry[Person | None] = Entry("visitor", None)
notice = Entry("notice", "")  # shown above the tabs until the next run begins


# Runs, by their ids.
shown_run = Entry("shown_run", "")
previous_run = Entry("previous_run", "")  # the run that this page showed before

# The settings, and the controls that act on a run.
settings = Entry("settings", TrainingConfig())  # as the sidebar's controls stand
preset: Entry[str | None] = Entry("preset", None)
slow_motion = Entry("slow_motion", default=False)
curves_over = Entry("curves_over", "epoch")
sharing_open = Entry("share", default=False)
uploads = Entry("uploads", 0)  # files taken so far: each gets a new, empty uploader

# Draw.
ink: Entry[Tensor | None] = Entry("ink", None)  # that is read, (H, W) uint8; None if there is none
board_ink: Entry[Tensor | None] = Entry("board_ink", None)  # the same, of the board
input_override: Entry[InputOverride | None] = Entry(
    "input_override", None
)  # that is read in the place of the board's
photo_open = Entry("photo", default=False)
photo_notice = Entry("photo_notice", "")
only_shrink = Entry("only_shrink", default=False)
drawn_digit: Entry[int | None] = Entry("drawn_digit", None)  # what the person says they drew
kept_notice = Entry("kept_notice", "")
selected_drawing: Entry[KeptDrawing | None] = Entry("selected_drawing", None)

# Compare. Each row of the table is named by the ids of its runs, which differ in their seed alone.
compared: Entry[tuple[RunIds, ...] | None] = Entry("compared", None)  # None before the person has chosen
linked_baseline: Entry[RunIds] = Entry("linked_baseline", ())  # of another person, that a link compares with
comparison_written = Entry("comparison_written", default=False)  # by the page, into the address; see url.py
deleted_runs: Entry[tuple[DeletedRun, ...]] = Entry("deleted_runs", ())  # that can still be brought back
compare_notice = Entry("compare_notice", "")
# Whether a click has changed runs that the rest of the page may show. What its button returns does not tell:
# a button that the click disables returns False.
page_is_stale = Entry("page_is_stale", default=False)
curve_quantity = Entry("curve_quantity", "accuracy")
curve_part = Entry("curve_part", "test")
curve_axis = Entry("curve_axis", "epoch")
pair_a = Entry("pair_a", "A")  # the letters of the two runs that the verdict is about
pair_b = Entry("pair_b", "B")
only_a: Entry[list[int]] = Entry("only_a_digits", [])  # the test digits that the galleries last showed
only_b: Entry[list[int]] = Entry("only_b_digits", [])
most_different_digit: Entry[int | None] = Entry("most_different_digit", None)  # one of them, that was clicked
compare_view = Entry("compare_view", "Runs")  # or "Map"
shown_map = Entry("shown_map", "")  # the id of the map of settings that the page shows
map_cell: Entry[Cell | None] = Entry("map_cell", None)  # whose curve was opened
clicked_cell: Entry[Cell | None] = Entry("clicked_cell", None)  # that was last clicked on in a map
map_notice = Entry("map_notice", "")

# Look inside.
view = Entry("view", "Weights")
explained: Entry[str | None] = Entry("explained", None)
test_digit = Entry("test_digit", 0)
label: Entry[int | str] = Entry("label", ANY)
predicted: Entry[int | str] = Entry("predicted", ANY)
gallery: Entry[list[int]] = Entry("gallery_digits", [])  # the test digits that the gallery last showed
from_gallery = Entry("from_gallery", default=False)  # whether the test digit was opened from there

# Learn.
learn_page = Entry("learn_page", "")  # the lesson or a challenge; empty for the list of all
learn_page_written = Entry("learn_page_written", default=False)  # by the page, into the address; see url.py
progress: Entry[dict[str, Attempt]] = Entry("learn_progress", {})  # by challenge
progress_read = Entry("learn_progress_read", default=False)  # whether the browser has told what it keeps
drafts: Entry[dict[str, str]] = Entry("learn_drafts", {})  # guesses that nobody has committed to yet
presenting = Entry("presenting", default=False)
presented = Entry("presented", default=False)  # whether the whole page has followed that
broken_reader: Entry[tuple[int, str] | None] = Entry("broken_reader", None)  # digit, way
prepared_ink: Entry[Tensor | None] = Entry("prepared_ink", None)  # the drawing that a guess is about


def set_controls(values: Mapping[str, object]) -> None:
    """Set several controls by their keys, before they are rendered."""
    st.session_state.update(values)


def set_controls_next_run(values: Mapping[str, object]) -> None:
    """Have controls set at the start of the next run of the script, for those that are rendered already."""
    st.session_state["next_controls"] = {**st.session_state.get("next_controls", {}), **values}


def apply_next_controls() -> None:
    """Set what the previous run of the script asked for."""
    set_controls(st.session_state.pop("next_controls", {}))


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
    try:
        click = st.session_state[key]["click"]
        stamp = float(click["stamp"])
        if stamp == stamp_of_click(key):
            return None
        value = read(click["value"])
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        return None
    st.session_state[f"{key}-stamp"] = stamp
    return value
