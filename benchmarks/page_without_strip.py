"""The page without the row of weights in its Train tab, for app_without_strip.py."""

import runpy
from unittest.mock import patch

from dashboard.train import tab
from tests.support.paths import ROOT

patch.object(tab, "_render_weights", lambda model: None).start()  # an AttributeError if the name has gone
runpy.run_path(str(ROOT / "dashboard" / "page.py"))
