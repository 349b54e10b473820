"""The ink in a photo of a digit: on light or dark paper, in uneven light.

Sources:
- Light multiplies what the paper reflects, so it adds to the logarithm of an image: Stockham, Image
  processing in the context of a visual model, Proc. IEEE 60, 1972.
- The paper without its ink is the grey-scale closing, in which every dark spot narrower than a window is
  filled: Serra, Image Analysis and Mathematical Morphology, 1982.
- The threshold that sets two classes of pixels furthest apart: Otsu, A threshold selection method from
  gray-level histograms, IEEE Trans. Systems, Man, and Cybernetics 9, 1979.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mnist_core.preprocessing.drawing import FAINT, ink_of
from mnist_core.preprocessing.scene import Choice, choose_digit, cut_off, is_straight, may_be_cut
from mnist_core.preprocessing.shape import Pieces, stroke_length

SIDE = 600  # pixels: longer photos are reduced to it
COARSE = 100  # pixels: of the longer side, where the paper is estimated
WINDOW = 21  # coarse pixels: wider than any stroke
SURROUNDINGS = 51  # coarse pixels: in such a window there is more paper than ink

# A drawing or a screenshot has so much of its border within so many levels of 255; photos have 0.1 to 0.5.
PLAIN_SHARE, PLAIN = 0.75, 3
# A picture as small as this has no uneven light. What differs by two deviations of its border's noise is ink.
SCAN, SCAN_NOISE, MAX_NOISE = 64, 2, 80  # pixels; standard deviations; levels of 255
SIMILAR = 16  # levels of 255: between shades of one colour
SHADE = 8  # likewise: a frame has one shade
FRAMED = 0.3  # of the height and width of a picture: a frame surrounds so much
EDGE = 0.6  # of each edge of what a frame surrounds is paper, of another colour: a stroke may run along it
# Opaque paper fills at least half of the box around it, which strokes do not, and has so many pixels of ink.
HALF_CLEAR, PAPER_SHARE, LEAST_INK = 128, 0.5, 12

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
# With gaps of so many pixels filled, a shaded stroke loses a third of its edges. Then it is blurred.
SHADING, SHADED = 7, 1.5


class FoundDigit(NamedTuple):
    """The digit in a picture.

    Attributes:
        ink: (h, w) uint8, ink 0..255; all 0 if none was found.
        cut: whether it touches the edge of the picture; without ink, too much of it lies beyond the edge.
        scene: (h, w) uint8, the ink of all digits, if there are several; else None. The one with the most ink
            is read.
    """

    ink: Tensor
    cut: bool = False
    scene: Tensor | None = None


def ink_of_photo(pixels: NDArray[np.uint8] | Tensor) -> Tensor:
    """Separate the ink of a digit from the paper in a picture; see `find_digit`."""
    return find_digit(pixels).ink


def find_digit(pixels: NDArray[np.uint8] | Tensor) -> FoundDigit:
    """Find the ink of a digit in a photo, or in another picture of it.

    The paper may be light or dark, its light uneven. Left out is what is not near the digit, such as specks
    and shadows, outlines around it, and straight objects beside it.

    Args:
        pixels: (H, W, 3) uint8: red, green and blue; or (H, W, 4) with alpha, not premultiplied.

    Returns:
        The ink, its longer side at most 600 pixels.

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
    photo = _without_frame(_on_paper(photo))
    if max(photo.shape[:2]) <= SCAN or _is_plain(photo):
        ink = _fit(ink_of(photo, faint=_faint(photo)).float())
        return _found(ink.round().to(torch.uint8), choose_digit(ink, ink > 0))
    contrast = _contrast(_grey(photo))
    choice = _digit(contrast)
    if choice is not None and choice.digit.any() and _is_shaded(choice.digit):
        contrast = _mean(contrast, SHADING)
        choice = _digit(contrast)
    if choice is None or not choice.digit.any():
        return FoundDigit(torch.zeros(contrast.shape, dtype=torch.uint8), cut=choice is not None)
    full, soft = (part * float(contrast[choice.digit].mean()) for part in (FULL, SOFT))
    ink = ((contrast - soft) / (full - soft)).clamp(0, 1)
    return _found((255 * ink).round().to(torch.uint8), choice)


