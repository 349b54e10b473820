"""The memory that training needs in addition to the digits, measured in a new process (Linux only)."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from mnist_core import Preprocessing, TrainingConfig, load_digits, train

STATUS = Path("/proc/self/status")


def peak_beyond_digits(root: Path | None, batch_size: int) -> float:
    """Return the megabytes that two epochs, with all their reports, add to a process with the digits.

    This is the growth of the resident set, so it includes what torch and MKL allocate themselves, and the
    pages of their code that are used for the first time.
    """
    spawn = multiprocessing.get_context("spawn")  # a fork would share pages with this process
    with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
        return fresh.submit(_grow, root, batch_size).result()


def _grow(root: Path | None, batch_size: int) -> float:
    torch.set_num_threads(1)
    digits = load_digits(root)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak: see proc(5)
    before = _kilobytes("VmRSS")
    history = list(train(TrainingConfig(batch_size, epochs=2, preprocessing=Preprocessing.RAW), digits))
    assert history
    return (_kilobytes("VmHWM") - before) * 1024 / 1e6


def _kilobytes(field: str) -> int:
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[field].split()[0])
