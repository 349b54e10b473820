"""Share and keep: links to a run and to settings, files to take along, a model to bring."""

import csv
import io
from collections.abc import Sequence

import streamlit as st

from dashboard import session
from dashboard.components.link_field import render_link_field
from dashboard.services.run_registry import LiveRun
from dashboard.url_settings import settings_query
from mnist_core import Progress, SoftmaxRegressor
from mnist_core.model_file import model_from_bytes, model_to_bytes

CURVES = (
    "step",
    "epoch",
    "time (s)",
    "training loss (nats)",
    "training accuracy (0 to 1)",
    "test loss (nats)",
    "test accuracy (0 to 1)",
)


def render_sharing() -> None:
    """Offer it all behind one button; what is behind it is made when it is opened."""
    st.fragment(_share)()


def _share() -> None:
    run = session.run()
    with st.container(key="sharing"):
        behind = st.popover(
            "Share", icon=":material/ios_share:", width="content", key="share", on_change="rerun"
        )
    if not behind.open:
        return
    with behind:
        _links(run)
        if run is not None:
            _files(run)
        _upload()


def curves_file(history: Sequence[Progress]) -> str:
    """Write the curves as a .csv file: a header with the units, then a row for each report."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(CURVES)
    table.writerows(
        (p.step, p.epoch, p.seconds, p.train.loss, p.train.accuracy, p.test.loss, p.test.accuracy)
        for p in history
    )
    return file.getvalue()


def model_file(run: LiveRun) -> bytes:
    """Make the file of a run's newest model, the untrained one before the first report."""
    history = run.history
    return model_to_bytes(history[-1].model if history else SoftmaxRegressor(run.config.preprocessing))


def _links(run: LiveRun | None) -> None:
    page = st.context.url or ""
    if run is not None:
        st.markdown("**A link to this run**, as it is, for whoever can reach this server")
        render_link_field(f"{page}?run={run.id}", key="run-link", label="Link to this run")
    st.markdown("**A link to these settings**, to begin a run with")
    query = settings_query(session.settings())
    render_link_field(f"{page}?{query}", key="settings-link", label="Link to these settings")


def _files(run: LiveRun) -> None:
    # Not as functions, which Streamlit 1.67 would call at the click: it forgets what they return after a tick
    # or two of any session, often before the browser has fetched it.
    st.markdown("**Files to take along**, as the run stands")
    with st.container(horizontal=True):
        st.download_button(
            "Model",
            model_file(run),
            "digit-lab-model.safetensors",
            icon=":material/download:",
            on_click="ignore",
            help="The 7,850 numbers, in a file that numpy can read.",
        )
        st.download_button(
            "Curves",
            curves_file(run.history),
            "digit-lab-curves.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="Loss and accuracy, a row a report, for a spreadsheet.",
        )


def _upload() -> None:
    st.markdown("**A model from a file**, to be shown here")
    file = st.file_uploader(
        "A model from a file",
        label_visibility="collapsed",
        type="safetensors",
        max_upload_size=1,
        key=session.uploader(),
        disabled=session.digits() is None,
    )
    if file is None:
        return
    try:
        model = model_from_bytes(file.getvalue())
        with st.spinner("Testing the model"):
            session.adopt_model(model)
    except ValueError as error:
        st.error(f"This file cannot be used: {error}.")
    except OSError:
        st.error("The model is a good one, but it cannot be kept: the server cannot write to its disk.")
    else:
        st.rerun()
