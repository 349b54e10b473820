"""How well a model reads digits: loss and accuracy."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from mnist_core.data.dataset import Split
from mnist_core.model import SoftmaxRegressor, likeliest_digits
from mnist_core.preprocessing.preprocess import preprocess


@dataclass(frozen=True)
class Metrics:
    """How well some digits were read.

    Attributes:
        loss: mean cross-entropy in nats; ln 10 = 2.303 for a model to which all digits are equally likely.
        accuracy: the share that was read correctly, 0 to 1.
    """

    loss: float
    accuracy: float


def evaluate(model: SoftmaxRegressor, split: Split) -> Metrics:
    """Read every digit of a split, not yet preprocessed, and compare with the labels."""
    return metrics_from_logits(model.logits(preprocess(split.images, model.preprocessing)), split.labels)


def metrics_from_logits(logits: Tensor, labels: Tensor) -> Metrics:
    """Compute the metrics from logits, (N, 10), and labels, (N,) int64.

    The loss is the mean of -log softmax(logits)[label]. It is computed from the logits because the
    probability of a label may be too small for a float.
    """
    loss = F.cross_entropy(logits.T[None], labels[None])  # (1, 10, N): fast, as a digit is a column
    right = int((likeliest_digits(logits) == labels).sum())
    return Metrics(float(loss), right / len(labels))
