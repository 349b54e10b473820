"""What is done to a digit before the model sees it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import NoReturn

import torch
from torch import Tensor

from mnist_core.arrays import Array, images_of
from mnist_core.cores import cores
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
    return Preparation(images, how, torch.arange(len(images))).finish(progress)


class Preparation:
    """Images that are being preprocessed by all cores, in an order of one's own.

    Attributes:
        images: (N, 28, 28) uint8; those that have been waited for are done.
    """

    def __init__(self, images: Tensor, how: Preprocessing, order: Tensor) -> None:
        """Begin.

        Args:
            images: (N, 28, 28) uint8, which stay as they are.
            how: any but RAW.
            order: (M,) int64, the places of those to preprocess, each once.
        """
        self.images = torch.empty_like(images)
        self._images, self._how = images, how
        self._chunk_of = torch.empty(len(images), dtype=torch.int64)
        self._chunk_of[order] = torch.arange(len(order)) // CHUNK
        # Threads, one chunk each, as torch releases Python's lock. None begins others: see `one_thread`.
        pool = ThreadPoolExecutor(cores(), "preparing", use_threads, (1,))
        self._chunks = [pool.submit(self._fill, places) for places in order.split(CHUNK)]
        pool.shutdown(wait=False)

    def _fill(self, places: Tensor) -> None:
        self.images[places] = _preprocess_chunk(self._images[places], self._how)

    def wait(self, places: Tensor) -> None:
        """Wait until the images at these places, (n,) int64, are done."""
        for chunk in self._chunk_of[places].unique().tolist():
            self._chunks[chunk].result()

    def finish(self, progress: Callable[[float], None] | None = None) -> Tensor:
        """Wait for all, and return them; `progress` is called with the fraction that is done, 0..1."""
        for done, chunk in enumerate(self._chunks, start=1):
            chunk.result()
            if progress is not None:
                progress(done / len(self._chunks))
        return self.images


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
