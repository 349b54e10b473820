"""Digits drawn with the mouse, as strokes on a board of 1 x 1."""

from collections.abc import Sequence

from playwright.sync_api import Page

Stroke = Sequence[tuple[float, float]]

DIGITS: dict[int, Sequence[Stroke]] = {
    0: [[(0.5, 0.2), (0.36, 0.3), (0.32, 0.5), (0.37, 0.7), (0.5, 0.8), (0.63, 0.7), (0.68, 0.5), (0.63, 0.3), (0.5, 0.2)]],
    1: [[(0.5, 0.2), (0.5, 0.4), (0.5, 0.6), (0.5, 0.8)]],
    2: [[(0.34, 0.32), (0.42, 0.22), (0.56, 0.21), (0.65, 0.3), (0.62, 0.45), (0.48, 0.62), (0.33, 0.78), (0.5, 0.78), (0.7, 0.77)]],
    3: [[(0.34, 0.25), (0.5, 0.2), (0.64, 0.27), (0.62, 0.4), (0.48, 0.48), (0.63, 0.54), (0.67, 0.68), (0.55, 0.79), (0.33, 0.75)]],
    4: [[(0.42, 0.2), (0.36, 0.4), (0.32, 0.55), (0.5, 0.55), (0.72, 0.54)], [(0.62, 0.3), (0.6, 0.55), (0.58, 0.82)]],
    7: [[(0.3, 0.24), (0.5, 0.23), (0.7, 0.23), (0.6, 0.45), (0.5, 0.65), (0.44, 0.82)]],
}  # fmt: skip


def draw(page: Page, strokes: Sequence[Stroke], *, left: float = 0, top: float = 0, scale: float = 1) -> None:
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
            page.mouse.move(*point, steps=3)
        page.mouse.up()
