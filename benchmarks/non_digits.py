"""Drawings that are not digits: letters, signs, pictures, scribbles, blobs and dots, as if drawn by hand."""

import itertools
import math
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.sketches import LETTERS, PICTURES, SIGNS, Sketch
from benchmarks.strokes import PenDigit, Stroke

STEPS = 8  # pieces into which each straight line is divided, so that it can bend


class NonDigit(NamedTuple):
    """A drawing with its kind and name, as a `PenDigit`, so that it is placed and drawn like one."""

    kind: str
    name: str
    drawing: PenDigit


def non_digits(seed: int, each: int) -> Iterator[NonDigit]:
    """Draw each thing `each` times, every time a little differently."""
    rng = random.Random(seed)
    for kind, sketches in {"letters": LETTERS, "signs": SIGNS, "pictures": PICTURES}.items():
        for name, sketch in sketches.items():
            for _ in range(each):
                yield NonDigit(kind, name, _pen_drawing(_by_hand(sketch, rng)))
    for kind, functions in RANDOM.items():
        for function in functions:
            for _ in range(each):
                yield NonDigit(kind, function.__name__.strip("_"), _pen_drawing(function(rng)))


def two_digits(digits: list[PenDigit], seed: int, count: int) -> Iterator[NonDigit]:
    """Put two pen digits next to each other."""
    rng = random.Random(seed)
    for _ in range(count):
        left, right = rng.sample(digits, 2)
        edge = max(x for stroke in left.strokes for x, _ in stroke) + rng.uniform(100, 300)
        moved = [[(x + edge, y) for x, y in stroke] for stroke in right.strokes]
        yield NonDigit("two digits", f"{left.label}{right.label}", PenDigit(-1, "", [*left.strokes, *moved]))


def _pen_drawing(sketch: Sketch) -> PenDigit:
    return PenDigit(-1, "", [[(1000 * x, 1000 * y) for x, y in stroke] for stroke in sketch])


def _by_hand(sketch: Sketch, rng: random.Random) -> Sketch:
    """Shear, stretch, turn and bend a sketch, and shift each stroke a little."""
    shear, turn, stretch = rng.gauss(0, 0.1), rng.gauss(0, 0.08), math.exp(rng.gauss(0, 0.12))
    bend_x, bend_y = _bend(rng), _bend(rng)
    drawn = []
    for stroke in sketch:
        left, top = rng.gauss(0, 0.025), rng.gauss(0, 0.025)
        points = []
        for x, y in _dense(stroke):
            u, v = stretch * (x + left + bend_x(y)) + shear * (1 - y), y + top + bend_y(x)
            points.append((u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)))
        drawn.append(points)
    return drawn


def _bend(rng: random.Random) -> Callable[[float], float]:
    size, speed, phase = rng.gauss(0, 0.025), rng.uniform(2, 9), rng.uniform(0, math.tau)
    return lambda place: size * math.sin(speed * place + phase)


def _dense(stroke: Stroke) -> Iterator[tuple[float, float]]:
    for (x, y), (to_x, to_y) in itertools.pairwise(stroke):
        yield from ((x + (to_x - x) * k / STEPS, y + (to_y - y) * k / STEPS) for k in range(STEPS))
    yield stroke[-1]


def _zigzag(rng: random.Random) -> Sketch:
    count = rng.randint(6, 14)
    return [[(k / count, (k % 2) * rng.uniform(0.7, 1)) for k in range(count + 1)]]


def _random_walk(rng: random.Random) -> Sketch:
    x = y = 0.5
    heading, points = rng.uniform(0, math.tau), []
    for _ in range(rng.randint(60, 200)):
        heading += rng.gauss(0, 0.5)
        x, y = x + 0.08 * math.cos(heading), y + 0.08 * math.sin(heading)
        if not (0 < x < 1 and 0 < y < 1):
            x, y, heading = min(max(x, 0), 1), min(max(y, 0), 1), heading + math.pi / 2
        points.append((x, y))
    return [points]


def _random_polyline(rng: random.Random) -> Sketch:
    return [[(rng.random(), rng.random()) for _ in range(rng.randint(10, 25))]]


def _loops(rng: random.Random) -> Sketch:
    loops, size = rng.randint(4, 8), rng.uniform(0.1, 0.3)
    turns = [math.tau * k / 20 for k in range(20 * loops)]
    return [[(t / math.tau / loops + size * math.cos(t), 0.5 + size * math.sin(t)) for t in turns]]


def _spiral(rng: random.Random) -> Sketch:
    rounds = rng.uniform(2.5, 5)
    parts = [k / 80 for k in range(81)]
    return [[(p * math.cos(math.tau * rounds * p), p * math.sin(math.tau * rounds * p)) for p in parts]]


def _crossing_lines(rng: random.Random) -> Sketch:
    return [
        [(rng.random(), rng.random()) for _ in range(rng.randint(2, 4))] for _ in range(rng.randint(3, 6))
    ]


def _blob(rng: random.Random) -> Sketch:
    height, count = rng.uniform(0.6, 1.4), 24
    half = [math.sqrt(max(0, 0.25 - (k / count - 0.5) ** 2)) for k in range(count + 1)]
    return [[((-1) ** k * rng.uniform(0.85, 1) * half[k], height * k / count) for k in range(count + 1)]]


def _dot(rng: random.Random) -> Sketch:
    return [[(0.0, 0.0)]]


RANDOM = {
    "scribbles": [_zigzag, _random_walk, _random_polyline, _loops, _spiral, _crossing_lines],
    "blobs": [_blob],
    "dots": [_dot],
}
