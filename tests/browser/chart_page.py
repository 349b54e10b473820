"""A page with live figures, for test_chart.py."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from dashboard import state
from dashboard.ui.chart import heatmap_cell, render_chart

running = st.toggle("Run", value=True)


@st.fragment(run_every=0.2 if running else None)
def auto_refresh() -> None:
    # A tick that the browser had sent before it heard of the stop changes nothing.
    st.session_state.frame = frame = st.session_state.get("frame", 0) + running
    x = np.linspace(0, 10, 600)
    lines = [go.Scatter(x=x, y=np.sin(x + shift + frame / 10), name=f"wave {shift}") for shift in range(4)]
    ranges = {"xaxis_range": [0, 10 + frame / 100], "yaxis_range": [-1.5 - frame / 100, 1.5]}
    waves = go.Figure(lines).update_layout(**ranges)
    render_chart(waves, key="waves", height=300, description=f"Waves at frame {frame}")

    cells = np.random.default_rng(frame).random((10, 10))
    colours = [[0, "var(--st-background-color)"], [1, "var(--digit-0)"]]
    heatmap = go.Figure(go.Heatmap(z=cells, colorscale=colours))
    render_chart(heatmap, key="cells", height=300, description="Ten by ten cells", clickable=True)
    clicks, click = st.session_state.setdefault("clicks", []), state.consume_click("cells", heatmap_cell)
    if click is not None:
        clicks.append(click)
    st.text(f"frame {frame}")
    st.text(f"{len(clicks)} clicks: {clicks}")


auto_refresh()
st.text("running" if running else f"stopped at frame {st.session_state.frame}")
front, back = st.tabs(["Front", "Back"])
with back:
    bars = go.Figure(go.Bar(x=["a", "b", "c"], y=[1, 2, 3]))
    render_chart(bars, key="bars", height=250, description="Bars that rise", file_name="rising bars")
    st.text("below the bars")
