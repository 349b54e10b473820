"""A plotly figure that changes in place: nothing is mounted anew, so zoom, pan and hidden traces stay."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder
from streamlit.components.v1 import declare_component

from dashboard.ui.component import component, mount
from dashboard.ui.learning_curves import Figure

# st.plotly_chart mounts its figure anew with each change of the data, whatever its key and uirevision:
# the zoom is lost and some frames are blank. Plotly.react changes only what differs.
_renderer = component("chart")

# This component is never mounted: declaring it makes Streamlit serve the folder with plotly.min.js, so that
# the 4.8 MB reach the browser by HTTP, once, and not through the websocket with each chart. A component of
# the second version can only name files of an installed package that was made for Streamlit.
_library = declare_component("plotly", path=str(files("plotly") / "package_data"))
_SOURCE = f"component/{_library.name}/plotly.min.js?v={version('plotly')}"


def render_chart(
    figure: go.Figure | Figure,
    *,
    key: str,
    height: int,
    description: str,
    file_name: str = "figure",
    clickable: bool = False,
) -> None:
    """Show a figure, `height` px high and as wide as there is room.

    `description` is what a screen reader says instead of the figure: the finding, not the kind of plot.
    Colours of the theme may be written `var(--st-text-color)` and so on, wherever plotly takes a colour, and
    `var(--digit-0)` to `var(--digit-9)` are its ten categorical ones. Fonts, grid and background follow the
    theme by themselves, so a template of the figure's own is left out. Numpy arrays travel as base64.
    `session.consume_click(key, heatmap_cell)` returns the cell of a heatmap that was clicked.
    """
    if height <= 0:
        raise ValueError(f"height must be a positive number of pixels, got {height}; 300 suits a curve")
    if not description.strip():
        raise ValueError("description must say what the figure shows, got an empty one; name the finding")
    content = figure.to_dict() if isinstance(figure, go.Figure) else figure
    content["layout"].pop("template", None)
    data = json.dumps(
        {
            "figure": content,
            "source": _SOURCE,
            "height": height,
            "description": description,
            "fileName": file_name,
            "clickable": clickable,
        },
        cls=_Encoder,
    )
    mount(_renderer, key=key, data=data.encode(), height=height)


class _Encoder(PlotlyJSONEncoder):  # type: ignore[misc]  # plotly has no types
    """Writes arrays by itself: plotly first asks pandas, which another session may just be importing."""

    def default(self, obj: Any) -> Any:
        return obj.tolist() if isinstance(obj, np.ndarray) else super().default(obj)


def heatmap_cell(value: Mapping[str, Any]) -> tuple[int, int]:
    """Read which cell of a heatmap was clicked, (row, column) from 0 on; ValueError for anything else."""
    row, column = value["index"]
    if type(row) is not int or type(column) is not int or row < 0 or column < 0:
        raise ValueError(f"expected [row, column], got {value['index']!r}")
    return row, column


def prepare_charts() -> None:
    """Let the browser fetch plotly while it is idle: the first curve then comes a second earlier.

    What is mounted here is an empty figure that page.css hides.
    """
    render_chart({"data": [], "layout": {}}, key="no-chart", height=1, description="No figure yet")
