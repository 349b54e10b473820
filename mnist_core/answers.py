"""Single answers, the surest first: the most instructive mistakes are those a model is sure of."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.reading import Reading


@dataclass(frozen=True, eq=False)
class Answers:
    """Some answers of a reading, the surest first; all four are (M,), one entry a digit.

    Attributes:
        indices: where the digit stands in what was read, int64.
        labels: what it is, int64.
        answers: what it was read as, int64.
        probabilities: the probability given to the answer, float32, falling.
    """

    indices: Tensor
    labels: Tensor
    answers: Tensor
    probabilities: Tensor

    def __len__(self) -> int:
        """Count the answers."""
        return len(self.indices)

    def where(self, *, label: int | None = None, answer: int | None = None) -> "Answers":
        """Keep those with this label and this answer; None lets any pass."""
        kept = torch.ones_like(self.labels, dtype=torch.bool)
        if label is not None:
            kept &= self.labels == label
        if answer is not None:
            kept &= self.answers == answer
        return self[kept]

    def __getitem__(self, part: slice | Tensor) -> "Answers":
        """Keep a part of them, such as `[:20]` for the first, or those where a mask (M,) bool is true."""
        return Answers(self.indices[part], self.labels[part], self.answers[part], self.probabilities[part])


def surest_first(reading: Reading) -> Answers:
    """Put all answers of a reading in order; equally sure ones stay as they stood."""
    order = reading.confidences.argsort(descending=True, stable=True)
    return Answers(order, reading.labels[order], reading.answers[order], reading.confidences[order])


def mistakes(reading: Reading) -> Answers:
    """List the digits that were read wrongly."""
    answers = surest_first(reading)
    return answers[answers.labels != answers.answers]
