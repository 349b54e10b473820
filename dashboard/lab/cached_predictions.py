"""The predictions for all test digits, of the models that were looked at last; every view needs them."""

from functools import lru_cache

from mnist_core import Digits, Predictions, SoftmaxRegressor, predict_test


@lru_cache(maxsize=8)  # models: a replay goes back and forth over a few
def cached_predictions(model: SoftmaxRegressor, digits: Digits) -> Predictions:
    """Predict all test digits, or return what was predicted before."""
    return predict_test(model, digits)
