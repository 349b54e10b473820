"""The digits being loaded, in a thread, for everybody who has the page open."""

import logging
import os
import re
import threading
import time
import weakref
from pathlib import Path

from dashboard.lab.setting_choices import BEST_READER, PRESETS
from mnist_core import Digits, load_digits
from mnist_core.storage.files import cache_folder
from mnist_core.training.loop import prepared_for

EXIT_TIMEOUT = 2.0  # seconds to wait for the thread at exit; only a silent mirror keeps it longer
BETWEEN_DOWNLOADS = 300.0  # seconds

# Digits that stand as an example; both were looked at: a 7 and a 3 that everybody reads at once.
EXAMPLES = {"mnist": 0, "sample": 13}

_log = logging.getLogger(__name__)


class DigitsLoader:
    """Loads the digits, then prepares the directions of which the best reader learns, in its order.

    Somebody who draws before training anything is then read within seconds, before all are prepared.

    Attributes:
        digits: None until they are loaded.
        error: what went wrong, without the paths of this computer; the digits stay None then.
        doing: what is being done, in words, and the share that is done, 0 to 1; None when all is done.
    """

    def __init__(self, *, download: bool = True, instead_of: Digits | None = None) -> None:
        """Start to load the digits, and to download them if they are missing.

        `instead_of` is the sample, in use until MNIST is there and if it cannot be downloaded.
        """
        self.digits = instead_of
        self._began = time.monotonic()
        self.error: str | None = None
        self.doing: tuple[str, float] | None = ("Loading the digits", 0.0)
        self._loaded = threading.Event()
        self._leaving = threading.Event()
        thread = threading.Thread(target=self._load, args=(download,), name="loading", daemon=True)
        thread.start()
        # A daemon thread that is still inside torch when the interpreter exits would abort the process.
        weakref.finalize(self, _leave, self._leaving, thread)

    def wait(self, timeout: float) -> None:
        """Wait until the digits are loaded or cannot be, at most `timeout` seconds."""
        self._loaded.wait(timeout)

    @property
    def may_try_again(self) -> bool:
        """Whether it is time for another try: loading failed, or the last download began a while ago."""
        late = time.monotonic() - self._began >= BETWEEN_DOWNLOADS
        return self.error is not None or (self.digits is not None and self.doing is None and late)

    def _load(self, download: bool) -> None:
        try:
            digits = _own_digits() or load_digits(download=download, progress=self._downloaded)
            if self.digits is None or digits.source != self.digits.source:
                self.digits = digits
            self._loaded.set()
            prepared_for(PRESETS[BEST_READER], self.digits).finish(self._preprocessed)
        except Exception as error:
            if self.digits is None:
                self.error = without_paths(str(error))
            self.doing = None
            self._loaded.set()
            # The exit of the interpreter cuts imports and pools off, which then fail in ways of their own.
            if not self._leaving.wait(EXIT_TIMEOUT):
                _log.exception("The digits cannot be loaded")
        self.doing = None

    def _downloaded(self, done: int, total: int) -> None:
        self._report("Downloading MNIST", done / total)

    def _preprocessed(self, share: float) -> None:
        self._report("Preparing the digits", share)

    def _report(self, words: str, share: float) -> None:
        self.doing = (words, share)
        if self._leaving.is_set():
            raise SystemExit  # ends this thread alone


def _own_digits() -> Digits | None:
    """Load the digits that `DIGIT_LAB_DIGITS` names instead of MNIST, if it names any."""
    if not (folder := os.environ.get("DIGIT_LAB_DIGITS")):
        return None
    usual = re.sub(r"[^\w-]+", "-", Path(folder).resolve().name)[:40]
    return load_digits(folder, name=os.environ.get("DIGIT_LAB_DIGITS_NAME") or usual)


def without_paths(text: str) -> str:
    """Leave out the folders of this computer, which are no visitor's business; names of files stay."""
    variables = (os.environ.get(name) for name in ("DIGIT_LAB_DIGITS", "MNIST_ROOT"))
    for known in (*filter(None, variables), str(cache_folder())):
        folder = known.rstrip(os.sep)
        text = text.replace(folder + os.sep, "").replace(folder, "the folder")
    return re.sub(r"(?<![\w/])(/|[A-Za-z]:\\)[^\s:'\"]*[/\\]", "", text)


def _leave(leaving: threading.Event, thread: threading.Thread) -> None:
    leaving.set()
    if thread is not threading.current_thread():  # the last to know a loader that another has replaced
        thread.join(EXIT_TIMEOUT)


def example_digit(digits: Digits) -> int:
    """Return the number of a test digit that people recognise without doubt."""
    return EXAMPLES.get(digits.source, 0)
