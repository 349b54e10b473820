"""Runs that learn a person's handwriting: how they learn, what is recorded, and what can still test them.

A drawing that a model has learned is never counted as a test of it. So each such run has a file of its own
that names these drawings; while that cannot be read, no drawing counts.
"""

import hashlib
import json
import logging
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.lab.run_job import RunJob, thin_out
from mnist_core import Comparison, Digits, Run, SoftmaxRegressor, Split, mcnemar, preprocess
from mnist_core.evaluation.mcnemar import Score
from mnist_core.model import likeliest_digits
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.run_file import Segment
from mnist_core.storage.file_store import FileStore, FileUnreadable
from mnist_core.storage.files import home_folder, write_atomically
from mnist_core.training.digits import count_to_learn
from mnist_core.training.personalization import (
    LEARNING_RATE,
    OTHERS,
    OWN,
    STEPS,
    personalize,
    predict_held_out,
)
from mnist_core.training.report import measure

FEWEST = 10  # drawings: fewer say too little about a person's handwriting and about what was gained

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BeforeAfter:
    """How some digits were read before and after handwriting was learned: how many correctly, and when."""

    both: int
    only_before: int
    only_after: int
    neither: int

    @classmethod
    def count(cls, before: Tensor, after: Tensor) -> Self:
        """Count digits that were read correctly before, and after; (N,) bool each."""
        counts = (before & after, before & ~after, after & ~before, ~before & ~after)
        return cls(*(int(count.sum()) for count in counts))

    def __post_init__(self) -> None:
        """Refuse what no test counts, which a damaged file may have."""
        counts = [self.both, self.only_before, self.only_after, self.neither]
        if not all(type(count) is int and 0 <= count < 100_000 for count in counts) or not sum(counts):
            raise ValueError(f"expected four counts of at least one digit, got {counts!r:.200}")

    @property
    def comparison(self) -> Comparison:
        """Compare the model before, a, with the one after, b."""
        counts = torch.tensor([self.both, self.only_before, self.only_after, self.neither])
        before = torch.tensor([True, True, False, False]).repeat_interleave(counts)
        after = torch.tensor([True, False, True, False]).repeat_interleave(counts)
        return Comparison(
            a=Score(int(before.sum()), len(before)),
            b=Score(int(after.sum()), len(after)),
            test=mcnemar(before, after),
            only_a=(before & ~after).nonzero().flatten(),
            only_b=(after & ~before).nonzero().flatten(),
        )


@dataclass(frozen=True)
class Personalization:
    """What is known of a run that has learned a person's handwriting.

    Attributes:
        before: the id of the run that it was learned from.
        drawings: the keys of the drawings that were learned, see `drawing_key`.
        own: how such drawings were read, each by a model that had not learned it.
        test: how the test digits were read.
        writers: of a class, how many people wrote the drawings that `own` is about; 0 of a person alone.
    """

    before: str
    drawings: frozenset[str]
    own: BeforeAfter
    test: BeforeAfter
    writers: int = 0

    def __post_init__(self) -> None:
        """Refuse what nobody counts, which a damaged file may have."""
        if type(self.writers) is not int or self.writers < 0:
            raise ValueError(f"expected a number of writers, got {self.writers!r:.40}")


def drawing_key(kept: KeptDrawing) -> str:
    """Name a drawing by what is learned of it, wherever on the board it was drawn."""
    return _key(kept.prepared)


def _key(prepared: Tensor) -> str:
    return hashlib.sha256(prepared.numpy().tobytes()).hexdigest()


def personalized_run(run: RunJob, kept: Sequence[KeptDrawing], digits: Digits) -> tuple[Run, Personalization]:
    """Continue a run that has ended with steps that also learn handwriting; the run itself stays as it is.

    Args:
        run: has not learned any of the drawings.
        kept: the person's drawings.
        digits: that the run has learned.

    Returns:
        The new run, and what is to be recorded of it before it is shown.

    Raises:
        ValueError: the drawings are fewer than ten or all the same, or the digits are not the run's.
    """
    if len(kept) < FEWEST:
        raise ValueError(f"expected at least {FEWEST} drawings, got {len(kept)}")
    images = torch.stack([one.prepared for one in kept])
    drawings = Split(images, torch.tensor([one.label for one in kept]))
    return run_that_learned(run, drawings, digits)


