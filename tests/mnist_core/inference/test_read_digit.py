"""One call from a picture to an answer, against the same steps by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mnist_core import Digits, Kind, SoftmaxRegressor, TrainingConfig, predict_test, read_digit, train
from mnist_core.inference.read_digit import usual_detector


@pytest.fixture
def model(sample: Digits, monkeypatch: pytest.MonkeyPatch) -> SoftmaxRegressor:
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    usual_detector.cache_clear()
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing="directions", epochs=3), sample)
    return last.model


def test_test_digits_are_read_as_predicted_in_any_form(
    model: SoftmaxRegressor, sample: Digits, tmp_path: Path
) -> None:
    predicted = predict_test(model, sample).predicted[:20].tolist()
    for number, (image, expected) in enumerate(zip(sample.test.images.numpy(), predicted, strict=False)):
        dark_on_light, path = 255 - image, tmp_path / f"{number}.png"
        Image.fromarray(dark_on_light).save(path)
        coloured = np.stack([image] * 3, axis=2)
        answers = [read_digit(form, model) for form in (image, torch.tensor(coloured), path, str(path))]
        assert {answer.digit for answer in answers} == {expected}
        assert all(answer.kind in (Kind.CLEAR, Kind.CLOSE) for answer in answers)


def test_what_is_no_digit_is_called_that(model: SoftmaxRegressor) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (60, 60), np.uint8) * 255
    assert read_digit(np.zeros((40, 40), np.uint8), model).kind is Kind.BLANK
    assert read_digit(noise, model).kind in (Kind.SCRIBBLE, Kind.SEVERAL, Kind.UNLIKE)


def test_other_arrays_are_refused_with_what_was_expected(model: SoftmaxRegressor, tmp_path: Path) -> None:
    for wrong in (np.zeros((28, 28)), np.zeros(784, np.uint8), np.zeros((0, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"picture: expected the name of a file, or \(H, W\)"):
            read_digit(wrong, model)
    with pytest.raises(ValueError, match="there is no such file"):
        read_digit(tmp_path / "none.png", model)
