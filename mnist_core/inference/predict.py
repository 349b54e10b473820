"""What a model predicts for images."""

from torch import Tensor

from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.preprocess import preprocess


def predict_proba(model: SoftmaxRegressor, images: Tensor) -> Tensor:
    """Predict the probability of each digit.

    Args:
        model: any model; the images are preprocessed as its training digits were.
        images: (N, 28, 28) uint8, ink 0..255, not yet preprocessed.

    Returns:
        (N, 10) float32; each row sums to 1.

    Raises:
        ValueError: another shape or dtype.
    """
    return model.logits(preprocess(images, model.preprocessing)).softmax(dim=1)
