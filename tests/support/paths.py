"""Paths of the project."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"  # for a server
PAGE = ROOT / "dashboard" / "page.py"  # for AppTest
SHARED = ROOT.parent / "shared"