def run_that_learned(
    run: RunJob, drawings: Split, digits: Digits, *, others: Split | None = None, writers: int = 0
) -> tuple[Run, Personalization]:
    """Continue a run that has ended with steps that also learn drawings; the run itself stays as it is.

    Args:
        run: has not learned any of the drawings.
        drawings: to be learned, (N, 28, 28) uint8, centred as `prepare_drawing` does it.
        digits: that the run has learned.
        others: drawings that test the new run, of so many other `writers`; None to test it on those that it
            learns, each read by a model that has not learned it.

    Returns:
        The new run, and what is to be recorded of it before it is shown.

    Raises:
        ValueError: the digits are not the run's, or the drawings are all the same.
    """
    if digits.source != run.source:
        raise ValueError(f"expected the {run.source} digits, got the {digits.source} digits")
    began = time.perf_counter()
    last, seed = run.history[-1], run.config.seed
    model = personalize(last.model, drawings, digits, seed=seed, config=run.config)
    tested = drawings if others is None else others
    ready_to_test = preprocess(tested.images, model.preprocessing)
    if others is None:
        after = predict_held_out(last.model, drawings, digits, seed=seed, config=run.config)
    else:
        after = _predicted(model, ready_to_test)
    before = _predicted(last.model, ready_to_test)
    own = BeforeAfter.count(before == tested.labels, after == tested.labels)
    ready = preprocessed_digits(digits, model.preprocessing)
    labels = ready.test.labels
    test = BeforeAfter.count(*(_predicted(one, ready.test.images) == labels for one in (last.model, model)))
    learned = count_to_learn(run.config, len(digits.train))  # an epoch is counted by these alone
    report = measure(
        model,
        ready,
        run.config,
        step=last.step + STEPS,
        epoch=last.epoch + STEPS * OTHERS / learned,
        seconds=last.seconds + time.perf_counter() - began,
    )
    earlier = (*run.earlier, Segment(run.config, last.epoch))
    # It never gets to its last epoch: only runs that do are put together with those of other seeds.
    epochs = max(run.config.epochs, 1 + math.ceil(report.epoch - last.epoch))
    config = replace(run.config, batch_size=OWN + OTHERS, learning_rate=LEARNING_RATE, epochs=epochs)
    history = (*thin_out(run.history, earlier), report)
    learned_keys = frozenset(map(_key, drawings.images))
    return Run(config, history, run.source, earlier), Personalization(
        run.id, learned_keys, own, test, writers
    )


def _predicted(model: SoftmaxRegressor, ready: Tensor) -> Tensor:
    return likeliest_digits(model.logits(ready))


def save_personalization(run_id: str, personalization: Personalization) -> None:
    """Record what a run has learned, before it can be shown; OSError if it cannot be written."""
    content = json.dumps({**asdict(personalization), "drawings": sorted(personalization.drawings)}).encode()
    _store().put(run_id, lambda path: write_atomically(path, content))


@dataclass(frozen=True)
class UnknownPersonalization:
    """A run has learned handwriting, but its record cannot be read: it may have learned any drawing.

    Attributes:
        damaged: whether the record makes no sense; else reading it failed, and may work later.
    """

    damaged: bool


def find_personalization(run_id: str) -> Personalization | UnknownPersonalization | None:
    """Return what a run has learned; None if it has learned no handwriting. ValueError for a bad id."""
    try:
        found = _store().read(run_id, _load)
    except (
        FileUnreadable
    ) as error:  # a damaged file stays where it is: without it, the run would seem untaught
        _log_once(run_id, str(error))
        return UnknownPersonalization(error.damaged)
    if found:
        touch_personalization(run_id)
    return found


def touch_personalization(run_id: str) -> None:
    """Note that a run was visited today: its record stays as long as the run. ValueError for a bad id."""
    _store().touch(run_id)


def not_learned(
    kept: Iterable[KeptDrawing], personalization: Personalization | UnknownPersonalization | None
) -> list[KeptDrawing]:
    """Return the drawings that can test a run: those that it has not learned, and none if that is unknown."""
    if isinstance(personalization, UnknownPersonalization):
        return []
    return [
        one for one in kept if personalization is None or drawing_key(one) not in personalization.drawings
    ]


def _load(path: Path) -> Personalization:
    written = json.loads(path.read_bytes())
    own, test = (BeforeAfter(**written[name]) for name in ("own", "test"))
    drawings = frozenset(map(str, written["drawings"]))
    return Personalization(str(written["before"]), drawings, own, test, written["writers"])


def _store() -> FileStore:
    return FileStore(home_folder() / "personalizations", ".json")


@lru_cache(maxsize=1_000)
def _log_once(run_id: str, why: str) -> None:
    _log.error("What the run %s has learned from drawings is not known: %s", run_id, why)
