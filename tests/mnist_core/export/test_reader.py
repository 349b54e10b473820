"""reader.js in Node against Python: the same inputs, probabilities and digits."""

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.reader import MAX_MILLISECONDS, MAX_PROBABILITY, differences, pen_boards
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, train

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node on the path")


def models(digits: Digits) -> dict[Preprocessing, SoftmaxRegressor]:
    configs = [TrainingConfig(learning_rate=0.5, epochs=3, preprocessing=how) for how in Preprocessing]
    return {config.preprocessing: list(train(config, digits))[-1].model for config in configs}


@pytest.fixture(scope="module")
def of_sample(sample: Digits) -> dict[Preprocessing, SoftmaxRegressor]:
    return models(sample)


@pytest.mark.slow
def test_test_digits_and_pen_digits_are_read_as_in_python(
    of_sample: dict[Preprocessing, SoftmaxRegressor], sample: Digits, pen_digits: Path
) -> None:
    boards = islice(pen_boards(pen_digits), 60)
    for how, found in differences(of_sample, sample.test.images[:300], boards).items():
        assert found.close, (how, found)


@pytest.mark.slow
def test_other_ink_and_odd_boards_are_read_as_in_python(
    of_sample: dict[Preprocessing, SoftmaxRegressor], sample: Digits
) -> None:
    rng = np.random.default_rng(0)

    def board(ink: NDArray[np.floating[Any]], paper: int = 255) -> NDArray[np.uint8]:
        grey = paper + ink * (255 - 2 * paper)
        return np.stack((grey, grey, grey, np.full_like(grey, 255)), axis=-1).astype(np.uint8)

    y, x = np.indices((280, 280))
    stroke = 1.0 * ((np.abs(x - 150 + 0.1 * y) < 9) & (np.abs(y - 140) < 97))
    boards = [
        board(stroke),
        board((np.abs(np.hypot(x - 140, y - 140) - 40) < 25) * 1.0),  # strokes so wide that they are thinned
        board(stroke, paper=0),
        board(1.0 * ((x == 3) & (y == 277))),  # one pixel
        board(rng.random((280, 280)).round(2)),
    ]
    for how, found in differences(of_sample, sample.test.images[:1], boards).items():
        assert found.levels <= 1, (how, found)
        assert found.probability <= MAX_PROBABILITY, (how, found)


@pytest.mark.thorough
def test_all_test_digits_and_pen_digits_are_read_as_in_python_and_soon(
    mnist: Digits, pen_digits: Path
) -> None:
    for how, found in differences(models(mnist), mnist.test.images, pen_boards(pen_digits)).items():
        assert found.close, (how, found)
        assert found.milliseconds <= MAX_MILLISECONDS, (how, found)
