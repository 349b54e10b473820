"""The shape of ink: its pieces, the box around it, and the length of its strokes."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

# Of MNIST's training digits 95 % of the 1s are straight strokes by these, and 0.2 % of the others.
MIN_ELONGATION, MIN_SOLIDITY, MAX_OUTLINE = 1.6, 0.5, 1.13

# A dot's longer side in widths of the digit's stroke, its aspect, and its share of the digit's ink.
MAX_DOT, MIN_DOT_ASPECT, MAX_DOT_INK = 1.8, 0.6, 0.2


class Box(NamedTuple):
    """The turned box around the ink: the rectangle that has the same second moments.

    Attributes:
        length: pixels, along the ink.
        width: pixels, across it.
        angle: degrees from upright, -90 to 90; negative if the ink leans to the left.
        solidity: the share of the box that is ink. It can be above 1, because no ink lies in the corners of
            an ellipse.
    """

    length: float
    width: float
    angle: float
    solidity: float


def turned_box(cropped: Tensor) -> Box:
    """Measure the turned box around the ink, (h, w) uint8, from its second moments."""
    ink = cropped.float() / 255
    rows, columns = ink.sum(dim=1), ink.sum(dim=0)
    mass = float(rows.sum())
    y, x = torch.arange(len(rows)).float(), torch.arange(len(columns)).float()
    y, x = y - rows @ y / mass, x - columns @ x / mass
    # A pixel is a square, not a point: 1 / 12 is the variance along its side.
    variance_y, variance_x = float(rows @ y**2) / mass + 1 / 12, float(columns @ x**2) / mass + 1 / 12
    covariance = float(y @ ink @ x) / mass
    mean, spread = (variance_x + variance_y) / 2, math.hypot((variance_x - variance_y) / 2, covariance)
    length, width = (math.sqrt(12 * max(mean + part, 1 / 12)) for part in (spread, -spread))
    angle = 0.5 * math.degrees(math.atan2(-2 * covariance, variance_y - variance_x))
    return Box(length, width, angle, mass / (length * width))


def is_bar(cropped: Tensor, box: Box) -> bool:
    """Tell whether the ink, (h, w) uint8, with this turned box, is one straight stroke.

    It is longer than wide, and its outline is little longer than that of its box with rounded ends.
    """
    if box.length < MIN_ELONGATION * box.width or box.solidity < MIN_SOLIDITY:
        return False
    half_outline = box.length - box.width + math.pi / 2 * box.width
    return stroke_length(cropped) * max(cropped.shape) < MAX_OUTLINE * half_outline


def stroke_length(cropped: Tensor) -> float:
    """Measure the length of all strokes, in longer sides of the drawing's box; `cropped` is (h, w) uint8 ink.

    A stroke has two edges as long as itself, and the length of all edges is the total variation of the ink
    (Rudin, Osher and Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60, 1992).
    """
    ink = F.pad(cropped.float() / 255, (1, 1, 1, 1))
    falling, rising = ink[1:, 1:] - ink[:-1, :-1], ink[1:, :-1] - ink[:-1, 1:]  # Roberts' cross
    return float(torch.hypot(falling, rising).sum()) / math.sqrt(2) / 2 / max(cropped.shape)


def connected_components(mask: Tensor, *, corners: bool = True) -> Tensor:
    """Number the connected components of a mask, (H, W) bool.

    Pixels that touch at a corner are connected, unless `corners` is False: then only those that share a side.

    The components are built of runs, the pixels of a row that are set without a gap, which there are few of
    (Rosenfeld and Pfaltz, Sequential operations in digital picture processing, Journal of the ACM 13, 1966).

    Returns:
        (H, W) int64: 0 outside of the mask, 1 to the number of components in it, from the top down.
    """
    height, width = mask.shape
    changes = F.pad(mask.to(torch.int8), (1, 1)).diff(dim=1)
    rows, starts = (changes == 1).nonzero(as_tuple=True)
    ends = (changes == -1).nonzero(as_tuple=True)[1]
    roots = _roots(rows.tolist(), starts.tolist(), ends.tolist(), overlap=0 if corners else 1)
    labels = torch.tensor(roots, dtype=torch.int64).unique(return_inverse=True)[1] + 1
    # Each run adds its label where it starts and takes it away where it ends.
    steps = torch.zeros(height, width + 1, dtype=torch.int64)
    steps[rows, starts] += labels
    steps[rows, ends] -= labels
    return steps.cumsum(dim=1)[:, :width]


def holes_of(mask: Tensor) -> Tensor:
    """Number the holes of a mask, (H, W) bool: what it encloses, as `connected_components` does."""
    paper = connected_components(~F.pad(mask, (1, 1, 1, 1)), corners=False)
    enclosed = (paper > 1)[1:-1, 1:-1]  # the first, from the top down, is what surrounds the mask
    return connected_components(enclosed, corners=False)


def closed(mask: Tensor) -> Tensor:
    """Fill the gaps of a mask, (H, W) bool, that are narrower than its strokes.

    This is the morphological closing with a square as wide as a stroke is on average.
    """
    length = stroke_length(255 * mask.to(torch.uint8)) * max(mask.shape)
    width = min(round(float(mask.sum()) / max(length, 1)), max(mask.shape) // 8)
    radius = width // 2
    if radius < 1:
        return mask
    grown = _any_around(F.pad(mask, (2 * radius,) * 4), radius)
    return ~_any_around(~grown, radius)


def _any_around(mask: Tensor, radius: int) -> Tensor:
    """Tell whether any pixel is set in the square around each one that is `radius` from the edges or more.

    A row of 2 pixels, then of 4, 8 and so on is made of two halves: few steps however wide the square is.
    """
    for dim in (0, 1):
        width = 1
        while width < 2 * radius + 1:
            step = min(width, 2 * radius + 1 - width)
            count = mask.shape[dim] - step
            mask = mask.narrow(dim, 0, count) | mask.narrow(dim, step, count)
            width += step
    return mask


def without_dots(ink: Tensor) -> Tensor | None:
    """Leave out dots that lie apart, as a palm leaves them; `ink` is (H, W) uint8. None if there are none."""
    pieces = Pieces(ink.float(), ink > 0)
    main = int(pieces.ink.argmax())
    mine = pieces.labels == main
    width = float(mine.sum()) / max(stroke_length(255 * mine.to(torch.uint8)) * max(ink.shape), 1)
    sides = torch.stack((pieces.height, pieces.width)).float()
    dots = (sides.amax(dim=0) <= MAX_DOT * width) & (sides.amin(dim=0) >= MIN_DOT_ASPECT * sides.amax(dim=0))
    dots &= (pieces.gap_to(main) >= width) & (pieces.ink <= MAX_DOT_INK * pieces.ink[main])
    dots[0] = dots[main] = False
    return None if not dots.any() else ink * ~dots[pieces.labels]


class Pieces:
    """The connected components of a mask, with their ink and boxes; index 0 is what is in none of them.

    Attributes:
        labels: (H, W) int64, the index of each pixel's piece.
        ink: (pieces + 1,) float32, the sum over each piece.
        touched: (pieces + 1,) int64, how many sides of the mask the piece reaches.
        cut: (pieces + 1,) bool, whether it reaches any.
        height, width: (pieces + 1,) int64, pixels, of the box around each piece.
    """

    def __init__(self, ink: Tensor, mask: Tensor) -> None:
        """Find the pieces of a mask, (H, W) bool; `ink` is (H, W) float32."""
        self.labels = connected_components(mask)
        own, count = self.labels.flatten(), int(self.labels.max()) + 1
        height, width = mask.shape
        rows, columns = torch.arange(height)[:, None].expand_as(mask), torch.arange(width).expand_as(mask)

        def extreme(places: Tensor, which: str) -> Tensor:
            none = torch.zeros(count, dtype=torch.int64)
            return none.scatter_reduce(0, own, places.flatten(), which, include_self=False)

        self.ink = torch.bincount(own, (ink * mask).flatten(), count)
        self._top, self._bottom = extreme(rows, "amin"), extreme(rows, "amax")
        self._left, self._right = extreme(columns, "amin"), extreme(columns, "amax")
        reached = (self._top == 0, self._bottom == height - 1, self._left == 0, self._right == width - 1)
        self.touched = torch.stack(reached).sum(dim=0)
        self.touched[0] = 0
        self.cut = self.touched > 0
        self.height, self.width = self._bottom - self._top + 1, self._right - self._left + 1

    def sides(self) -> Tensor:
        """The longer side of each piece's box, (pieces + 1,) int64, pixels."""
        return torch.maximum(self.height, self.width)

    def box(self, one: int) -> tuple[int, int, int, int]:
        """The first row and column of a piece, and its last ones."""
        top, left = int(self._top[one]), int(self._left[one])
        return top, left, int(self._bottom[one]), int(self._right[one])

    def edges(self) -> tuple[Tensor, ...]:
        """The labels along the four sides of the picture."""
        return self.labels[0], self.labels[-1], self.labels[:, 0], self.labels[:, -1]

    def in_box(self, one: int) -> Tensor:
        """The labels in the box of a piece, (h, w) int64."""
        top, left, bottom, right = self.box(one)
        return self.labels[top : bottom + 1, left : right + 1]

    def cropped(self, one: int) -> Tensor:
        """The mask of a piece in its box, (h, w) bool."""
        return self.in_box(one) == one

    def beside(self, one: int, other: int, as_tall: float, gap: float) -> bool:
        """Tell whether two pieces are about as tall as each other and stand side by side, with a gap."""
        low, high = sorted((int(self.height[one]), int(self.height[other])))
        shared = min(int(self._bottom[one]), int(self._bottom[other])) - max(
            int(self._top[one]), int(self._top[other])
        )
        across = max(int(self._left[one] - self._right[other]), int(self._left[other] - self._right[one]))
        return low >= as_tall * high and shared >= as_tall * low and across >= gap * high

    def gap_to(self, one: int) -> Tensor:
        """Measure the gap between each piece's box and that of `one`, (pieces + 1,) int64, pixels."""
        down = torch.maximum(self._top - self._bottom[one], self._top[one] - self._bottom)
        across = torch.maximum(self._left - self._right[one], self._left[one] - self._right)
        return torch.maximum(down, across)


def _roots(rows: list[int], starts: list[int], ends: list[int], *, overlap: int) -> list[int]:
    """For each run, give the first run of its component; the runs are in reading order.

    Runs are connected if they have at least so many columns in common; 0: or touch at a corner.
    """
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    above = 0  # the first run that may touch the next one
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < starts[run] + overlap):
            above += 1
        other = above
        while rows[other] == row - 1 and starts[other] + overlap <= ends[run]:
            first, second = sorted((root(other), root(run)))
            parents[second] = first
            other += 1
    return [root(run) for run in range(len(rows))]
