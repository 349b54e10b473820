"""A picture in SVG that Python draws, once for a wide page and once for a phone."""

from pathlib import Path

from dashboard.ui.component import component, mount

_renderer = component("class_figure")
CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
WIDE, NARROW = 680, 330  # px


def render_class_figure(wide: str, narrow: str, *, key: str, height: int = 100) -> None:
    """Show markup of ours that is drawn for both widths; `height` px are kept until it is there."""
    markup = f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    mount(_renderer, key=key, data=markup.encode(), height=height)
