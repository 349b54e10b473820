"""What the page remembers: the one user of Streamlit's session state, caches and query parameters."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.loading import Loading
from dashboard.registry import LiveRun, Registry
from mnist_core import Digits, TrainingConfig


@st.cache_resource(show_spinner=False)
def loading() -> Loading:
    """The digits, loaded once for everybody."""
    return Loading()


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """Everybody's runs."""
    return Registry()


def load_again() -> None:
    """Forget the digits and load them anew, with another try at the download."""
    loading.clear()


def digits() -> Digits | None:
    """The digits, or None while they are not there yet."""
    return loading().digits


def run() -> LiveRun | None:
    """The run that this page shows; None before the first."""
    run_id = st.query_params.get("run")
    found = registry().find(run_id) if run_id else None
    if found is not None:
        found.training.watch()
    return found


def run_before() -> LiveRun | None:
    """The run that this page showed before the present one."""
    run_id = st.session_state.get("run_before")
    return registry().find(run_id) if run_id else None


def begin_run(config: TrainingConfig) -> None:
    """Begin a run and show it; the one shown so far is kept for comparison, and stops."""
    known = digits()
    if known is None:
        return
    shown = run()
    if shown is not None:
        shown.training.stop()
        st.session_state["run_before"] = shown.id
    st.query_params["run"] = registry().begin(config, known, slowly=slow_motion()).id


def slow_motion() -> bool:
    """Whether the reports are to come slowly enough to be watched."""
    return bool(st.session_state.get("slow_motion", False))


def settings() -> TrainingConfig:
    """The settings as the sidebar's controls stand."""
    return st.session_state.get("settings", TrainingConfig())  # type: ignore[no-any-return]


def set_settings(config: TrainingConfig) -> None:
    """Remember what the sidebar's controls say, for the tabs that offer to train."""
    st.session_state["settings"] = config


def drawing() -> NDArray[np.uint8] | None:
    """The canvas as last seen, (H, W, 4) uint8; None before the first stroke."""
    return st.session_state.get("drawing")


def set_drawing(rgba: NDArray[np.uint8] | None) -> None:
    """Remember the canvas, for the views that explain an answer."""
    st.session_state["drawing"] = rgba
