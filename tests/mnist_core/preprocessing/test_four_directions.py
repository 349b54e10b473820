"""Four directions against scipy, and on strokes whose direction is known."""

import numpy as np
import pytest
import torch
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.four_directions import BLUR, EDGE_GAIN, INK_GAIN, four_directions

# The pixel of a 2 x 2 block that answers to strokes of each direction.
HORIZONTAL, VERTICAL, RISING, FALLING = (1, 1), (0, 0), (1, 0), (0, 1)


def bar(angle: float) -> torch.Tensor:
    """A wide stroke through the middle of an image, at an angle in degrees, clockwise from horizontal."""
    y, x = np.indices((28, 28)) - 13.5
    turn = np.deg2rad(angle)
    across = np.abs(y * np.cos(turn) - x * np.sin(turn))
    along = np.abs(x * np.cos(turn) + y * np.sin(turn))
    return torch.from_numpy(255.0 * ((across < 2) & (along < 9))[None]).float()


@pytest.mark.parametrize(
    ("angle", "place"), [(0, HORIZONTAL), (90, VERTICAL), (-45, FALLING), (45, RISING)], ids=str
)
def test_each_direction_has_its_own_pixels(angle: float, place: tuple[int, int]) -> None:
    ink = bar(angle)
    edges = four_directions(ink)[0] - INK_GAIN * ink[0]
    shares = {(row, column): float(edges[row::2, column::2].sum()) for row in (0, 1) for column in (0, 1)}
    brightest = max(shares, key=lambda key: shares[key])
    assert brightest == place
    assert shares[place] > 0.5 * sum(shares.values())


def test_the_maps_agree_with_scipy(sample: Digits) -> None:
    for image in sample.test.images[:20].numpy().astype(float):
        dx, dy = (ndimage.sobel(image, axis, mode="constant") / 8 for axis in (1, 0))
        twice = 2 * np.arctan2(dy, dx)
        maps = {
            (0, 0): np.cos(twice), (1, 1): -np.cos(twice), (0, 1): np.sin(twice), (1, 0): -np.sin(twice)
        }  # fmt: skip
        expected = INK_GAIN * image
        for (row, column), direction in maps.items():
            strength = np.hypot(dx, dy) * direction.clip(min=0)
            blurred = ndimage.gaussian_filter(strength, BLUR, radius=3, mode="constant")
            expected[row::2, column::2] += EDGE_GAIN * blurred[row::2, column::2]
        found = four_directions(torch.from_numpy(image[None]).float())[0].numpy()
        assert np.abs(found - expected.clip(max=255)).max() < 0.05


def test_pixels_far_from_any_ink_stay_empty() -> None:
    image = torch.zeros(1, 28, 28)
    image[0, 20:, 20:] = 255
    assert not four_directions(image)[0, :16, :16].any()


def test_the_two_edges_of_a_stroke_have_the_same_direction() -> None:
    """Swapping light and dark reverses every gradient."""
    faint = bar(90) / 5  # so that nothing is clipped
    inside = (slice(None), slice(8, 20), slice(5, 23))  # away from the border, which is dark for both
    one, other = (four_directions(image)[inside] - INK_GAIN * image[inside] for image in (faint, 51 - faint))
    assert (one - other).abs().max() < 0.05


def test_an_image_without_ink_has_no_directions() -> None:
    assert four_directions(torch.zeros(1, 28, 28)).abs().max() == 0
