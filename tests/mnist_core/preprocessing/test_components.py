"""Connected components, held against filling one after the other."""

import pytest
import torch
from torch import Tensor

from mnist_core.preprocessing.components import connected_components


def _filled(mask: Tensor) -> Tensor:
    """Number the components by flooding each from its first pixel."""
    labels, count = torch.zeros(mask.shape, dtype=torch.int64), 0
    for start in mask.nonzero().tolist():
        if labels[*start]:
            continue
        count += 1
        flooded = [start]
        while flooded:
            y, x = flooded.pop()
            if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x] and not labels[y, x]:
                labels[y, x] = count
                flooded += [[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return labels


@pytest.mark.parametrize("share", [0.1, 0.3, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (23, 31)])
def test_random_pixels_fall_into_the_pieces_that_flooding_finds(shape: tuple[int, int], share: float) -> None:
    for seed in range(10):
        mask = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < share
        assert torch.equal(connected_components(mask), _filled(mask))


def test_arms_that_meet_far_below_are_one_piece() -> None:
    comb = torch.zeros(20, 41, dtype=torch.bool)
    comb[:, ::2] = True
    assert int(connected_components(comb).max()) == 21
    comb[-1] = True
    assert int(connected_components(comb).max()) == 1


def test_an_empty_mask_has_no_piece() -> None:
    assert not connected_components(torch.zeros(5, 7, dtype=torch.bool)).any()
