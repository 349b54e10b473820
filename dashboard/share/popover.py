"""Share: links to a run and to settings, downloads, and a model file to load."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import chosen_settings, settings_query
from dashboard.lab import shared
from dashboard.lab.run_job import RunJob
from dashboard.ui.link_field import render_link_field
from dashboard.ui.text import escape
from mnist_core import Progress, Run, SoftmaxRegressor, notebook_of, page_of, script_of
from mnist_core.model_file import Origin, model_to_bytes, read_model
from mnist_core.training.report import CURVES, curve_row, curve_units


class _Export(NamedTuple):
    """A form in which a run is taken home."""

    label: str
    file: str
    mime: str
    help: str
    write: Callable[[Run], str]  # ValueError, a sentence, for a run of which it cannot be made


EXPORTS = (
    _Export(
        "Web page",
        "digit-lab-reader.html",
        "text/html",
        "Opens without installing anything: draw on it, and watch the film of how this run learned.",
        page_of,
    ),
    _Export(
        "Script",
        "digit_lab_run.py",
        "text/x-python",
        "Plain PyTorch that trains this run again from the same seed and prints the same accuracies.",
        script_of,
    ),
    _Export(
        "Notebook",
        "digit-lab-run.ipynb",
        "application/x-ipynb+json",
        "The same in cells, with the curve, the ten pictures, and a hidden layer to compare it with.",
        notebook_of,
    ),
)


def render_sharing() -> None:
    """Offer everything behind one button; it is made when the button is pressed."""
    st.fragment(_render)()


def _render() -> None:
    run = run_actions.shown_run()
    with st.container(key="sharing"):
        behind = st.popover(
            "Share",
            icon=":material/ios_share:",
            width="content",
            key=state.sharing_open.key,
            on_change="rerun",
        )
    if not behind.open:
        return
    with behind:
        _render_links(run)
        if run is not None:
            _render_files(run)
        _render_upload()


def curves_file(history: Sequence[Progress]) -> str:
    """Write the curves as a .csv file: a header with the units, then a row for each report."""
    file = io.StringIO()
    table = csv.writer(file)
    units = curve_units(history[0]) if history else CURVES
    table.writerow(f"{name} ({unit})" if unit else name for name, unit in units.items())
    table.writerows(curve_row(report) for report in history)
    return file.getvalue()


def model_file(run: RunJob) -> bytes:
    """Make the file of a run's newest model, the untrained one before the first report."""
    last = run.history[-1] if run.history else None
    if last is None or not last.step:
        return model_to_bytes(last.model if last else SoftmaxRegressor(run.config.preprocessing))
    return model_to_bytes(
        last.model, Origin(run.config, run.source, last.step, last.epoch, last.test.accuracy)
    )


def page_address() -> str:
    """Return the address of the page without a query; with a slash at its end, as proxies expect it."""
    return (st.context.url or "").rstrip("/") + "/"


def _render_links(run: RunJob | None) -> None:
    page = page_address()
    if run is not None:
        st.markdown("**A link to this run**, for anybody who can reach this server")
        render_link_field(f"{page}?run={run.id}", key="run-link", label="Link to this run")
    st.markdown("**A link to these settings**, to begin a new run with")
    query = settings_query(chosen_settings.get())
    render_link_field(f"{page}?{query}", key="settings-link", label="Link to these settings")


def _render_files(run: RunJob) -> None:
    # Not as functions, which Streamlit 1.67 would call at the click: it forgets what they return after a tick
    # or two of any session, often before the browser has fetched it.
    st.markdown("**Take it home**")
    refused: dict[str, list[str]] = {}  # why -> what cannot be made
    with st.container(horizontal=True):
        for export in EXPORTS:
            try:
                content = export.write(_content(run))
            except ValueError as error:
                refused.setdefault(str(error), []).append(export.label.lower())
            else:
                _render_download(export.label, content, export.file, export.mime, export.help)
        _render_download(
            "Model",
            model_file(run),
            "digit-lab-model.safetensors",
            "application/octet-stream",
            "The 7,850 numbers of the newest model, in a file that numpy can read, with the settings, the "
            "digits, the accuracy and the date.",
        )
        _render_download(
            "Curves",
            curves_file(run.history),
            "digit-lab-curves.csv",
            "text/csv",
            "Loss and accuracy as a table, one row per report, for a spreadsheet.",
        )
    for why, labels in refused.items():
        *others, last = labels
        named = f"{', '.join(others)} or {last}" if others else last
        st.caption(f"No {named}: {escape(why)}")


def _render_download(label: str, content: str | bytes, file: str, mime: str, what: str) -> None:
    st.download_button(
        label, content, file, mime=mime, icon=":material/download:", on_click="ignore", help=what
    )


def _content(run: RunJob) -> Run:
    """Return a run that has ended; ValueError, with a sentence for the page, for any other."""
    if not run.state.ended:
        raise ValueError("The run is still learning. Come back when it has ended.")
    if not run.history:
        raise ValueError("The run ended before it learned anything.")
    return run.content()


def _render_upload() -> None:
    st.markdown("**Load a model file**")
    file = st.file_uploader(
        "Load a model file",
        label_visibility="collapsed",
        type="safetensors",
        max_upload_size=1,
        key=f"model-file-{state.uploads.get()}",
        disabled=shared.digits() is None,
    )
    if file is None:
        return
    try:
        model, origin = read_model(file.getvalue())
        with st.spinner("Testing the model"):
            run_actions.adopt_model(model, origin)
    except ValueError as error:
        st.error(f"This file cannot be used: {escape(str(error))}.")
    except OSError:
        st.error("The file is a valid model, but it cannot be saved: the server cannot write to its disk.")
    else:
        st.rerun()
