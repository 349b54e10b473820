"""The ink in a photo of a digit: on light or dark paper, in uneven light.

Sources:
- Light multiplies what the paper reflects, so it adds to the logarithm of an image: Stockham, Image
  processing in the context of a visual model, Proc. IEEE 60, 1972.
- The paper without its ink is the grey-scale closing, in which every dark spot narrower than a window is
  filled: Serra, Image Analysis and Mathematical Morphology, 1982.
- The threshold that sets two classes of pixels furthest apart: Otsu, A threshold selection method from
  gray-level histograms, IEEE Trans. Systems, Man, and Cybernetics 9, 1979.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mnist_core.preprocessing.drawing import ink_of
from mnist_core.preprocessing.shape import Pieces

SIDE = 600  # pixels: longer photos are reduced to it
COARSE = 100  # pixels: of the longer side, where the paper is estimated
WINDOW = 21  # coarse pixels: wider than any stroke
SURROUNDINGS = 51  # coarse pixels: in such a window there is more paper than ink

# A drawing or a screenshot has so much of its border within so many levels of 255; photos have 0.1 to 0.5.
PLAIN_SHARE, PLAIN = 0.75, 3

# Chosen on photos that benchmarks/photos.py made, with other seeds than its own. Contrasts are differences of
# natural logarithms.
DARKEST = 0.06  # of white: darker differences are noise
FAINTEST = 0.12  # what has less contrast is not ink
NOISE = 5  # standard deviations of the paper: ink has more contrast
HALF = 0.5  # of the ink's contrast: a pencil leaves grey places in its strokes
SOFT, FULL = 0.2, 0.6  # of the ink's contrast: between these, a soft edge grows to full ink
SMALLEST = 0.0004  # of the photo: a digit has more ink, a thin 1 a tenth as high as the photo
ATTEMPTS = 4  # to find ink that no border cuts
HALO = 15  # pixels: so wide is the soft edge of what the border cuts
BINS = 128  # of a histogram

# A piece belongs to the digit if its ink is this share of the largest piece's, and the gap between them this
# share of the digit's longer side.
PIECE, GAP = 0.05, 0.25


def ink_of_photo(pixels: NDArray[np.uint8] | Tensor) -> Tensor:
    """Separate the ink of a digit from the paper in a photo, or in another image of it.

    The paper may be light or dark, its light uneven. What is not near the digit, such as a shadow or the edge
    of the paper, is left out, and so is what the photo's border cuts. A drawing with a plain or transparent
    border is left to `ink_of`.

    Args:
        pixels: (H, W, 3) uint8: red, green and blue; or (H, W, 4) with alpha, not premultiplied.

    Returns:
        (h, w) uint8, ink 0..255, the longer side at most 600 pixels; all 0 if no ink is found.

    Raises:
        ValueError: another shape or dtype.
    """
    photo = pixels if isinstance(pixels, Tensor) else torch.from_numpy(np.array(pixels))
    if photo.dtype != torch.uint8 or photo.ndim != 3 or photo.shape[2] not in (3, 4) or photo.numel() == 0:
        raise ValueError(
            f"expected a photo of shape (H, W, 3) or (H, W, 4) and dtype uint8, got {tuple(photo.shape)} "
            f"and {photo.dtype}"
        )
    if photo.shape[2] == 3:
        photo = torch.cat((photo, torch.full_like(photo[:, :, :1], 255)), dim=2)
    if _is_plain(photo):
        return _fit(ink_of(photo).float()).round().to(torch.uint8)
    contrast = _contrast(_grey(photo))
    mask = _digit(contrast)
    if mask is None:
        return torch.zeros(contrast.shape, dtype=torch.uint8)
    full, soft = (part * float(contrast[mask].mean()) for part in (FULL, SOFT))
    ink = ((contrast - soft) / (full - soft)).clamp(0, 1)
    near = F.max_pool2d(mask[None].float(), 3, stride=1, padding=1)[0]  # with the soft edges of the strokes
    return (255 * ink * near).round().to(torch.uint8)


def _is_plain(photo: Tensor) -> bool:
    """Tell whether nearly all of the border has one colour, as in no photo, or it is transparent."""
    border = torch.cat((photo[0], photo[-1], photo[:, 0], photo[:, -1])).float()
    if float(border[:, 3].min()) < 255:
        return True
    deviations = (border - border.median(dim=0).values).abs().amax(dim=1)
    return float((deviations <= PLAIN).float().mean()) >= PLAIN_SHARE


def _fit(image: Tensor) -> Tensor:
    """Reduce an image, (H, W) float32, to 600 pixels in its longer side."""
    longer = max(image.shape)
    if longer <= SIDE:
        return image
    size = [max(1, round(side * SIDE / longer)) for side in image.shape]
    return F.interpolate(image[None, None], size, mode="area")[0, 0]


def _grey(photo: Tensor) -> Tensor:
    """Give each pixel's brightness as (h, w) float32 logarithms, reduced and freed of the finest noise."""
    weights = torch.tensor([0.299, 0.587, 0.114]) / 255  # of red, green and blue, by ITU-R BT.601
    grey = _fit(photo[:, :, :3].float() @ weights)
    blurred = F.avg_pool2d(F.pad(grey[None], (1, 1, 1, 1), mode="replicate"), 3, stride=1)[0]
    return (blurred + DARKEST).log()


