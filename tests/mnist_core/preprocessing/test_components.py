"""Connected components, held against filling one after the other."""

import pytest
import torch
from torch import Tensor

from mnist_core.preprocessing.shape import Pieces, connected_components


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


def _mask(*boxes: tuple[int, int, int, int]) -> Tensor:
    """Full boxes, each from a top left to a bottom right pixel, in 40 x 40."""
    mask = torch.zeros(40, 40, dtype=torch.bool)
    for top, left, bottom, right in boxes:
        mask[top : bottom + 1, left : right + 1] = True
    return mask


def test_a_piece_is_cut_if_it_reaches_the_border() -> None:
    mask = _mask((0, 5, 3, 7), (10, 10, 12, 12), (20, 37, 22, 39))
    pieces = Pieces(torch.ones(40, 40), mask)
    assert pieces.cut.tolist() == [False, True, False, True]
    assert pieces.ink.tolist() == [0, 12, 9, 9]


@pytest.mark.parametrize(
    ("other", "belongs"),
    [
        ((24, 10, 25, 19), True),  # 4 below the main piece, whose longer side is 10 + 1
        ((26, 10, 27, 19), False),  # 6 below
        ((24, 10, 24, 10), False),  # too little ink
        ((12, 24, 14, 28), True),  # at its right
        ((26, 30, 33, 38), False),
    ],
)
def test_a_piece_belongs_to_the_largest_if_it_is_near_and_not_a_speck(
    other: tuple[int, int, int, int], belongs: bool
) -> None:
    main = (10, 10, 20, 20)
    found = Pieces(torch.ones(40, 40), _mask(main, other)).largest_and_near(share=0.1, gap=0.45)
    assert torch.equal(found, _mask(main, other) if belongs else _mask(main))


def test_ink_counts_for_more_than_pixels() -> None:
    small, large = (5, 5, 8, 8), (20, 20, 30, 30)
    ink = torch.ones(40, 40)
    ink[:10, :10] = 100
    found = Pieces(ink, _mask(small, large)).largest_and_near(share=0.9, gap=100)
    assert torch.equal(found, _mask(small))
