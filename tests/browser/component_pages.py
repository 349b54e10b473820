"""A page for each component of ours, for the tests: "?page=board", "chart" or "pictures"."""

import runpy
from pathlib import Path

import streamlit as st

from dashboard.server.overlapping_runs import protect_overlapping_runs

protect_overlapping_runs()  # as streamlit_app.py does
runpy.run_path(str(Path(__file__).with_name(f"{st.query_params['page']}_page.py")))
