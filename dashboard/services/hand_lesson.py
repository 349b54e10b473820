"""Teach the model of a run a person's hand: a new run, and a test on what it has not learned."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.lab.personalized_runs import BeforeAfter, before_after
from dashboard.lab.report_thinning import thin_out
from dashboard.lab.shown_run import ShownRun
from mnist_core import (
    Digits,
    Progress,
    Run,
    Segment,
    SoftmaxRegressor,
    Split,
    learn_hand,
    predict_held_out,
    preprocess,
    preprocessed_digits,
)
from mnist_core.evaluation.metrics import metrics_from_logits
from mnist_core.training.loop import TRAIN_SAMPLE, hold_out
from mnist_core.training.personal import LEARNING_RATE, OTHERS, OWN, STEPS

FEWEST = 10  # drawings: fewer say too little of a hand, and too little of what was gained


def taught_run(
    run: ShownRun, kept: Sequence[KeptDrawing], digits: Digits
) -> tuple[Run, BeforeAfter, BeforeAfter]:
    """Continue a run that has ended with steps that learn a hand too; the run itself stays as it is.

    Args:
        run: has not learned any of the drawings.
        kept: the person's drawings.
        digits: that the run has learned.

    Returns:
        The new run; how the drawings were read before and after, each by a model that has not learned it; and
        how the test digits were read.

    Raises:
        ValueError: the drawings are fewer than ten or all the same, or the digits are not the run's.
    """
    if len(kept) < FEWEST or digits.source != run.source:
        raise ValueError(
            f"expected at least {FEWEST} drawings and the {run.source} digits, "
            f"got {len(kept)} and the {digits.source} digits"
        )
    began = time.perf_counter()
    last, validation, seed = run.history[-1], run.config.validation, run.config.seed
    drawings = Split(
        torch.stack([one.prepared for one in kept]), torch.tensor([one.drawing.label for one in kept])
    )
    model = learn_hand(last.model, drawings, digits, seed=seed, validation=validation)
    held_out = predict_held_out(last.model, drawings, digits, seed=seed, validation=validation)
    first = _predicted(last.model, preprocess(drawings.images, model.preprocessing))
    own = before_after(first == drawings.labels, held_out == drawings.labels)
    ready = preprocessed_digits(digits, model.preprocessing)
    labels = ready.test.labels
    test = before_after(*(_predicted(one, ready.test.images) == labels for one in (last.model, model)))
    report = _report(last, model, ready, validation, time.perf_counter() - began)
    earlier = (*run.earlier, Segment(run.config, last.epoch))
    # It never gets to its last epoch: only runs that do are put together with those of other seeds.
    epochs = max(run.config.epochs, 1 + math.ceil(report.epoch - last.epoch))
    config = replace(run.config, batch_size=OWN + OTHERS, learning_rate=LEARNING_RATE, epochs=epochs)
    history = (*thin_out(run.history, earlier), report)
    return Run(config, history, run.source, earlier), own, test


def _predicted(model: SoftmaxRegressor, ready: Tensor) -> Tensor:
    return model.logits(ready).argmax(dim=1)


def _report(
    last: Progress, model: SoftmaxRegressor, ready: Digits, validation: int, seconds: float
) -> Progress:
    """Report as a training run does; an epoch is counted by the training digits that were learned."""
    split, held_out = hold_out(ready.train, validation)
    sample = Split(split.images[:TRAIN_SAMPLE], split.labels[:TRAIN_SAMPLE])
    train, test = (
        metrics_from_logits(model.logits(part.images), part.labels) for part in (sample, ready.test)
    )
    return Progress(
        step=last.step + STEPS,
        epoch=last.epoch + STEPS * OTHERS / len(split),
        train=train,
        test=test,
        seconds=last.seconds + seconds,
        model=model,
        validation=None
        if held_out is None
        else metrics_from_logits(model.logits(held_out.images), held_out.labels),
    )