def _contrast(grey: Tensor) -> Tensor:
    """Tell how much each pixel differs from the paper around it, towards the ink; (h, w) float32."""
    deviation = grey - _upsampled(_mean(_coarse(grey), SURROUNDINGS), grey)
    if float((deviation**3).sum()) > 0:  # ink is the smaller part: it skews the deviations to its own side
        grey = -grey
    paper = _coarse(grey)
    for sign in (1, -1):  # the maximum fills the strokes, the minimum brings all else back to its size
        paper = sign * F.max_pool2d(sign * paper[None], WINDOW, stride=1, padding=WINDOW // 2)[0]
    contrast = _upsampled(_mean(paper, WINDOW), grey) - grey
    return contrast - contrast.median()


def _coarse(image: Tensor) -> Tensor:
    scale = COARSE / max(image.shape)
    size = [max(1, round(side * scale)) for side in image.shape]
    return F.interpolate(image[None, None], size, mode="area")[0, 0]


def _mean(image: Tensor, window: int) -> Tensor:
    """Take the mean over a window of so many pixels, an odd number."""
    half = window // 2
    mean = F.avg_pool2d(image[None], window, stride=1, padding=half, count_include_pad=False)
    return mean[0]


def _upsampled(image: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(image[None, None], like.shape, mode="bilinear")[0, 0]


def _digit(contrast: Tensor) -> Tensor | None:
    """Find the pixels of the digit, (h, w) bool; None if nothing stands out from the paper like ink."""
    noise = 1.4826 * float(contrast.abs().median())  # the standard deviation of a normal distribution
    stands_out = contrast > max(NOISE * noise, FAINTEST)
    for _ in range(ATTEMPTS):
        if not stands_out.any():
            return None
        threshold = _otsu(contrast[stands_out])
        inked = contrast[stands_out & (contrast >= threshold)]
        pieces = Pieces(contrast, stands_out & (contrast > min(threshold, HALF * float(inked.mean()))))
        if not pieces.cut.any():
            break
        # What the border cuts is rather the edge of the paper or a shadow, and has another contrast than ink.
        cut = pieces.cut[pieces.labels][None].float()
        stands_out &= F.max_pool2d(cut, HALO, stride=1, padding=HALO // 2)[0] == 0
    digit = pieces.largest_and_near(share=PIECE, gap=GAP)
    return digit if float(digit.float().mean()) > SMALLEST else None


def _otsu(values: Tensor) -> float:
    """Find the threshold with the largest variance between the values below and above it."""
    low, high = float(values.min()), float(values.max())
    counts = torch.histc(values, BINS, low, high).double()
    middles = low + (high - low) * (torch.arange(BINS) + 0.5) / BINS
    below, sums = counts.cumsum(0), (counts * middles).cumsum(0)
    above = below[-1] - below
    # The variance between the classes is, but for a factor, this square.
    between = (sums[-1] * below - sums * below[-1]) ** 2 / (below * above).clamp(min=1)
    return low + (high - low) * (int(between[:-1].argmax()) + 1) / BINS
