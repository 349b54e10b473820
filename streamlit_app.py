"""Digit Lab: `digit-lab` or `streamlit run streamlit_app.py`. The page itself is dashboard/page.py."""

import sys

import streamlit as st
from starlette.middleware import Middleware

from dashboard.server.block_unused_endpoints import BlockUnusedEndpoints
from dashboard.server.connections import limit_connections
from dashboard.server.exit import exit_quietly, starting_server
from dashboard.server.free_memory import FreeMemory, freeze_modules, keep_memory_small
from dashboard.server.home_lock import claim_home
from dashboard.server.log import keep_log_readable
from dashboard.server.origin import OriginGate
from dashboard.server.overlapping_runs import protect_overlapping_runs
from dashboard.server.page_style import DASHBOARD, PageStyle
from dashboard.server.script_turns import ScriptTurns
from dashboard.server.security_headers import SecurityHeaders
from dashboard.server.sessions import SessionGate
from dashboard.server.start import raise_descriptor_limit, remove_leftovers
from dashboard.server.uploads import UploadGate

if (folder := str(DASHBOARD.parent)) not in sys.path:  # for the page, which Streamlit runs as a script
    sys.path.insert(0, folder)
keep_log_readable()
protect_overlapping_runs()
if server := starting_server():
    exit_quietly(server)
    limit_connections(server)
raise_descriptor_limit()
claim_home()
keep_memory_small()
freeze_modules()
remove_leftovers()
if st.get_option("server.address") in ("127.0.0.1", "localhost"):
    print("  Only this computer can open the page. To let others in, see docs/server.md.")
middleware = [
    Middleware(SecurityHeaders),
    Middleware(OriginGate),
    Middleware(SessionGate),
    Middleware(BlockUnusedEndpoints, agents=bool(st.get_option("server.enableAgentApi"))),
    Middleware(UploadGate),
    Middleware(ScriptTurns),
    Middleware(FreeMemory),
    Middleware(PageStyle),
]
app = st.App(DASHBOARD / "page.py", middleware=middleware)
