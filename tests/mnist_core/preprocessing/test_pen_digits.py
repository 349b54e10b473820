"""Pen digits of many people, drawn on a canvas: most of them are read correctly."""

import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.strokes import PenDigit, draw, place, read_pen_digits
from mnist_core import Digits, Preprocessing, TrainingConfig, predict_proba, train
from mnist_core.preprocessing.drawing import image_from_canvas


@pytest.mark.slow
def test_most_pen_digits_are_read_correctly(mnist: Digits, pen_digits: Path) -> None:
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing=Preprocessing.DIRECTIONS), mnist)
    some, rng = list(islice(read_pen_digits(pen_digits), 0, None, 16)), random.Random(0)
    images = [image_from_canvas(draw(place(digit, rng))) for digit in some]
    predicted = predict_proba(
        last.model, torch.stack([image for image in images if image is not None])
    ).argmax(1)
    right = predicted == torch.tensor([digit.label for digit in some])
    assert float(right.float().mean()) > 0.89


@pytest.mark.parametrize("size", [200, 280, 600])
def test_a_placed_digit_is_whole_and_fills_its_share_of_the_canvas(size: int) -> None:
    digit = PenDigit(1, "a writer", [[(0, 0), (300, 1000)], [(150, 500)]])
    rng = random.Random(0)
    for _ in range(50):
        ink = np.argwhere(draw(place(digit, rng, size, size / 14), size, size / 14)[:, :, 0] < 128)
        height, width = np.ptp(ink, axis=0) + 1
        assert 0.45 * size - 2 <= height - size / 14 <= 0.85 * size + 2
        assert width < height


def test_a_single_point_is_drawn_as_a_dot_as_wide_as_the_pen() -> None:
    ink = 255 - draw([[(140.0, 140.0)]], 280, 20)[:, :, 0].astype(float)
    assert ink.sum() / 255 == pytest.approx(np.pi * 10**2, rel=0.03)


def test_a_stroke_has_round_ends_and_the_width_of_the_pen() -> None:
    ink = 255 - draw([[(100.0, 140.0), (180.0, 140.0)]], 280, 20)[:, :, 0].astype(float)
    assert ink.sum() / 255 == pytest.approx(80 * 20 + np.pi * 10**2, rel=0.03)
