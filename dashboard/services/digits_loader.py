"""The digits on their way into memory, in a thread, for all who have the page open."""

import threading
import weakref

from mnist_core import Digits, Preprocessing, load_digits
from mnist_core.preprocessing.cache import preprocessed_digits

LONGEST = 2.0  # seconds to wait for the thread; only a silent mirror holds it longer, and that is not torch


class DigitsLoader:
    """Loads the digits and then prepares the default preprocessing, so that nobody waits for it later.

    Attributes:
        digits: None until they are there.
        error: what went wrong, to be shown; the digits stay None then.
        doing: what is being done, in words, and the share of it that is done, 0 to 1.
    """

    def __init__(self, *, download: bool = True) -> None:
        """Start to load, and to download what is not there."""
        self.digits: Digits | None = None
        self.error: Exception | None = None
        self.doing: tuple[str, float] | None = ("DigitsLoader the digits", 0.0)
        self._loaded = threading.Event()
        self._leaving = threading.Event()
        thread = threading.Thread(target=self._load, args=(download,), name="loading", daemon=True)
        thread.start()
        # At the interpreter's end: a daemon thread that is still inside torch then would abort it.
        weakref.finalize(self, _leave, self._leaving, thread)

    def wait(self, seconds: float) -> None:
        """Wait until the digits are there or can't be had, at most this long."""
        self._loaded.wait(seconds)

    def _load(self, download: bool) -> None:
        try:
            digits = load_digits(download=download, progress=self._downloaded)
        except Exception as error:
            self.error = error
        else:
            self.digits = digits
            self._loaded.set()
            preprocessed_digits(digits, Preprocessing.DIRECTIONS, progress=self._normalized)
        self.doing = None
        self._loaded.set()

    def _downloaded(self, done: int, total: int) -> None:
        self._report("Downloading MNIST", done / total)

    def _normalized(self, share: float) -> None:
        self._report("Preparing the digits", share)

    def _report(self, words: str, share: float) -> None:
        self.doing = (words, share)
        if self._leaving.is_set():
            raise SystemExit  # ends this thread alone


def _leave(leaving: threading.Event, thread: threading.Thread) -> None:
    leaving.set()
    thread.join(LONGEST)
