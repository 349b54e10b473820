"""Pen digits on a canvas: read their strokes, place them and draw them."""

import argparse
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

CANVAS = 280  # px, as in the dashboard
STROKE = 20  # px, on a canvas of that size
SUPERSAMPLING = 4  # times larger, then averaged, because Pillow does not anti-alias lines

Stroke = list[tuple[float, float]]  # points (x, y) in the order of drawing, y down


@dataclass(frozen=True)
class PenDigit:
    """A digit written with a pen; the coordinates of its longer side go from 0 to 1000."""

    label: int
    writer: str
    strokes: list[Stroke]


def take_pen_digits(parser: argparse.ArgumentParser) -> None:
    """Let a program take the folder of the pen digits."""
    parser.add_argument(
        "--pen-digits",
        type=Path,
        metavar="FOLDER",
        default=os.environ.get("PEN_DIGITS_ROOT") or "../shared/pen_digits",
        help="the folder of dev.jsonl, which scripts/unipen makes; otherwise PEN_DIGITS_ROOT",
    )


def read_pen_digits(path: Path) -> Iterator[PenDigit]:
    """Read pen digits from a file with one JSON object per line, or from dev.jsonl in a folder."""
    path = path / "dev.jsonl" if path.is_dir() else path
    if not path.is_file():
        raise SystemExit(
            f"there is no {path}: scripts/unipen makes it of UNIPEN train_r01_v07, "
            "https://doi.org/10.5281/zenodo.1195803"
        )
    with path.open() as lines:
        for line in lines:
            yield PenDigit(**json.loads(line))


def place(digit: PenDigit, rng: random.Random, size: float = CANVAS, width: float = STROKE) -> list[Stroke]:
    """Put a digit at a random place on a square canvas, its longer side 45 % to 85 % of the canvas."""
    points = np.array([point for stroke in digit.strokes for point in stroke], dtype=float)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    scale = rng.uniform(0.45, 0.85) * size / max(span.max(), 1)
    left, top = (rng.uniform(width / 2, size - width / 2 - side) for side in span * scale)
    return [
        [((x - low[0]) * scale + left, (y - low[1]) * scale + top) for x, y in stroke]
        for stroke in digit.strokes
    ]


def draw(strokes: list[Stroke], size: int = CANVAS, width: float = STROKE) -> NDArray[np.uint8]:
    """Draw strokes in black on white, with round joins and caps, on a canvas (size, size, 4) uint8."""
    ink = Image.new("L", (size * SUPERSAMPLING, size * SUPERSAMPLING), 255)
    pen = ImageDraw.Draw(ink)
    for stroke in strokes:
        points = [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in stroke]
        pen.line(points, fill=0, width=round(width * SUPERSAMPLING))
        for point in points:
            pen.circle(point, width * SUPERSAMPLING / 2, fill=0)
    grey = np.asarray(ink.reduce(SUPERSAMPLING))
    return np.stack((grey, grey, grey, np.full_like(grey, 255)), axis=-1)
