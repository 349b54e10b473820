"""Runs of several seeds side by side, against the same runs one by one."""

from dataclasses import replace

import pytest

from mnist_core import Digits, TrainingConfig, train
from mnist_core.sweep.learning_curve import learn_by_digits

CONFIG = TrainingConfig(30, 0.2, 3)


def test_runs_side_by_side_read_what_runs_one_by_one_read(few: Digits) -> None:
    counts, seeds, shares = (10, 100, 1000), (3, 0), (0.2, 0.0)
    found = list(learn_by_digits(CONFIG, few, counts, seeds=seeds, wrong_labels=shares))
    assert [reading.config for reading in found] == [
        replace(CONFIG, training_digits=count, seed=seed, wrong_labels=share)
        for count in counts
        for seed in seeds
        for share in shares
    ]
    for reading in found:
        *_, last = train(reading.config, few)
        assert reading.test == pytest.approx(last.test.accuracy, abs=1.01 / len(few.test))
        assert reading.train == pytest.approx(last.train.accuracy, abs=1.01 / len(few.train))


@pytest.mark.parametrize(("counts", "why"), [([9], "from 10 to"), ([10, 1001], "1,000 digits to learn from")])
def test_numbers_of_digits_that_cannot_be_learned_are_refused_at_once(
    few: Digits, counts: list[int], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        learn_by_digits(CONFIG, few, counts)
