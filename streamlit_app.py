"""Digit Lab: `streamlit run streamlit_app.py`. The page itself is dashboard/page.py."""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard.server.exit import exit_quietly
from dashboard.server.page_style import PageStyle

sys.path.insert(0, str(Path(__file__).parent))  # for dashboard/page.py, which Streamlit runs as a script
exit_quietly()
if st.get_option("server.address") in ("127.0.0.1", "localhost"):
    print("  Only this computer can open the page. For others: --server.address 0.0.0.0, see docs/server.md.")
app = st.App("dashboard/page.py", middleware=[Middleware(PageStyle)])
