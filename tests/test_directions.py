"""Directions: what the hatched picture shows, and maps over it that can be read."""

import numpy as np
import torch

from mnist_core.directions import blend, hatch


def test_a_level_bar_and_an_upright_one_light_different_pixels_of_each_block() -> None:
    bar = torch.zeros(2, 28, 28)
    bar[0, 13:15, 4:24] = 255
    bar[1, 4:24, 13:15] = 255
    level, upright = hatch(bar) - 0.4 * bar
    middle = slice(10, 18)
    assert level[middle, middle][1::2, 1::2].sum() > 10 * level[middle, middle][0::2, 0::2].sum()
    assert upright[middle, middle][0::2, 0::2].sum() > 10 * upright[middle, middle][1::2, 1::2].sum()


def test_an_empty_image_has_no_directions() -> None:
    assert hatch(torch.zeros(1, 28, 28)).abs().max() == 0


def test_a_blended_map_keeps_the_sum_of_each_block() -> None:
    maps = torch.randn(3, 28, 28, generator=torch.Generator().manual_seed(0))
    blocks = maps.numpy().reshape(3, 14, 2, 14, 2).sum(axis=(2, 4))
    blended = blend(maps).numpy()
    np.testing.assert_allclose(blended.reshape(3, 14, 2, 14, 2).sum(axis=(2, 4)), blocks, atol=1e-5)
    assert np.ptp(blended.reshape(3, 14, 2, 14, 2), axis=(2, 4)).max() == 0
