"""Learn one person's handwriting: some more steps with a few of their drawings in each batch.

The drawings alone would make the model forget what it knows (McCloskey and Cohen, Catastrophic interference
in connectionist networks, Psychology of Learning and Motivation 24, 1989). So most of each batch are training
digits, which are rehearsed (Robins, Catastrophic forgetting, rehearsal and pseudorehearsal, Connection
Science 7, 1995).

The defaults were chosen on the pen digits' development writers, see benchmarks/README.md.
"""

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split
from mnist_core.model import SoftmaxRegressor, likeliest_digits
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import preprocess
from mnist_core.training.digits import digits_to_learn
from mnist_core.training.sgd import SGD

STEPS, OWN, OTHERS, LEARNING_RATE = 100, 20, 80, 0.2
FOLDS = 5


def personalize(
    model: SoftmaxRegressor,
    drawings: Split,
    digits: Digits,
    *,
    steps: int = STEPS,
    own: int = OWN,
    others: int = OTHERS,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    config: TrainingConfig | None = None,
) -> SoftmaxRegressor:
    """Train a copy of a model further, on a person's drawings and on training digits.

    The same arguments give the same model, bit for bit, on the same machine and thread count.

    Args:
        model: any model; it stays unchanged.
        drawings: (N, 28, 28) uint8, ink 0..255, centred as `prepare_drawing` does it, but not preprocessed.
        digits: not preprocessed; of these, only training digits are learned.
        steps: how many, at least 1.
        own: drawings in each batch, at least 1; each drawing is used as often as any other, give or take one.
        others: training digits in each batch, drawn at random, at least 0.
        learning_rate: what the gradient is multiplied by, above 0.
        seed: determines which drawings and digits are in which batch, 0 to 2^63 - 1.
        config: the settings of the model's run: only digits that it has learned are learned again. None for
            all training digits.

    Returns:
        The new model.

    Raises:
        ValueError: a number out of its range.
    """
    ready, known = _prepared(model, drawings, digits, config)
    return _learn(model, ready, known, steps, own, others, learning_rate, seed)


def predict_held_out(
    model: SoftmaxRegressor,
    drawings: Split,
    digits: Digits,
    *,
    folds: int = FOLDS,
    steps: int = STEPS,
    own: int = OWN,
    others: int = OTHERS,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    config: TrainingConfig | None = None,
) -> Tensor:
    """Read each drawing with a model that has learned other drawings of the same person only.

    The drawings are divided at random into parts, equal images in the same. For each part, a model learns all
    the others as `personalize` does (Stone, Cross-validatory choice and assessment of statistical
    predictions, Journal of the Royal Statistical Society B 36, 1974). With as many folds as drawings, each
    is a part.

    Args:
        model, drawings, digits, steps, own, others, learning_rate, seed, config: see `personalize`. The
            model must not have learned any of the drawings.
        folds: how many parts, at least 2; fewer if there are fewer different drawings.

    Returns:
        (N,) int64, the digits that were read, 0..9.

    Raises:
        ValueError: fewer than two different drawings, or a number out of its range.
    """
    part = _parts(drawings.images, folds, seed)
    ready, known = _prepared(model, drawings, digits, config)
    predicted = torch.empty_like(drawings.labels)
    for number in range(int(part.max()) + 1):
        held_out = part == number
        rest = Split(ready.images[~held_out], ready.labels[~held_out])
        learned = _learn(model, rest, known, steps, own, others, learning_rate, seed)
        predicted[held_out] = likeliest_digits(learned.logits(ready.images[held_out]))
    return predicted


def _prepared(
    model: SoftmaxRegressor, drawings: Split, digits: Digits, config: TrainingConfig | None
) -> tuple[Split, Split]:
    """Return the drawings and the digits that the model has learned, both preprocessed for it."""
    ready = preprocessed_digits(digits, model.preprocessing).train
    known = digits_to_learn(ready, config or TrainingConfig())
    return Split(preprocess(drawings.images, model.preprocessing), drawings.labels), known.first(len(known))


@one_thread()
def _learn(
    model: SoftmaxRegressor,
    drawings: Split,
    known: Split,
    steps: int,
    own: int,
    others: int,
    learning_rate: float,
    seed: int,
) -> SoftmaxRegressor:
    if steps < 1 or own < 1 or others < 0:
        raise ValueError(
            f"expected at least 1 step, 1 drawing and 0 digits in each batch, got {steps}, {own} and {others}"
        )
    config = TrainingConfig(own + others, learning_rate, seed=seed, preprocessing=model.preprocessing)
    batches = _batches(drawings, known, steps, own, others, seed)
    sgd = SGD(model, config)
    sgd.learn(batches, torch.arange(len(batches)))
    return sgd.model()


def _batches(drawings: Split, known: Split, steps: int, own: int, others: int, seed: int) -> Split:
    """Join all batches, one after the other, each with its drawings first."""
    generator = torch.Generator().manual_seed(seed)
    rounds = -(-steps * own // len(drawings))
    orders = [torch.randperm(len(drawings), generator=generator) for _ in range(rounds)]
    chosen = torch.cat(orders)[: steps * own].view(steps, own)
    rehearsed = torch.randint(len(known), (steps, others), generator=generator)
    images = torch.cat((drawings.images[chosen], known.images[rehearsed]), dim=1)  # (steps, batch, 28, 28)
    labels = torch.cat((drawings.labels[chosen], known.labels[rehearsed]), dim=1)
    return Split(images.flatten(0, 1), labels.flatten())


def _parts(images: Tensor, folds: int, seed: int) -> Tensor:
    """Divide drawings into parts; (N,) int64, the number of each drawing's part.

    What a drawing looks like does not matter, only which others are equal to it.
    """
    _, kind = images.flatten(1).unique(dim=0, return_inverse=True)
    count = int(kind.max()) + 1
    if folds < 2 or count < 2:
        raise ValueError(
            f"expected at least 2 folds and 2 different drawings, got {folds} folds and {count} drawings"
        )
    first = torch.full((count,), len(images)).scatter_reduce(0, kind, torch.arange(len(images)), "amin")
    place = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return place[first.argsort().argsort()[kind]] % min(folds, count)
