"""Shapes that several figures draw."""


def rectangle(
    left: float, right: float, top: float, bottom: float, colour: str, width: float
) -> dict[str, object]:
    """Return plotly's description of an empty rectangle, in the units of the axes; `width` in pixels."""
    line = {"color": colour, "width": width}
    return {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom, "line": line}
