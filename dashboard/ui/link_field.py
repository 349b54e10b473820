"""A link on one line, with a button that copies it."""

from dashboard.ui.component import component

# st.code has such a button too, but only under a mouse: neither a keyboard nor a finger finds it.
_field = component("link_field")
_HEIGHT = 44  # pixels: what a finger hits without looking


def render_link_field(link: str, *, key: str, label: str) -> None:
    """Show a link on one line; `label` is what a screen reader calls it."""
    _field(key=key, data={"link": link, "label": label}, height=_HEIGHT)
