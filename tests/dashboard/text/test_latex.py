"""Numbers as LaTeX, read back."""

import math
import re
from decimal import Decimal

import pytest

from dashboard.text.latex import power_of_e, probability, rounded, signed, whole


def value(latex: str) -> Decimal:
    """Read a number as a person would."""
    match = re.fullmatch(r"(-?[\d.]+)?(?: \\times )?(?:10\^\{(-?[\d.]+)\})?", latex)
    assert match, latex
    return Decimal(match[1] or 1) * Decimal(10) ** Decimal(match[2] or 0)


@pytest.mark.parametrize("exponent", range(-40, 40, 3))
@pytest.mark.parametrize("mantissa", [1, -1, 1.2345, 4.0049, 9.994, 9.996])
def test_a_number_keeps_three_digits_and_fits_a_phone(mantissa: float, exponent: int) -> None:
    number = mantissa * 10.0**exponent
    assert float(value(rounded(number))) == pytest.approx(number, rel=0.005)
    assert len(rounded(number).replace(r" \times ", "x")) <= 14


@pytest.mark.parametrize(("number", "latex"), [(0, "0"), (0.5, "0.500"), (-12.34, "-12.3"), (9.996, "10.0")])
def test_a_number_near_1_is_written_plainly(number: float, latex: str) -> None:
    assert rounded(number) == latex


def test_what_is_no_number_any_more_is_infinite() -> None:
    assert rounded(math.inf) == r"\infty"
    assert rounded(-math.inf) == r"-\infty"


@pytest.mark.parametrize("exponent", [-20_000.0, -1000.0, -745.2, -50.0, -1.0, 0.0, 0.5, 9.0, 709.9, 3000.0])
def test_a_power_of_e_is_right_where_floats_end(exponent: float) -> None:
    logarithm = value(power_of_e(exponent)).ln()
    assert float(logarithm) == pytest.approx(exponent, abs=1.2)  # at the far ends whole powers of ten will do


def test_a_power_of_e_has_three_digits_where_floats_reach() -> None:
    for exponent in (-600.0, -3.21, 0.1, 8.67, 600.0):
        assert value(power_of_e(exponent)).ln() == pytest.approx(Decimal(exponent), abs=Decimal("0.005"))


@pytest.mark.parametrize("distance", [0.9, 0.5, 0.1, 0.0123, 1e-3, 1.5e-5, 2e-8])
def test_a_probability_can_be_told_from_1(distance: float) -> None:
    shown = float(value(probability(1 - distance)))
    assert 1 - shown == pytest.approx(distance, rel=0.06)


def test_a_certain_answer_has_the_probability_1() -> None:
    assert probability(1.0) == probability(1 - 1e-12) == "1"


def test_a_tiny_probability_is_not_0() -> None:
    assert probability(3.2e-30) == r"3.20 \times 10^{-30}"


def test_a_term_has_its_sign_before_it() -> None:
    assert signed(0.25) == "+ 0.250"
    assert signed(-0.25) == "- 0.250"


def test_thousands_are_parted_without_a_space() -> None:
    assert whole(3_000_000) == "3{,}000{,}000"
