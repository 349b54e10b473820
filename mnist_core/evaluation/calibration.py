"""Calibration: are predictions made with a probability of 80 % right in 80 of 100 cases?

Sources:
- The reliability diagram and the binning: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural
  networks, ICML 2017, section 2.
- The expected calibration error: Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities
  using Bayesian binning, AAAI 2015.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.evaluation.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Calibration:
    """Predictions sorted by confidence into B bins of equal width; every field but `edges` is (B,).

    Attributes:
        edges: (B + 1,) float64 from 0 to 1; a bin includes its upper edge, but not its lower one.
        count: how many predictions are in each bin, int64.
        confidence: their mean probability, float64; nan for an empty bin.
        accuracy: the share of them that is right, float64; nan for an empty bin.
    """

    edges: Tensor
    count: Tensor
    confidence: Tensor
    accuracy: Tensor

    @property
    def expected_error(self) -> float:
        """Mean distance of confidence and accuracy, each bin weighted by its count; 0 to 1, 0 is best.

        ECE = Σ count / N · |accuracy - confidence| (Guo et al., equation 3).
        """
        gaps = (self.accuracy - self.confidence).abs().nan_to_num()  # an empty bin has no weight
        return float((self.count * gaps).sum() / self.count.sum())


def calibration_curve(predictions: Predictions, bins: int = 10) -> Calibration:
    """Compare how confident predictions are with how often they are right; ValueError unless bins >= 1."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}; 10 are easy to read")
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    confidences = predictions.confidences.double()
    right = (predictions.predicted == predictions.labels).double()
    places = torch.bucketize(confidences, edges[1:-1])  # (N,), 0 to bins - 1
    count = places.bincount(minlength=bins)
    return Calibration(
        edges=edges,
        count=count,
        confidence=places.bincount(confidences, minlength=bins) / count,
        accuracy=places.bincount(right, minlength=bins) / count,
    )