def _found(ink: Tensor, choice: Choice | None) -> FoundDigit:
    if choice is None:
        return FoundDigit(torch.zeros_like(ink))
    # With the soft edges of the strokes, which are not part of another piece.
    near = [_grown(mask) & (mask | ~choice.rest) for mask in (choice.digit, choice.digit | choice.others)]
    return FoundDigit(ink * near[0], choice.cut, ink * near[1] if choice.others.any() else None)


def _grown(mask: Tensor) -> Tensor:
    return F.max_pool2d(mask[None].float(), 3, stride=1, padding=1)[0] > 0


def _on_paper(photo: Tensor) -> Tensor:
    """Lay opaque paper with a transparent margin or rounded corners on more of the same paper."""
    opaque = photo[:, :, 3] >= HALF_CLEAR
    if bool(opaque.all()) or not opaque.any():
        return photo
    rows, columns = opaque.any(dim=1).nonzero(), opaque.any(dim=0).nonzero()
    box = int(rows[-1] - rows[0] + 1) * int(columns[-1] - columns[0] + 1)
    if int(opaque.sum()) < PAPER_SHARE * box:
        return photo
    colours = photo[photo[:, :, 3] == 255][:, :3]  # the soft edge of a stroke may have any colour
    if not len(colours):
        return photo
    paper = _commonest(_some(colours))
    if int((~_near(colours, paper)).sum()) < LEAST_INK:  # a drawing on nothing
        return photo
    laid = torch.full_like(photo, 255)
    # What is rather clear than opaque, such as a shadow that a window casts, is no ink.
    alpha = photo[:, :, 3].float() / 255 * opaque
    for colour in range(3):  # one after another, to need less memory
        laid[:, :, colour] = (photo[:, :, colour] * alpha + paper[colour] * (1 - alpha)).round()
    return laid


