"""Digit Lab: `streamlit run streamlit_app.py`. The page itself is dashboard/page.py."""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard.server.block_unused_endpoints import BlockUnusedEndpoints
from dashboard.server.exit import exit_quietly
from dashboard.server.free_memory import FreeMemory, freeze_modules, keep_memory_small
from dashboard.server.home_lock import claim_home
from dashboard.server.page_style import PageStyle
from dashboard.server.security_headers import SecurityHeaders
from dashboard.server.session_limit import SessionLimit

sys.path.insert(0, str(Path(__file__).parent))  # for dashboard/page.py, which Streamlit runs as a script
exit_quietly()
claim_home()
keep_memory_small()
freeze_modules()
if st.get_option("server.address") in ("127.0.0.1", "localhost"):
    print("  Only this computer can open the page. To let others in, see docs/server.md.")
middleware = [
    Middleware(SecurityHeaders),
    Middleware(BlockUnusedEndpoints, agents=bool(st.get_option("server.enableAgentApi"))),
    Middleware(SessionLimit),
    Middleware(FreeMemory),
    Middleware(PageStyle),
]
app = st.App("dashboard/page.py", middleware=middleware)
