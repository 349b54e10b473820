"""The reliability diagram: each bar stands over its bin."""

import numpy as np
import torch

from dashboard.inside.figures import reliability_diagram
from mnist_core import Predictions, calibration_curve


def test_a_bar_stands_over_its_bin_and_says_how_many_answers_it_stands_for() -> None:
    probabilities = torch.full((4, 10), 0.03)
    probabilities[:, 0] = 0.73
    diagram = reliability_diagram(calibration_curve(Predictions(probabilities, torch.tensor([0, 0, 0, 1]))))
    right, _, counts = diagram.data
    place = list(right.x).index(75)
    assert right.y[place] == 75
    assert np.isnan(np.delete(right.y, place)).all()
    assert counts.text[place] == "4"
    assert sum(map(bool, counts.text)) == 1


def test_a_perfectly_calibrated_model_is_a_straight_line_from_corner_to_corner() -> None:
    probabilities = torch.full((2, 10), 0.1)
    diagram = reliability_diagram(calibration_curve(Predictions(probabilities, torch.tensor([0, 1]))))
    _, ideal, _ = diagram.data
    assert ideal.name == "perfectly calibrated"
    assert list(ideal.x) == list(ideal.y) == [0, 100]
