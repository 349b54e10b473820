"""Letters, signs and pictures as strokes in a square of 1 x 1, y down.

Letters that look like digits, such as O, S and Z, are left out.
"""

import math

from benchmarks.strokes import Stroke

Sketch = list[Stroke]


def line(*points: tuple[float, float]) -> Stroke:
    return list(points)


def arc(x: float, y: float, width: float, height: float, start: float = 0, end: float = 360) -> Stroke:
    """Return a part of an ellipse: centre, half axes, and angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * step / 24) for step in range(25)]
    return [(x + width * math.cos(angle), y + height * math.sin(angle)) for angle in angles]


def _heart(turn: float) -> tuple[float, float]:
    down = 13 * math.cos(turn) - 5 * math.cos(2 * turn) - 2 * math.cos(3 * turn) - math.cos(4 * turn)
    return 0.5 + 0.5 * math.sin(turn) ** 3, 0.45 - 0.031 * down


def _petals(turn: float) -> tuple[float, float]:
    out = abs(math.cos(2.5 * turn))
    return 0.5 + 0.5 * out * math.cos(turn), 0.4 + 0.4 * out * math.sin(turn)


def _ray(turn: float) -> Stroke:
    x, y = math.cos(turn), math.sin(turn)
    return line((0.5 + 0.33 * x, 0.5 + 0.33 * y), (0.5 + 0.5 * x, 0.5 + 0.5 * y))


TURN = [math.tau * step / 60 for step in range(61)]
BOWL = [(0.0, 0.0), *arc(0.35, 0.26, 0.25, 0.26, -90, 90), (0.0, 0.52)]  # of P and R

LETTERS: dict[str, Sketch] = {
    "A": [line((0, 1), (0.4, 0), (0.8, 1)), line((0.15, 0.62), (0.65, 0.62))],
    "E": [line((0.65, 0), (0, 0), (0, 1), (0.65, 1)), line((0, 0.5), (0.55, 0.5))],
    "F": [line((0.65, 0), (0, 0), (0, 1)), line((0, 0.48), (0.55, 0.48))],
    "H": [line((0, 0), (0, 1)), line((0.7, 0), (0.7, 1)), line((0, 0.5), (0.7, 0.5))],
    "K": [line((0, 0), (0, 1)), line((0.65, 0), (0, 0.55), (0.7, 1))],
    "M": [line((0, 1), (0.1, 0), (0.45, 0.7), (0.8, 0), (0.9, 1))],
    "N": [line((0, 1), (0, 0), (0.7, 1), (0.7, 0))],
    "P": [line((0, 1), (0, 0)), BOWL],
    "R": [line((0, 1), (0, 0)), [*BOWL, (0.65, 1)]],
    "T": [line((0, 0), (0.8, 0)), line((0.4, 0), (0.4, 1))],
    "V": [line((0, 0), (0.4, 1), (0.8, 0))],
    "W": [line((0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0))],
    "X": [line((0, 0), (0.75, 1)), line((0.75, 0), (0, 1))],
    "Y": [line((0, 0), (0.38, 0.5), (0.75, 0)), line((0.38, 0.5), (0.38, 1))],
    "a": [arc(0.35, 0.5, 0.35, 0.4), line((0.7, 0.1), (0.7, 0.8), (0.8, 0.9))],
    "e": [[(0, 0.5), (0.7, 0.5), *arc(0.35, 0.5, 0.35, 0.4, 0, -310)]],
    "h": [line((0, 0), (0, 1)), [*arc(0.3, 0.7, 0.3, 0.25, 180, 360), (0.6, 1)]],
    "k": [line((0, 0), (0, 1)), line((0.5, 0.4), (0, 0.75), (0.5, 1))],
    "m": [
        [(0, 1), (0, 0.5), *arc(0.2, 0.6, 0.2, 0.2, 180, 360), (0.4, 1)],
        [*arc(0.6, 0.6, 0.2, 0.2, 180, 360), (0.8, 1)],
    ],
}

SIGNS: dict[str, Sketch] = {
    "plus": [line((0, 0.5), (1, 0.5)), line((0.5, 0), (0.5, 1))],
    "equals": [line((0, 0.35), (1, 0.35)), line((0, 0.65), (1, 0.65))],
    "hash": [
        line((0.3, 0), (0.25, 1)),
        line((0.75, 0), (0.7, 1)),
        line((0, 0.33), (1, 0.3)),
        line((0, 0.7), (1, 0.67)),
    ],
    "percent": [line((0.9, 0), (0.1, 1)), arc(0.2, 0.2, 0.15, 0.17), arc(0.8, 0.8, 0.15, 0.17)],
    "question mark": [[*arc(0.4, 0.25, 0.3, 0.25, 180, 440), (0.4, 0.75)], line((0.4, 1))],
    "tick": [line((0, 0.6), (0.3, 1), (1, 0))],
    "arrow": [line((0, 0.5), (1, 0.5)), line((0.65, 0.2), (1, 0.5), (0.65, 0.8))],
    "infinity": [[(0.5 + 0.5 * math.sin(turn), 0.5 + 0.22 * math.sin(2 * turn)) for turn in TURN]],
    "wave": [[(turn / math.tau, 0.5 + 0.2 * math.sin(1.6 * turn)) for turn in TURN]],
}

PICTURES: dict[str, Sketch] = {
    "star": [[(math.sin(0.8 * math.pi * k), -math.cos(0.8 * math.pi * k)) for k in range(6)]],
    "house": [line((0.1, 0.4), (0.1, 1), (0.9, 1), (0.9, 0.4), (0.1, 0.4), (0.5, 0), (0.9, 0.4))],
    "smiley": [
        arc(0.5, 0.5, 0.5, 0.5),
        line((0.33, 0.3), (0.33, 0.42)),
        line((0.67, 0.3), (0.67, 0.42)),
        arc(0.5, 0.55, 0.27, 0.22, 20, 160),
    ],
    "heart": [[_heart(turn) for turn in TURN]],
    "triangle": [line((0.5, 0), (1, 0.9), (0, 0.9), (0.5, 0))],
    "square": [line((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))],
    "tree": [line((0.5, 1), (0.5, 0.6)), line((0.5, 0), (0.9, 0.6), (0.1, 0.6), (0.5, 0))],
    "stick figure": [
        arc(0.5, 0.15, 0.15, 0.15),
        line((0.5, 0.3), (0.5, 0.65)),
        line((0.2, 0.42), (0.8, 0.42)),
        line((0.2, 1), (0.5, 0.65), (0.8, 1)),
    ],
    "sun": [arc(0.5, 0.5, 0.25, 0.25), *(_ray(math.tau * k / 8) for k in range(8))],
    "lightning": [line((0.6, 0), (0.2, 0.55), (0.6, 0.5), (0.3, 1))],
    "umbrella": [
        [*arc(0.5, 0.45, 0.5, 0.45, 180, 360), (0, 0.45)],
        [(0.5, 0.45), (0.5, 0.9), *arc(0.42, 0.9, 0.08, 0.1, 0, 180)],
    ],
    "cup": [
        line((0, 0.2), (0.1, 0.9), (0.6, 0.9), (0.7, 0.2), (0, 0.2)),
        arc(0.7, 0.5, 0.22, 0.18, -90, 90),
    ],
    "flower": [[_petals(turn) for turn in TURN], line((0.5, 0.4), (0.5, 1))],
}
