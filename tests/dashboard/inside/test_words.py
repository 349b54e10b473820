"""A worked answer agrees with itself in the digits that are shown, and with the model's answer."""

from decimal import Decimal

import pytest
import torch

from dashboard.inside.words import WorkedAnswer, worked_answer
from dashboard.ui.text import percent
from mnist_core import Explanation
from mnist_core.inference.attribution import Margin

SCALES = [0.0, 0.1, 0.5, 1.0, 3.0, 10.0, 300.0, 3e4]


def _explanations(scale: float) -> list[Explanation]:
    """Fifty answers with logits of a certain size."""
    draw = torch.Generator().manual_seed(round(10 * scale))
    image = torch.zeros(28, 28, dtype=torch.uint8)
    return [
        Explanation(
            image,
            scale / 28 * torch.randn(10, 28, 28, generator=draw),
            scale / 10 * torch.randn(10, generator=draw),
        )
        for _ in range(50)
    ]


def _written(worked: WorkedAnswer, number: float) -> Decimal:
    text = f"{number:.{worked.decimals}f}"
    assert float(text) == number  # nothing is hidden behind the digits
    return Decimal(text)


@pytest.mark.parametrize("scale", SCALES)
def test_what_is_shown_follows_from_what_is_shown_before_it(scale: float) -> None:
    for explanation in _explanations(scale):
        worked = worked_answer(explanation)
        columns = (worked.sums, worked.bias, worked.logits, worked.powers)
        sums, bias, logits, powers = ([_written(worked, number) for number in column] for column in columns)
        assert [total + term for total, term in zip(sums, bias, strict=True)] == logits
        one = Decimal(1).scaleb(-worked.decimals)
        assert [(logit - max(logits)).exp().quantize(one) for logit in logits] == powers
        assert sum(powers) == _written(worked, worked.total)
        assert worked.shares == pytest.approx([float(power / sum(powers)) for power in powers], rel=1e-14)


@pytest.mark.parametrize("scale", SCALES)
def test_what_is_shown_is_right_to_one_in_the_last_digit(scale: float) -> None:
    for explanation in _explanations(scale):
        worked = worked_answer(explanation)
        one = 10.0**-worked.decimals
        assert worked.sums == pytest.approx(explanation.sums.tolist(), abs=1.01 * one)
        assert worked.bias == pytest.approx(explanation.bias.tolist(), abs=0.501 * one)
        assert worked.logits == pytest.approx(explanation.logits.tolist(), abs=0.501 * one)
        exact = [percent(share) for share in explanation.probabilities.tolist()]
        assert [percent(share) for share in worked.shares] == exact


@pytest.mark.parametrize("scale", SCALES)
def test_a_margin_adds_up_to_the_difference_of_two_logits_that_are_shown(scale: float) -> None:
    for explanation in _explanations(scale):
        worked = worked_answer(explanation)
        for digit, rival in ((3, 8), (8, 3), (0, 9)):
            margin = explanation.margin(digit, rival)
            shown = worked.margin(margin, digit, rival)
            in_favour, against, bias, total = (_written(worked, term) for term in shown)
            assert in_favour + against + bias == total
            assert total == _written(worked, worked.logits[digit]) - _written(worked, worked.logits[rival])
            assert bias == _written(worked, worked.bias[digit]) - _written(worked, worked.bias[rival])
            exact = (margin.in_favour, margin.against, margin.bias, margin.total)
            assert shown == pytest.approx(exact, abs=3 * 10.0**-worked.decimals)


def test_four_decimals_are_enough_for_most_answers() -> None:
    decimals = [worked_answer(explanation).decimals for explanation in _explanations(3.0)]
    assert min(decimals) == 4
    assert sum(number == 4 for number in decimals) > 25


def test_a_margin_of_nothing_is_nothing() -> None:
    nothing = Explanation(torch.zeros(28, 28, dtype=torch.uint8), torch.zeros(10, 28, 28), torch.zeros(10))
    assert worked_answer(nothing).margin(Margin(torch.zeros(28, 28), 0.0), 1, 2) == (0, 0, 0, 0)
