"""The skeleton of the page, which is shown while torch is imported."""

import subprocess
import sys

from tests.support.paths import ROOT

SHOW = """
import sys
from streamlit.testing.v1 import AppTest

page = AppTest.from_string('''
import streamlit as st
from dashboard.ui.skeleton import render_skeleton

render_skeleton(st.sidebar.empty(), st.empty())
''').run()
assert not page.exception
labels = [one.label for one in (*page.metric, *page.slider, *page.button)]
print(*labels, sep=", ")
print("torch" in sys.modules)
"""


def test_the_skeleton_shows_numbers_and_controls_without_torch() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert shown == [
        "Test accuracy, Test loss, Epoch, Batch size, Learning rate, Epochs, Train",
        "False",
    ]
