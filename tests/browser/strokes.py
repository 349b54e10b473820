"""Digits drawn with the mouse, as strokes on a board of 1 x 1."""

from collections.abc import Sequence

from playwright.sync_api import Page

Stroke = Sequence[tuple[float, float]]


def _strokes(*lines: str) -> list[Stroke]:
    """Read strokes from points "x,y x,y ..." in hundredths of the board."""
    points = [[point.split(",") for point in line.split()] for line in lines]
    return [[(int(x) / 100, int(y) / 100) for x, y in line] for line in points]


DIGITS = {
    0: _strokes("50,20 36,30 32,50 37,70 50,80 63,70 68,50 63,30 50,20"),
    1: _strokes("50,20 50,40 50,60 50,80"),
    2: _strokes("34,32 42,22 56,21 65,30 62,45 48,62 33,78 50,78 70,77"),
    3: _strokes("34,25 50,20 64,27 62,40 48,48 63,54 67,68 55,79 33,75"),
    4: _strokes("42,20 36,40 32,55 50,55 72,54", "62,30 60,55 58,82"),
    7: _strokes("30,24 50,23 70,23 60,45 50,65 44,82"),
}


def draw(
    page: Page,
    strokes: Sequence[Stroke],
    *,
    left: float = 0,
    top: float = 0,
    scale: float = 1,
    steps: int = 3,
) -> None:
    """Draw strokes with the mouse; (left, top) and scale place them on the board, in shares of its side."""
    board = page.locator(".st-key-board-paper")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None
    for stroke in strokes:
        points = [
            (box["x"] + box["width"] * (left + scale * x), box["y"] + box["height"] * (top + scale * y))
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points:
            page.mouse.move(*point, steps=steps)
        page.mouse.up()
