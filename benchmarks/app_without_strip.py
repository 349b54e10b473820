"""The app without the row of weights in its Train tab, for strip.py."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from dashboard import train_tab  # noqa: E402

train_tab._templates = lambda model: None
runpy.run_path(str(ROOT / "streamlit_app.py"))
