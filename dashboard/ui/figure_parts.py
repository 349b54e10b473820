"""What several figures share: the colours of the theme, named by their meaning, and a rectangle."""


def rectangle(
    left: float, right: float, top: float, bottom: float, colour: str, width: float
) -> dict[str, object]:
    """Return an empty rectangle for plotly, in the units of the axes; `width` of its line in pixels."""
    line = {"color": colour, "width": width}
    return {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom, "line": line}


# Blue and orange, because colour-blind people can tell them apart.
POSITIVE, NEGATIVE = "var(--st-blue-color)", "var(--st-orange-color)"
BACKGROUND, TEXT, FAINT = "var(--st-background-color)", "var(--st-text-color)", "var(--st-gray-color)"
MUTED = "var(--st-secondary-background-color)"
BORDER = "var(--st-border-color)"
ACCENT = "var(--st-primary-color)"
SECOND = "var(--digit-1)"  # the second of the ten categorical colours
