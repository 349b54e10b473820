"""What the page remembers: the one user of Streamlit's session state, caches and query parameters."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.services.digits_loader import DigitsLoader
from dashboard.services.people import People
from dashboard.services.run_registry import SLOW, LiveRun, RunRegistry
from mnist_core import Digits, SoftmaxRegressor, TrainingConfig
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector

# Seconds for which a run that was just begun is the one shown, whatever the address says: a tick that the
# browser had sent before it heard of the run still carries the address from before.
CROSSING = 5.0


@st.cache_resource(show_spinner=False)
def loading() -> DigitsLoader:
    """The digits, loaded once for everybody."""
    return DigitsLoader()


@st.cache_resource(show_spinner=False)
def registry() -> RunRegistry:
    """Everybody's runs."""
    return RunRegistry()


@st.cache_resource(show_spinner=False)
def people() -> People:
    """Everybody's kept drawings."""
    return People()


@st.cache_resource(show_spinner=False)
def _likeness(source: str) -> Future[NoveltyDetector]:
    known = digits()
    assert known is not None, "there are digits where their source is known"
    return ThreadPoolExecutor(1, "likeness").submit(fit_novelty_detector, known.train)


def load_again() -> None:
    """Forget the digits and load them anew, with another try at the download."""
    loading.clear()


def digits() -> Digits | None:
    """The digits, or None while they are not there."""
    return loading().digits


def run_id() -> str:
    """The id of the run that this page shows, by its address; empty before the first."""
    begun, moment = st.session_state.get("begun", ("", -CROSSING))
    address = st.query_params.get("run", "")
    if address != begun and time.monotonic() - moment < CROSSING:
        st.query_params["run"] = address = begun
    return address


def _show(run_id: str) -> None:
    st.query_params["run"] = run_id
    st.session_state["begun"] = run_id, time.monotonic()


def run() -> LiveRun | None:
    """The run that this page shows; None before the first."""
    shown = run_id()
    if not shown:
        return None
    found = registry().find(shown)
    found.training.watch()
    return found


def previous_run() -> LiveRun | None:
    """The run that this page showed before the present one."""
    before = st.session_state.get("previous_run")
    return registry().find(before) if before else None


def begin_run(config: TrainingConfig) -> None:
    """Begin a run and show it; the one shown so far stops, and stays for comparison."""
    known, shown = digits(), run()
    if known is None:
        return
    if shown is not None:
        shown.training.stop()
        st.session_state["previous_run"] = shown.id if shown.history else None
    begun = registry().begin(config, known, seconds_per_report=_seconds_a_report())
    _show(begun.id)
    st.session_state["notice"] = ""


def adopt_model(model: SoftmaxRegressor) -> None:
    """Show a model from elsewhere as a run that can go on; ValueError or OSError where it cannot be kept."""
    known, shown = digits(), run()
    if known is None:
        return
    adopted = registry().adopt(model, known)
    if shown is not None:
        shown.training.stop()
    _show(adopted.id)
    st.session_state["adopted"] = adopted.id
    # Only with its own input can it go on; and what is shown now lay behind Share.
    st.session_state["controls_to_set"] = {"preprocessing": model.preprocessing, "share": False}
    st.session_state["notice"] = (
        "The model from the file is shown now. Draw a digit to try it, or press Continue to let it learn on."
    )


def uploader() -> str:
    """The key of the uploader: a new one, and so an empty uploader, after each model that was adopted."""
    return f"model-file-{st.session_state.get('adopted', '')}"


def go_on(config: TrainingConfig) -> None:
    """Go on with the run that this page shows; ValueError where the settings do not go with it."""
    known, shown = digits(), run()
    if known is not None and shown is not None:
        registry().go_on(shown, config, known, seconds_per_report=_seconds_a_report())
        st.session_state["notice"] = ""


def set_pace() -> None:
    """Let the run that this page shows follow the switch for slow motion."""
    shown = run()
    if shown is not None:
        shown.training.seconds_per_report = _seconds_a_report()


def _seconds_a_report() -> float:
    return SLOW if st.session_state.get("slow_motion") else 0.0


def render_settings_form() -> TrainingConfig:
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


def likeness() -> Future[NoveltyDetector] | None:
    """What drawings are compared with, on its way since this was first asked for; None without digits."""
    known = digits()
    return _likeness(known.source) if known else None


def control(key: str, default: Any) -> Any:
    """The value of a control, before it is shown again."""
    return st.session_state.get(key, default)


def set_controls(**values: Any) -> None:
    """Set controls, before they are shown: then Streamlit lets them take no other value."""
    st.session_state.update(values)


def put_controls() -> None:
    """Set the controls that an earlier run could not, before they are shown."""
    st.session_state.update(st.session_state.pop("controls_to_set", {}))


def take_click(key: str) -> Any:
    """What was clicked in a chart or a row of pictures, told before it is shown again; None for nothing new.

    What follows from a click can so be shown in the same run as the click itself.
    """
    click = st.session_state.get(key, {}).get("click")
    if click is None or click["stamp"] == st.session_state.get(f"{key}-stamp"):
        return None
    st.session_state[f"{key}-stamp"] = click["stamp"]
    return click["value"]


def shown_digits() -> list[int]:
    """The test digits that the gallery last showed; what was clicked is one of these."""
    return st.session_state.get("shown_digits", [])  # type: ignore[no-any-return]


def set_shown_digits(indices: list[int]) -> None:
    """Remember what the gallery shows."""
    st.session_state["shown_digits"] = indices
