"""How sure the model should be."""

import streamlit as st

from dashboard.components.chart import render_chart
from dashboard.figures.calibration import reliability_diagram
from dashboard.text.numbers import percent
from mnist_core import Predictions, calibration_curve


def render_calibration(predictions: Predictions) -> None:
    """Show how often answers are right, by how sure they are."""
    calibration = calibration_curve(predictions)
    error = calibration.expected_error
    st.markdown(
        "Of the answers given with 80 %, about 80 in 100 should be right. Where a bar ends below the dotted "
        "line, the model is too sure of itself; above it, it is right more often than it says."
    )
    bars, number = st.columns([3, 1], gap="large")
    with bars:
        render_chart(
            reliability_diagram(calibration),
            key="reliability",
            height=440,
            description=f"How sure and how often right differ by {percent(error)} on average.",
            file_name="digit-lab-calibration",
        )
    with number:
        st.metric("Expected calibration error", percent(error))
        st.caption(
            "The mean distance between how sure the answers of a bar are and how often they are right, each "
            "bar weighted with its number of answers (Guo et al., 2017)."
        )
