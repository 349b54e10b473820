"""What models predicted, remembered: every view of a run asks for it again."""

from functools import lru_cache

import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from mnist_core import Digits, Predictions, Preprocessing, SoftmaxRegressor, predict_test, preprocess
from mnist_core.evaluation.mcnemar import Score
from mnist_core.model import likeliest_digits


@lru_cache(maxsize=8)  # models: a replay goes back and forth over a few
def cached_predictions(model: SoftmaxRegressor, digits: Digits) -> Predictions:
    """Predict all test digits, or return what was predicted before."""
    return predict_test(model, digits)


@lru_cache(maxsize=512)
def drawing_score(model: SoftmaxRegressor, kept: tuple[KeptDrawing, ...]) -> Score | None:
    """Count how many drawings a model reads as what they were meant to be; None if there are none."""
    if not kept:
        return None
    predicted = likeliest_digits(model.logits(_preprocessed(kept, model.preprocessing))).tolist()
    right = sum(one.label == digit for one, digit in zip(kept, predicted, strict=True))
    return Score(right, len(kept))


@lru_cache(maxsize=8)  # a few people, each with the kinds of input that their runs have
def _preprocessed(kept: tuple[KeptDrawing, ...], how: Preprocessing) -> Tensor:
    """Preprocess drawings, (N, 28, 28) uint8: models with the same kind of input share them."""
    return preprocess(torch.stack([one.prepared for one in kept]), how)
