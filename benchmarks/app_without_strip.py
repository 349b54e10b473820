"""The app without the row of weights in its Train tab, for strip.py, which serves it."""

import streamlit as st

from streamlit_app import middleware

app = st.App("page_without_strip.py", middleware=middleware)
