"""What is done to a digit before the model sees it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import NoReturn

import torch
from torch import Tensor

from mnist_core.arrays import Array, images_of
from mnist_core.one_thread import one_thread, use_threads
from mnist_core.preprocessing.direction_maps import direction_maps
from mnist_core.preprocessing.normalization import deskew, normalize_moments, normalize_sides

VERSION = 4  # raise it when results change: cached images of another version are computed again
CHUNK = 512  # images at a time: enough for a thread, and few enough to tell the progress


class Preprocessing(StrEnum):
    """What is done to a digit before the model sees it; the values appear in files, links and on the page."""

    RAW = "raw"
    DESKEW = "deskew"
    MOMENTS = "moments"
    DIRECTIONS = "directions"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"preprocessing must be one of {', '.join(cls)}, not {value!r:.40}")


def preprocess(
    images: Array, how: Preprocessing | str, *, progress: Callable[[float], None] | None = None
) -> Tensor:
    """Preprocess images, giving new ones of the same shape, dtype and range.

    RAW changes nothing. DESKEW shears a digit upright and centres it. MOMENTS also brings all digits to one
    size. DIRECTIONS then replaces the pixels by the directions of the edges at 7 x 7 places. An image without
    ink stays as it is.

    Args:
        images: (N, 28, 28) uint8, ink 0..255, which stay as they are.
        how: which preprocessing.
        progress: called now and then with the fraction that is done, 0..1.

    Raises:
        ValueError: another shape or dtype.
    """
    images, how = images_of(images), Preprocessing(how)
    if how is Preprocessing.RAW:
        return images
    if len(images) <= CHUNK:
        with one_thread():
            result = _preprocess_chunk(images, how)
        if progress is not None:
            progress(1.0)
        return result
    result = torch.empty_like(images)

    def fill(start: int) -> int:
        chunk = images[start : start + CHUNK]
        result[start : start + CHUNK] = _preprocess_chunk(chunk, how)
        return start + len(chunk)

    # Threads, one chunk each, as torch releases Python's lock. None of them begins others: see `one_thread`.
    with ThreadPoolExecutor(os.cpu_count(), initializer=use_threads, initargs=(1,)) as pool:
        for done in pool.map(fill, range(0, len(images), CHUNK)):
            if progress is not None:
                progress(done / len(images))
    return result


def _preprocess_chunk(images: Tensor, how: Preprocessing) -> Tensor:
    ink = images.float()  # (B, 28, 28)
    match how:
        case Preprocessing.DESKEW:
            result = deskew(ink)
        case Preprocessing.MOMENTS:
            result = normalize_sides(ink)
        case _:
            result = direction_maps(normalize_moments(ink))
    return result.round().to(torch.uint8)
