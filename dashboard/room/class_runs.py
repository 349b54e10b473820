"""The board of a class: runs that were sent to the room, and how well each reads."""

from collections.abc import Sequence

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import show
from dashboard.compare import state as compare_state
from dashboard.lab.room import Room
from dashboard.lab.room_digits import RoomDigit, digits_of
from dashboard.lab.room_file import PostedRun
from dashboard.lab.run_job import RunSummary
from dashboard.lab.setting_choices import DEFAULTS, differences
from dashboard.room import state as room_state
from dashboard.room.digits_view import render_nickname
from dashboard.room.state import act
from dashboard.room.words import runs_table
from dashboard.ui.button import render_button
from dashboard.visitor import visitor
from mnist_core.evaluation.mcnemar import Score

MOST_COMPARED = 10


def render_runs(room: Room) -> None:
    """Show the board, and the way onto it."""
    st.markdown("### The runs of your class")
    posted = {run.run_id: run for run in room.runs}
    summaries = {one.id: one for one in run_actions.find_summaries(posted) if one.newest is not None}
    if summaries:
        digits = digits_of(room).shown(room, visitor().id)
        drawn = {run.id: _read(room, run, digits) for run in summaries.values()} if digits else {}
        ranked = sorted(summaries.values(), key=lambda run: -_accuracy(run))
        rows = [(posted[run.id].nickname, _settings(run), run.test, drawn.get(run.id)) for run in ranked]
        st.html(runs_table(rows, with_drawn=bool(drawn)))
        _render_compare([run.id for run in ranked], posted, room)
    else:
        st.caption("There are none yet.")
    _render_sending(room, set(posted))


def _accuracy(run: RunSummary) -> float:
    return run.test.accuracy if run.test else 0.0


def _settings(run: RunSummary) -> str:
    return ", ".join(differences(run.config, DEFAULTS)) or "as in the article"


def _read(room: Room, run: RunSummary, digits: Sequence[RoomDigit]) -> Score | None:
    if run.newest is None:
        return None
    reading = digits_of(room).read(run.newest.model, digits)
    return Score(reading.right, reading.count)


def _render_compare(run_ids: list[str], posted: dict[str, PostedRun], room: Room) -> None:
    names = {run_id: f"{place}" for place, run_id in enumerate(run_ids, start=1)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.pills(
            "Rows to compare",
            run_ids,
            format_func=names.__getitem__,
            selection_mode="multi",
            key="room-chosen-runs",
        )
        opened = render_button("Open in Compare", key="room-compare", disabled=not chosen)
        gone = [
            one for one in chosen if room_state.leads(room) or posted[one].key == room.key_of(visitor().id)
        ]
        taken_off = bool(gone) and render_button("Take off the board", key="room-take-off")
    if opened:
        _compare(chosen)
    if taken_off:
        for run_id in gone:
            act(room.take_off, run_id)
    if opened or taken_off:
        st.rerun()


def _compare(run_ids: list[str]) -> None:
    rows = tuple((run_id,) for run_id in run_ids[:MOST_COMPARED])
    compare_state.compared.set(rows)
    show(compare=rows)
    state.set_controls_next_run({compare_state.view.key: compare_state.RUNS, state.tab.key: "Compare"})


def _render_sending(room: Room, posted: set[str]) -> None:
    run = run_actions.shown_run()
    if run is None or not run_actions.is_own(run) or not run.history:
        st.caption("Train a run of your own: you can then send it to this board.")
        return
    if run.id in posted:
        st.caption("The run that this page shows is on the board.")
        return
    render_nickname("on the board")
    st.button("Send my run to the board", key="post-run", on_click=_post, args=(room, run.id))
    st.caption("Everybody in the room can then look at this run. Only you can control it.")


def _post(room: Room, run_id: str) -> None:
    if run_id in visitor().jobs and visitor().jobs.owns(run_id):
        act(room.post_run, run_id, room_state.nickname.get() or "")
