"""Photos: the ink is found on light and dark paper in uneven light, and a drawing as `ink_of` finds it."""

import io
from random import Random

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.photos import make_photo
from benchmarks.strokes import PenDigit, draw
from mnist_core import Digits, TrainingConfig, train
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing
from mnist_core.preprocessing.photo import ink_of_photo
from mnist_core.storage.image_file import read_image

Pixels = NDArray[np.uint8]

STROKES = {
    0: "50,20 36,30 32,50 37,70 50,80 63,70 68,50 63,30 50,20",
    1: "50,20 50,40 50,60 50,80",
    2: "34,32 42,22 56,21 65,30 62,45 48,62 33,78 50,78 70,77",
    3: "34,25 50,20 64,27 62,40 48,48 63,54 67,68 55,79 33,75",
    7: "30,24 50,23 70,23 60,45 50,65 44,82",
}
DIGITS = [
    PenDigit(label, "", [[(float(x), float(y)) for x, y in (point.split(",") for point in stroke.split())]])
    for label, stroke in STROKES.items()
]


def _coverage(height: int = 400, width: int = 300) -> NDArray[np.float64]:
    """A seven, 0 to 1, in the middle."""
    canvas = 1 - draw([[(90, 60), (200, 60), (130, 230)]])[..., 0] / 255
    picture = Image.fromarray((255 * canvas).astype(np.uint8)).resize((260, 260))
    page = Image.new("L", (width, height))
    page.paste(picture, ((width - 260) // 2, (height - 260) // 2))
    return np.asarray(page) / 255


def _photo(paper: float, ink: float, *, darkest: float = 0.3, noise: float = 3, seed: int = 0) -> Pixels:
    """The seven on paper; both reflect so much. The light falls to a part of itself from left to right."""
    coverage = _coverage()
    light = np.linspace(1, darkest, coverage.shape[1])
    grey = 255 * (paper + coverage * (ink - paper)) * light
    grey = grey[..., None] + np.random.default_rng(seed).normal(0, noise, (*grey.shape, 3))
    return np.clip(grey, 0, 255).astype(np.uint8)


def _overlap(ink: torch.Tensor) -> float:
    """Intersection over union with the seven."""
    found, true = ink.numpy() > 127, _coverage() > 0.5
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize(
    ("paper", "ink"),
    [(0.95, 0.05), (0.7, 0.3), (0.9, 0.6), (0.1, 0.9), (0.3, 0.75)],
    ids=["white", "brown", "pencil", "blackboard", "chalk on grey"],
)
@pytest.mark.parametrize("darkest", [1, 0.5, 0.25])
def test_the_ink_is_found_on_light_and_dark_paper_in_uneven_light(
    paper: float, ink: float, darkest: float
) -> None:
    assert _overlap(ink_of_photo(_photo(paper, ink, darkest=darkest))) > 0.8


def test_one_threshold_for_the_whole_photo_would_not_do() -> None:
    """The oracle: in this light no threshold at all separates ink from paper."""
    grey = _photo(0.9, 0.5).mean(axis=-1)
    true = _coverage() > 0.5
    overlaps = [((grey < t) & true).sum() / ((grey < t) | true).sum() for t in range(256)]
    assert max(overlaps) < 0.4
    assert _overlap(ink_of_photo(_photo(0.9, 0.5))) > 0.8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("paper", [0.1, 0.5, 0.95])
def test_paper_without_ink_is_blank(paper: float, seed: int) -> None:
    assert not ink_of_photo(_photo(paper, paper, seed=seed)).any()


def test_a_shadow_and_the_edge_of_the_paper_are_no_ink() -> None:
    photo = _photo(0.9, 0.1, darkest=0.6)
    photo[-50:] = photo[-50:] // 4  # the table
    photo[:120, :90] = (photo[:120, :90] * 0.6).astype(np.uint8)  # a shadow with a sharp edge
    assert _overlap(ink_of_photo(photo)) > 0.8


def test_specks_far_away_are_left_out_and_parts_of_the_digit_are_kept() -> None:
    photo = _photo(0.9, 0.1, darkest=0.8)
    photo[30:36, 30:36] = 10
    photo[365:372, 140:150] = 10
    assert _overlap(ink_of_photo(photo)) > 0.8
    photo[200:206] = 230  # a fold that parts the digit
    ink = ink_of_photo(photo)
    assert ink[120:195].any()
    assert ink[210:280].any()


def test_a_large_photo_is_reduced() -> None:
    large = np.asarray(Image.fromarray(_photo(0.9, 0.2)).resize((1200, 1600)))
    ink = ink_of_photo(large)
    assert ink.shape == (600, 450)
    small = np.asarray(Image.fromarray(ink.numpy()).resize((300, 400)))
    assert _overlap(torch.from_numpy(small.copy())) > 0.8


def test_a_drawing_is_read_as_ink_of_reads_it() -> None:
    canvas = draw([[(90, 60), (200, 60), (130, 230)]])
    assert torch.equal(ink_of_photo(canvas), ink_of(canvas))
    assert torch.equal(ink_of_photo(canvas[..., :3]), ink_of(canvas))
    clear = canvas.copy()
    clear[..., 3] = 255 - canvas[..., 0]  # black on nothing
    assert torch.equal(ink_of_photo(clear), ink_of(clear))
    crossing = draw([[(-20, 60), (200, 60), (130, 300)]])  # over the edge
    assert torch.equal(ink_of_photo(crossing), ink_of(crossing))


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (500, 2), (3, 3), (28, 28)])
def test_photos_of_any_shape_have_their_ink(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    ink = ink_of_photo(noise)
    assert ink.shape == size
    assert ink.dtype == torch.uint8


@pytest.mark.parametrize(
    ("shape", "dtype"), [((5, 5), "u1"), ((5, 5, 2), "u1"), ((5, 5, 3), "f8"), ((0, 5, 3), "u1")]
)
def test_other_arrays_are_refused(shape: tuple[int, ...], dtype: str) -> None:
    with pytest.raises(ValueError, match=r"expected a photo of shape \(H, W, 3\)"):
        ink_of_photo(np.zeros(shape, dtype))


@pytest.mark.slow
def test_made_photos_of_digits_are_read(sample: Digits) -> None:
    *_, last = train(TrainingConfig(learning_rate=0.2), sample)
    rng = Random(7)
    right = []
    for digit in DIGITS:
        photo = make_photo(digit, rng)
        drawing = prepare_drawing(ink_of_photo(read_image(photo.jpeg)))
        right.append(drawing is not None and judge(last.model, drawing).digit == photo.label)
    assert sum(right) >= len(right) - 1


@pytest.mark.slow
def test_a_made_photo_is_a_jpeg_and_repeats() -> None:
    digit = PenDigit(1, "", [[(0, 0), (0, 1000)]])
    one, other, third = (make_photo(digit, Random(seed)) for seed in (1, 1, 2))
    assert one == other != third
    with Image.open(io.BytesIO(one.jpeg)) as image:
        assert image.format == "JPEG"