def _some(colours: Tensor) -> Tensor:
    """Take at most about 100,000 of colours, (N, 3 or 4): enough to find the commonest."""
    return colours[:: max(1, len(colours) // 100_000)]


def _commonest(colours: Tensor) -> Tensor:
    """Find the commonest of colours, (N, 3 or 4) uint8: the median of those with the same highest bits."""
    steps = 16 ** torch.arange(colours.shape[1])
    bins = ((colours.long() >> 4) * steps).sum(dim=1)
    return colours[bins == int(bins.bincount().argmax())].float().median(dim=0).values


def _near(colours: Tensor, colour: Tensor, levels: float = SIMILAR) -> Tensor:
    return (colours.float() - colour).abs().amax(dim=-1) <= levels


def _border(photo: Tensor) -> Tensor:
    return torch.cat(_edges(photo)).float()


def _is_plain(photo: Tensor) -> bool:
    """Tell whether nearly all of the border has one colour, as in no photo, or it is transparent."""
    border = _border(photo)
    if float(border[:, 3].min()) < 255:
        return True
    deviations = (border - border.median(dim=0).values).abs().amax(dim=1)
    return float((deviations <= PLAIN).float().mean()) >= PLAIN_SHARE


def _without_frame(photo: Tensor) -> Tensor:
    """Take away frames: edges of the picture, all of one colour, around a rectangle of another one."""
    inner, kept = photo, photo
    while (smaller := _framed(inner)) is not None:
        inner = smaller
        if _has_paper(inner):
            kept = inner
    return kept


def _framed(photo: Tensor) -> Tensor | None:
    """Find the rectangle that a frame as wide as it likes surrounds; None if there is none."""
    frame = _border(photo).median(dim=0).values
    spans = []
    for along in (0, 1):
        lines = photo.float().median(dim=1 - along).values
        other = (~_near(lines, frame, SHADE)).nonzero()
        if not len(other) or int(other[0]) == 0 or int(other[-1]) == len(lines) - 1:
            return None
        span = slice(int(other[0]), int(other[-1]) + 1)
        if span.stop - span.start < FRAMED * len(lines):
            return None
        spans.append(span)
    inner = photo[spans[0], spans[1]]
    differing = [float((~_near(edge, frame, SHADE)).float().mean()) for edge in _edges(inner)]
    return inner if min(differing) >= EDGE else None


def _has_paper(photo: Tensor) -> bool:
    """Tell whether each edge of a picture is paper, and something lies on it."""
    for edge in _edges(photo):
        if float(_near(edge, edge.float().median(dim=0).values).float().mean()) < EDGE:
            return False
    return int((~_near(photo, _border(photo).median(dim=0).values)).sum()) >= LEAST_INK


def _edges(photo: Tensor) -> tuple[Tensor, ...]:
    return photo[0], photo[-1], photo[:, 0], photo[:, -1]


def _faint(photo: Tensor) -> float:
    """Find how many levels the noise of a small picture reaches to."""
    if max(photo.shape[:2]) > SCAN:
        return FAINT
    quantiles = _border(photo)[:, :3].mean(dim=1).quantile(torch.tensor([0.16, 0.5, 0.84]))
    return max(FAINT, min(SCAN_NOISE * float(quantiles.diff().max()), MAX_NOISE))


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


def _digit(contrast: Tensor) -> Choice | None:
    """Find the pixels of the digit, (h, w) bool; None if nothing stands out from the paper like ink.

    Empty and cut, if what remains has less ink than strokes that the border cuts: then that is the digit.
    """
    noise = 1.4826 * float(contrast.abs().median())  # the standard deviation of a normal distribution
    stands_out = contrast > max(NOISE * noise, FAINTEST)
    lost = 0.0
    for _ in range(ATTEMPTS):
        if not stands_out.any():
            return _cut(contrast) if lost else None
        threshold = _otsu(contrast[stands_out])
        inked = contrast[stands_out & (contrast >= threshold)]
        mask = stands_out & (contrast > min(threshold, HALF * float(inked.mean())))
        pieces = Pieces(contrast, mask)
        dropped = cut_off(pieces)
        if not dropped.any():
            break
        most = int((pieces.ink * dropped).argmax())
        # What is straight is rather a pen.
        if may_be_cut(pieces, most) and not is_straight(pieces, most):
            lost = max(lost, float(pieces.ink[most]))
        # What the border cuts is rather the edge of the paper or a shadow, and has another contrast than ink.
        cut = dropped[pieces.labels][None].float()
        stands_out &= F.max_pool2d(cut, HALO, stride=1, padding=HALO // 2)[0] == 0
    choice = choose_digit(contrast, mask)
    if choice is None or float(choice.digit.float().mean()) <= SMALLEST:
        return _cut(contrast) if lost else None
    return _cut(contrast) if float(contrast[choice.digit].sum()) < lost else choice


def _cut(contrast: Tensor) -> Choice:
    nothing = torch.zeros_like(contrast, dtype=torch.bool)
    return Choice(nothing, nothing, nothing, cut=True)


def _is_shaded(mask: Tensor) -> bool:
    """Tell whether the strokes, (h, w) bool, are full of small gaps, as a pencil that shades leaves them."""
    gap = SHADING // 2
    grown = F.max_pool2d(F.pad(mask[None].float(), (gap,) * 4), SHADING, stride=1, padding=gap)
    filled = -F.max_pool2d(-grown, SHADING, stride=1)[0]
    edges = [stroke_length((255 * one).to(torch.uint8)) for one in (mask, filled)]
    return edges[0] > SHADED * edges[1]


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
