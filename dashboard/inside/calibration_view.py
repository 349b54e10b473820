"""Calibration: is the confidence of the model justified?"""

import streamlit as st

from dashboard.inside.figures import reliability_diagram
from dashboard.ui.chart import render_chart
from dashboard.ui.numbers import percent
from mnist_core import Predictions, calibration_curve


def render_calibration(predictions: Predictions) -> None:
    """Show how often answers are right, by the confidence of the model."""
    calibration = calibration_curve(predictions)
    error = calibration.expected_error
    st.markdown(
        "Of all answers with 80 % confidence, about 80 % should be right. If a bar ends below the dotted "
        "line, the model is overconfident; if it ends above the line, the model is right more often than its "
        "confidence says."
    )
    with st.container(key="calibration"):  # for inside.css
        bars, number = st.columns([3, 1], gap="large")
    with bars:
        render_chart(
            reliability_diagram(calibration),
            key="reliability",
            height=440,
            description=f"Confidence and accuracy differ by {percent(error)} on average.",
            file_name="digit-lab-calibration",
        )
    with number:
        st.metric("Expected calibration error", percent(error))
        st.caption(
            "The mean difference between confidence and accuracy, with each bar weighted by its number of "
            "answers (Guo et al., 2017)."
        )
