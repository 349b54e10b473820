"""Filters as matrices.

`filter_matrix(taps) @ image` filters the columns of an image, `image @ filter_matrix(taps).T` its rows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mnist_core.data.dataset import SIDE


def filter_matrix(taps: Sequence[float]) -> Tensor:
    """Return the (28, 28) float32 matrix that sums each pixel's neighbours with these weights.

    The number of taps is odd and the middle one is the pixel's own weight. Pixels beyond the edge count as 0.
    """
    middle = len(taps) // 2
    diagonals = [torch.full((SIDE - abs(k),), float(tap)).diag(k) for k, tap in enumerate(taps, -middle)]
    return torch.stack(diagonals).sum(dim=0)
