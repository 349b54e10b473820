"""Shapes that several figures draw."""


def rectangle(
    left: float, right: float, top: float, bottom: float, colour: str, width: float
) -> dict[str, object]:
    """Return an empty rectangle for plotly, in the units of the axes; `width` of its line in pixels."""
    line = {"color": colour, "width": width}
    return {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom, "line": line}
