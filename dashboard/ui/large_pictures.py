"""Large pictures are read a few at a time: a drawing takes up to 60 MB meanwhile, a photo more.

A turn is to be held while a picture is unpacked, or prepared; not for both at once, which would wait for each
other. What stays of a drawing lies among what was freed, so that the C library kept 26 MB for each page.
"""

import time
from threading import BoundedSemaphore

from torch import Tensor

from dashboard.server.free_memory import trim_memory

AT_A_TIME = 2
LARGE, EVERY = 500_000, 0.2  # pixels, and seconds: giving memory back takes 4 to 20 ms

drawings, photos = BoundedSemaphore(AT_A_TIME), BoundedSemaphore(AT_A_TIME)
_last = [0.0]  # when memory was given back


def give_back_after(ink: Tensor) -> None:
    """Give back what was freed while a large picture, (H, W) uint8, was read; five times a second at most."""
    now = time.monotonic()
    if ink.numel() > LARGE and now > _last[0] + EVERY:
        _last[0] = now
        trim_memory()
