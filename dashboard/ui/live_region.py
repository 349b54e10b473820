"""A sentence that a screen reader says when it changes."""

from dashboard.ui.component import component, mount

# What st.markdown and st.html show is put into the page anew with each change, and goes unannounced.
_sentence = component("live_region")


def render_live_region(text: str, *, key: str) -> None:
    """Show a sentence in place of the one before, and have it announced when the reader is idle."""
    mount(_sentence, key=key, data=text.encode())
