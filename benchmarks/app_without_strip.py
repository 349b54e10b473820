"""The app without the row of weights in its Train tab, for strip.py, which serves it."""

from unittest.mock import patch

import streamlit as st

from dashboard.train import tab
from streamlit_app import middleware

patch.object(tab, "_render_weights", lambda model: None).start()  # an AttributeError if the name has gone
app = st.App("../dashboard/page.py", middleware=middleware)
