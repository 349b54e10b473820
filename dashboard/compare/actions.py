"""What can be done with the runs that are chosen in the tab Compare."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import open_run
from dashboard.compare import state as compare_state
from dashboard.compare.rows import Row, missing_seeds
from dashboard.lab import shared
from dashboard.lab.job import JobRefused
from dashboard.lab.run_job import RunJob
from dashboard.state import RunIds
from dashboard.ui.button import render_button
from dashboard.visitor import visitor
from mnist_core.training.worker import State

SEEDS = 5
MOST_SETTINGS = 2  # whose seeds are trained at a time


def learning_runs() -> list[RunJob]:
    """The runs on the visitor's list that have not ended."""
    active = shared.jobs().active(listed.job_id for listed in visitor().jobs.runs)
    return [job for job in active if isinstance(job, RunJob)]


def render_actions(chosen: Sequence[Row]) -> None:
    """Show the buttons, always all of them, so that nothing moves."""
    own = [row for row in chosen if row.listed]
    with st.container(horizontal=True, key="compare-actions"):
        several = render_button(
            "Five seeds",
            icon=":material/casino:",
            key="five-seeds",
            disabled=not can_train_seeds(chosen),
            help="Trains the settings of one or two chosen runs with more seeds, until there are five. How "
            "much the results vary then shows what chance alone can do.",
        )
        opened = render_button(
            "Open",
            icon=":material/open_in_new:",
            key="open-run",
            disabled=len(chosen) != 1,
            help="Shows the one chosen run on the whole page, with its settings in the sidebar.",
        )
        added = render_button(
            "Add to my runs",
            icon=":material/playlist_add:",
            key="add-runs",
            disabled=len(own) == len(chosen),
            help="Keeps chosen runs that came with a link on your list. Only the browser that began a run "
            "can control or delete it.",
        )
        deleted = render_button(
            "Delete",
            icon=":material/delete:",
            key="delete-runs",
            disabled=not own,
            help="Deletes the chosen runs, from the server's disk too. Those that you added from a link only "
            "leave your list.",
        )
        render_undo()
    if several:
        _train_seeds(chosen)
    if opened:
        _open(chosen)
    if added:
        _add(chosen)
    if deleted:
        _delete(own)
    if several or opened or added or deleted:
        st.rerun()
    rerun_if_stale()


def render_undo() -> None:
    """Offer to bring back what was just deleted."""
    st.button(
        "Undo delete",
        icon=":material/undo:",
        key="undo-delete",
        on_click=_undo,
        disabled=not can_undo(),
        help="Brings back the runs that you have just deleted, until you do something else.",
    )


def can_undo() -> bool:
    """Whether runs were just deleted that can be brought back."""
    return not all(one.listed.is_map for one in compare_state.deleted_jobs.get())


def rerun_if_stale() -> None:
    """Show the whole page again if a click has changed runs that other parts of it may show."""
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
    compare_state.deleted_jobs.set(())
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
    try:
        shared.jobs().check_count(visitor().jobs, sum(len(_seeds(row)) for row in rows))
    except JobRefused as refusal:
        compare_state.notice.set(str(refusal))
        return
    grown: list[RunIds] = []
    for row in rows:
        begun = []
        for seed in _seeds(row):
            config = replace(row.group.config, seed=seed)
            try:
                run = shared.jobs().begin_run(config, digits, visitor().jobs, same_group=True)
            except JobRefused as refusal:
                compare_state.notice.set(str(refusal))
                break
            begun.append(run.id)
        grown.append((*row.run_ids, *begun) if _counts(row) else tuple(begun))
    compare_state.compared.set(tuple(grown))


def _open(rows: Sequence[Row]) -> None:
    run = run_actions.find_run(rows[0].group.first.id)
    if run is None:
        compare_state.notice.set("This run is no longer on the server.")
        return
    forget_deleted()
    open_run(run)
    state.set_controls_next_run({state.tab.key: "Train"})


def _add(rows: Sequence[Row]) -> None:
    forget_deleted()
    added = [run_id for row in reversed(rows) for run_id in reversed(row.run_ids) if not row.listed]
    try:
        for run_id in added:
            shared.jobs().add_link(run_id, visitor().jobs)
    except JobRefused as refusal:
        compare_state.notice.set(str(refusal))
        return
    compare_state.notice.set(f"{_count(len(added), 'run')} added to your list.")


def _delete(rows: Sequence[Row]) -> None:
    compare_state.notice.set(delete_jobs([run_id for row in rows for run_id in row.run_ids], "run"))
    compare_state.compared.set(())


def _undo() -> None:
    compare_state.notice.set(bring_back("run"))
    compare_state.page_is_stale.set(True)


def delete_jobs(job_ids: Sequence[str], what: str) -> str:
    """Delete jobs, which can be brought back for now; say how that went."""
    try:
        deleted = shared.jobs().delete(job_ids, visitor().jobs)
    except JobRefused as refusal:
        return str(refusal)
    compare_state.deleted_jobs.set(tuple(deleted))
    rest = "" if len(deleted) == len(job_ids) else " The server cannot delete the rest just now."
    return f"{_count(len(deleted), what)} deleted.{rest}"


def bring_back(what: str) -> str:
    """Undo the last deletion; say how that went."""
    deleted = compare_state.deleted_jobs.get()
    try:
        shared.jobs().restore(deleted, visitor().jobs)
    except JobRefused as refusal:
        return str(refusal)
    except OSError:
        return "This cannot be undone just now: the server cannot write to its disk."
    compare_state.deleted_jobs.set(())
    return f"{_count(len(deleted), what)} brought back."


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
