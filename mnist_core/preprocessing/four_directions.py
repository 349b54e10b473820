"""Four directions: the input of models from before `direction_maps` had sixteen, whose files still open.

A linear model weighs each pixel by itself, so it cannot tell whether the ink in one place belongs to a
horizontal or a vertical stroke. Here each pixel of a 2 x 2 block answers to the edges of strokes of one
direction: horizontal, vertical or one of the two diagonals. With these features, 784 weights can tell
directions apart.

Sources:
- Maps of stroke directions, blurred and sampled at every second pixel: Yasuda and Fujisawa, An improved
  correlation method for character recognition, Systems, Computers, Controls 10, 1979.
- Directions from gradients: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: benchmarking
  of state-of-the-art techniques, Pattern Recognition 36, 2003.
- Several maps interleaved in one image, as in a camera's colour sensor: Bayer, US patent 3,971,065, 1976.
"""

from torch import Tensor

from mnist_core.preprocessing.filters import filter_matrix, gaussian_taps

BLUR = 1.0  # pixels, standard deviation: every second pixel is sampled, so the maps must be smooth
EDGE_GAIN = 5.0  # brings the directions to about the range of the ink
INK_GAIN = 0.4  # of the digit itself; more helps people to recognise it, but not the model

# Sobel's derivative and smoothing, and the blur.
SLOPE, SMOOTH = filter_matrix([-0.5, 0, 0.5]), filter_matrix([0.25, 0.5, 0.25])
GAUSSIAN = filter_matrix(gaussian_taps(BLUR, radius=3))


def four_directions(ink: Tensor) -> Tensor:
    """Compute the four direction maps of images and interleave them in blocks of 2 x 2 pixels.

    For a gradient of angle t and length m, the maps are the positive and the negative part of m cos 2t and
    m sin 2t. The angle is doubled because a stroke has one direction, but its two edges have opposite
    gradients.

    Args:
        ink: (B, 28, 28) float32, 0..255.

    Returns:
        (B, 28, 28) float32, 0..255.
    """
    across, down = SMOOTH @ ink @ SLOPE.T, SLOPE @ ink @ SMOOTH.T  # (B, 28, 28), the gradient
    squares = across.square(), down.square()
    length = (squares[0] + squares[1]).sqrt_().clamp_(min=1e-3)
    cos, sin = (squares[0] - squares[1]) / length, 2 * across * down / length
    result = INK_GAIN * ink
    for (row, column), map_ in {(0, 0): cos, (1, 1): -cos, (0, 1): sin, (1, 0): -sin}.items():
        blurred = GAUSSIAN[row::2] @ map_.clamp(min=0) @ GAUSSIAN[column::2].T  # (B, 14, 14)
        result[:, row::2, column::2] += EDGE_GAIN * blurred
    return result.clamp(max=255)
