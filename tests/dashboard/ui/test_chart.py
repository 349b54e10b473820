"""What a figure sends to the page, and what it refuses; how it behaves there is tested in a browser."""

import base64
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.ui.chart import render_chart


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the component was mounted with."""
    calls: dict[str, Any] = {}

    def mount(_: object, *, data: bytes, **layout: object) -> None:
        calls.update(json.loads(data), **layout)

    monkeypatch.setattr("dashboard.ui.chart.mount", mount)
    return calls


def test_arrays_travel_as_they_are_in_memory(sent: dict[str, Any]) -> None:
    y = np.array([0.25, -1.5, 3.0], np.float32)
    render_chart(go.Figure(go.Scatter(y=y)), key="curve", height=300, description="It rises")
    encoded = sent["figure"]["data"][0]["y"]
    assert encoded["dtype"] == "f4"
    assert np.array_equal(np.frombuffer(base64.b64decode(encoded["bdata"]), "<f4"), y)


def test_the_theme_takes_the_place_of_a_template(sent: dict[str, Any]) -> None:
    figure = go.Figure(layout={"template": "plotly_dark", "xaxis": {"title": {"text": "epoch"}}})
    render_chart(figure, key="curve", height=300, description="It rises")
    assert sent["figure"]["layout"] == {"xaxis": {"title": {"text": "epoch"}}}
    assert sent["height"] == 300


@pytest.mark.parametrize(
    ("height", "description", "message"), [(0, "It rises", "height"), (300, " ", "description")]
)
def test_a_chart_needs_a_height_and_words(height: int, description: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        render_chart(go.Figure(), key="curve", height=height, description=description)
