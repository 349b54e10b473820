"""All that the seed of a run decides: which digits it learns, with which labels, and in which order.

Each follows from the settings alone, so that threads, processes and other machines need not be told.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Split
from mnist_core.model import CLASSES


@dataclass(frozen=True, eq=False)
class Learned:
    """The training digits as one run learns them.

    Attributes:
        split: the N that are not held out, with the labels that they are learned with; the images are not
            copied.
        places: (n,) int64, ascending: which of them the run learns.
        held_out: the last of the training digits, with their own labels; None if none are.
    """

    split: Split
    places: Tensor
    held_out: Split | None

    def __len__(self) -> int:
        """Count the digits that the run learns."""
        return len(self.places)

    def order(self, seed: int, epoch: int) -> Tensor:
        """List the digits of an epoch in the order in which it goes through them: (n,) int64, of `split`."""
        return self.places[order_of_epoch(seed, epoch, len(self))]

    def first(self, most: int) -> Split:
        """Return the first of the digits learned, at most so many, with the labels they are learned with."""
        chosen = slice(most) if len(self) == len(self.split) else self.places[:most]
        return Split(self.split.images[chosen], self.split.labels[chosen])


def digits_to_learn(train: Split, config: TrainingConfig) -> Learned:
    """Choose what a run with these settings learns of the training digits, preprocessed or not.

    The last `config.validation` are held out. The others are brought into a random order, of which the run
    learns the first `config.training_digits`; of these in turn, the first share of `config.wrong_labels` is
    learned as another digit. So with one seed fewer digits are always among more, and so are wrong labels.

    Raises:
        ValueError: there are not so many digits.
    """
    learned = count_to_learn(config, len(train))
    left = len(train) - config.validation
    held_out = Split(train.images[left:], train.labels[left:]) if config.validation else None
    images, labels = train.images[:left], train.labels[:left]
    wrong = round(config.wrong_labels * learned)
    places = torch.arange(left)
    if learned < left or wrong:
        chance = np.random.default_rng((config.seed, 0, 1))  # orders of epochs have pairs of numbers
        order = torch.from_numpy(chance.permutation(left))
        places = order[:learned].sort().values
        labels = labels.clone()
        labels[order[:wrong]] += torch.from_numpy(chance.integers(1, CLASSES, wrong))
        labels %= CLASSES
    return Learned(Split(images, labels), places, held_out)


def count_to_learn(config: TrainingConfig, count: int) -> int:
    """Tell how many of so many training digits a run learns; ValueError if there are not enough."""
    left = count - config.validation
    if left < 1:
        raise ValueError(
            f"validation: at most {count - 1:,} of the {count:,} training digits can be held out, "
            f"not {config.validation:,}"
        )
    if config.training_digits is None:
        return left
    if config.training_digits > left:
        held_out = f" beside the {config.validation:,} held out" if config.validation else ""
        raise ValueError(
            f"training_digits: there are {left:,} digits to learn from{held_out}, "
            f"not {config.training_digits:,}"
        )
    return config.training_digits


def order_of_epoch(seed: int, epoch: int, count: int) -> Tensor:
    """Draw the order in which an epoch goes through the digits.

    It depends on the seed and the number of the epoch alone, so that a run can continue from any epoch.
    numpy's SeedSequence mixes the two, so that neighbouring seeds do not share an order.

    Returns:
        (count,) int64, a permutation of 0..count-1.
    """
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed))
