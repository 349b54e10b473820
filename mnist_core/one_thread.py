"""Compute on one thread: the products are small, and if a core is busy, two threads wait for each other."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

_lock = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Have torch compute on one thread meanwhile, in the calling thread alone; as a decorator too."""
    own = torch.get_num_threads()
    if own == 1:
        yield
        return
    use_threads(1)
    try:
        yield
    finally:
        use_threads(own)


def use_threads(count: int) -> None:
    """Set on how many threads torch computes for the calling thread, and for no other.

    `torch.set_num_threads` also sets it for threads that have not used torch yet. So one of these notes the
    number first, and puts it back.
    """
    torch.get_num_threads()  # a thread that is new to torch takes the others' number here, and not later
    try:
        with _lock, ThreadPoolExecutor(1) as new:
            others = new.submit(torch.get_num_threads).result()
            torch.set_num_threads(count)
            new.submit(torch.set_num_threads, others).result()
    except RuntimeError:  # no thread can be started any more, because the program is ending
        torch.set_num_threads(count)
