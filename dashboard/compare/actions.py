"""What can be done with the runs that are chosen in the tab Compare."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import state
from dashboard.address import open_run
from dashboard.compare import state as compare_state
from dashboard.compare.rows import Row
from dashboard.compare.run_groups import missing_seeds
from dashboard.lab import shared
from dashboard.lab.run_deletion import delete_runs, restore_runs
from dashboard.lab.run_job import ShownRun
from dashboard.state import RunIds
from dashboard.visitor import visitor
from mnist_core import State

SEEDS = 5
MOST_SETTINGS = 2  # whose seeds are trained at a time


def learning_runs() -> list[ShownRun]:
    """The runs on the visitor's list that have not ended."""
    registry = shared.run_registry()
    known = [registry.in_memory(listed.run_id) for listed in visitor().runs]
    return [run for run in known if run is not None and not run.state.ended]


def render_actions(chosen: Sequence[Row]) -> None:
    """Show the buttons, always all of them, so that nothing moves."""
    own = [row for row in chosen if row.listed]
    with st.container(horizontal=True, key="compare-actions"):
        st.button(
            "Five seeds",
            icon=":material/casino:",
            key="five-seeds",
            on_click=_train_seeds,
            args=(chosen,),
            disabled=not can_train_seeds(chosen),
            help="Trains the settings of one or two chosen runs with more seeds, until there are five. How "
            "much the results vary then shows what chance alone can do.",
        )
        st.button(
            "Open",
            icon=":material/open_in_new:",
            key="open-run",
            on_click=_open,
            args=(chosen,),
            disabled=len(chosen) != 1,
            help="Shows the one chosen run on the whole page, with its settings in the sidebar.",
        )
        st.button(
            "Add to my runs",
            icon=":material/playlist_add:",
            key="add-runs",
            on_click=_add,
            args=(chosen,),
            disabled=len(own) == len(chosen),
            help="Keeps chosen runs that came with a link on your list. Only the browser that began a run "
            "can control or delete it.",
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            key="delete-runs",
            on_click=_delete,
            args=(own,),
            disabled=not own,
            help="Deletes the chosen runs, from the server's disk too. Those that you added from a link only "
            "leave your list.",
        )
        st.button(
            "Undo delete",
            icon=":material/undo:",
            key="undo-delete",
            on_click=_undo,
            disabled=not compare_state.deleted_runs.get(),
            help="Brings back the runs that you have just deleted, until you do something else.",
        )
    if compare_state.page_is_stale.get():
        compare_state.page_is_stale.set(False)
        st.rerun()


def can_train_seeds(rows: Sequence[Row]) -> bool:
    """Whether the settings of these rows can be trained with more seeds."""
    digits = shared.digits()
    return (
        digits is not None
        and 1 <= len(rows) <= MOST_SETTINGS
        and not learning_runs()
        and any(map(_seeds, rows))
        and all(row.group.first.source == digits.source and not row.group.first.earlier for row in rows)
    )


def forget_deleted() -> None:
    """Let deleted runs go: something else was done."""
    compare_state.deleted_runs.set(())
    compare_state.notice.set("")


def _seeds(row: Row) -> list[int]:
    """List the seeds that are to be trained, so that there are five."""
    run = row.group.first
    if run.newest is not None and run.newest.step == 0:
        return []  # a model from a file, whose settings are not known
    return missing_seeds(row.group.seeds if _counts(row) else set(), row.group.config.seed, SEEDS)


def _counts(row: Row) -> bool:
    """Whether a row's own runs are among the five seeds: others would not be in one group with them."""
    return row.listed and row.group.first.state is State.FINISHED


def _train_seeds(rows: Sequence[Row]) -> None:
    digits = shared.digits()
    if digits is None:
        return
    forget_deleted()
    grown: list[RunIds] = []
    for row in rows:
        begun = []
        for seed in _seeds(row):
            config = replace(row.group.config, seed=seed)
            run = shared.run_registry().begin(
                config, digits, seconds_per_report=0, owner=visitor().id, together=True
            )
            visitor().runs.add(run.id)
            begun.append(run.id)
        grown.append((*row.run_ids, *begun) if _counts(row) else tuple(begun))
    compare_state.compared.set(tuple(grown))


def _open(rows: Sequence[Row]) -> None:
    try:
        run = shared.run_registry().find(rows[0].group.first.id)
    except (KeyError, ValueError, OSError):
        compare_state.notice.set("This run is no longer on the server.")
        return
    forget_deleted()
    open_run(run)
    state.set_controls({state.tab.key: "Train"})
    compare_state.page_is_stale.set(True)


def _add(rows: Sequence[Row]) -> None:
    forget_deleted()
    added = [run_id for row in reversed(rows) for run_id in reversed(row.run_ids) if not row.listed]
    for run_id in added:
        visitor().runs.add(run_id, own=False)
    compare_state.notice.set(f"{_count(len(added))} added to your list.")
    compare_state.page_is_stale.set(True)  # a newcomer's browser is to get a cookie


def _delete(rows: Sequence[Row]) -> None:
    run_ids = [run_id for row in rows for run_id in row.run_ids]
    compare_state.deleted_runs.set(delete_runs(visitor(), run_ids, shared.run_registry()))
    compare_state.compared.set(())
    compare_state.notice.set(f"{_count(len(run_ids))} deleted.")
    compare_state.page_is_stale.set(True)


def _undo() -> None:
    deleted = compare_state.deleted_runs.get()
    try:
        restore_runs(visitor(), deleted, shared.run_registry())
    except OSError:
        compare_state.notice.set("The runs cannot be brought back: the server cannot write to its disk.")
        return
    forget_deleted()
    compare_state.notice.set(f"{_count(len(deleted))} brought back.")
    compare_state.page_is_stale.set(True)


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"
