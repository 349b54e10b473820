"""Which runs have learned a person's hand: from which run, from which drawings, and how that went.

A drawing that a model has learned is never counted as a test of it. So each such run has a file of its own
that names these drawings.
"""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from mnist_core import Comparison, Score, mcnemar
from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BeforeAfter:
    """How some digits were read before and after a hand was learned: how many of them correctly, and when."""

    both: int
    only_before: int
    only_after: int
    neither: int

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


def before_after(before: Tensor, after: Tensor) -> BeforeAfter:
    """Count the digits that were read correctly before, after, both times and never; (N,) bool each."""
    counts = (before & after, before & ~after, after & ~before, ~before & ~after)
    return BeforeAfter(*(int(count.sum()) for count in counts))


@dataclass(frozen=True)
class LearnedHand:
    """What is known of a run that has learned a hand.

    Attributes:
        before: the id of the run that it was learned from.
        drawings: the keys of the drawings that were learned, see `drawing_key`.
        own: how such drawings were read, each by a model that had not learned it.
        test: how the test digits were read.
    """

    before: str
    drawings: frozenset[str]
    own: BeforeAfter
    test: BeforeAfter


def drawing_key(kept: KeptDrawing) -> str:
    """Name a drawing by what is learned of it, wherever on the board it was drawn."""
    return hashlib.sha256(kept.prepared.numpy().tobytes()).hexdigest()


def not_learned(kept: Iterable[KeptDrawing], hand: LearnedHand | None) -> list[KeptDrawing]:
    """Leave out the drawings that were learned."""
    return [one for one in kept if hand is None or drawing_key(one) not in hand.drawings]


def learned_hand(run_id: str) -> LearnedHand | None:
    """Return what is known of a run; None if it has not learned a hand. ValueError for a bad id."""
    try:
        return _read(json.loads(_store().find(run_id).read_bytes()))
    except KeyError:
        return None
    except (OSError, ValueError, TypeError, RecursionError):
        _log.exception("What a run has learned from drawings cannot be read")
        return None


def note_hand(run_id: str, hand: LearnedHand) -> None:
    """Note that a run has learned a hand; OSError if it cannot be written."""
    content = json.dumps({**asdict(hand), "drawings": sorted(hand.drawings)}).encode()
    _store().put(run_id, lambda path: write_atomically(path, content))


def _read(written: Any) -> LearnedHand:
    own, test = (BeforeAfter(**written[name]) for name in ("own", "test"))
    return LearnedHand(str(written["before"]), frozenset(map(str, written["drawings"])), own, test)


def _store() -> FileStore:
    return FileStore(home_folder() / "hands", ".json")
