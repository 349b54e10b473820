"""Pictures of weights to choose from before the first step shows which of them is right."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core import Split

NOISE_SEED = 7


def first_step_pictures(train: Split, digit: int) -> dict[str, Tensor]:
    """Draw what the weights of a digit may look like after one step, each (28, 28) float32.

    The strongest value of each is 1 or -1, except that "blank" is zero everywhere.
    """
    ink = train.images.float() / 255
    own, every = ink[train.labels == digit].mean(dim=0), ink.mean(dim=0)
    noise = torch.randn(28, 28, generator=torch.Generator().manual_seed(NOISE_SEED))
    pictures = {"noise": noise, "outline": _outline(own), "contrast": own - every}
    scaled = {name: picture / picture.abs().max().clamp(min=1e-9) for name, picture in pictures.items()}
    return {**scaled, "blank": torch.zeros(28, 28)}


def correlation(one: Tensor, other: Tensor) -> float:
    """Compute the correlation of two pictures of the same shape; nan if one is the same everywhere."""
    pair = torch.stack([one.flatten(), other.flatten()]).double()
    if bool((pair.amax(dim=1) == pair.amin(dim=1)).any()):
        return float("nan")
    return float(torch.corrcoef(pair)[0, 1])


def _outline(image: Tensor) -> Tensor:
    """Return the steepness of a picture: large along the edges of its strokes, zero elsewhere."""
    padded = F.pad(image[None, None], (1, 1, 1, 1))[0, 0]
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    return torch.hypot(across, down)
