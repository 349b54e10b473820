"""Numbers as LaTeX, read back."""

import math
import re
from decimal import Decimal

import pytest

from dashboard.ui.latex import (
    in_text,
    logarithm,
    nines,
    power_of_e,
    probability,
    rounded,
    signed,
    whole,
)


def value(latex: str) -> Decimal:
    """Read a number as a person would."""
    match = re.fullmatch(r"(-?[\d.]+)?(?: \\times )?(?:10\^\{(-?[\d.]+)\})?", latex)
    assert match, latex
    return Decimal(match[1] or 1) * Decimal(10) ** Decimal(match[2] or 0)


@pytest.mark.parametrize("mantissa", [1, -1, 1.2345, 4.0049, 9.994, 9.996])
def test_a_number_keeps_three_digits_and_fits_a_phone(mantissa: float) -> None:
    for exponent in range(-40, 40, 3):
        number = mantissa * 10.0**exponent
        assert float(value(rounded(number))) == pytest.approx(number, rel=0.005)
        assert len(rounded(number).replace(r" \times ", "x")) <= 14


@pytest.mark.parametrize(("number", "latex"), [(0, "0"), (0.5, "0.500"), (-12.34, "-12.3"), (9.996, "10.0")])
def test_a_number_near_1_is_written_plainly(number: float, latex: str) -> None:
    assert rounded(number) == latex


def test_a_number_that_is_too_large_for_a_float_is_infinite() -> None:
    assert rounded(math.inf) == r"\infty"
    assert rounded(-math.inf) == r"-\infty"


@pytest.mark.parametrize("exponent", [-20_000.0, -1000.0, -745.2, -50.0, -1.0, 0.0, 0.5, 9.0, 709.9, 3000.0])
def test_a_power_of_e_is_right_where_floats_end(exponent: float) -> None:
    logarithm = value(power_of_e(exponent)).ln()
    assert float(logarithm) == pytest.approx(exponent, abs=1.2)  # at the far ends whole powers of ten will do


def test_a_power_of_e_has_three_digits_where_floats_reach() -> None:
    for exponent in (-600.0, -3.21, 0.1, 8.67, 600.0):
        assert value(power_of_e(exponent)).ln() == pytest.approx(Decimal(exponent), abs=Decimal("0.005"))


@pytest.mark.parametrize("distance", [0.8, 0.5, 0.1, 0.0123, 1e-3, 1.5e-5, 2.13e-6])
def test_a_probability_is_told_from_1_by_three_digits(distance: float) -> None:
    shown = value(probability(math.log1p(-distance)))
    assert float(1 - shown) == pytest.approx(distance, rel=0.005)


def test_a_certain_answer_has_the_probability_1() -> None:
    assert probability(0.0) == probability(-1e-12) == "1"


def test_a_tiny_probability_is_not_0() -> None:
    assert probability(math.log(3.2e-30)) == r"3.20 \times 10^{-30}"
    assert probability(-2000.0) == "10^{-869}"


@pytest.mark.parametrize(
    ("share", "count"), [(0.1, 0), (0.89, 0), (0.91, 1), (0.99973, 3), (1 - 2e-9, 8), (1, 9)]
)
def test_nines_are_counted_in_the_digits_of_a_probability(share: float, count: int) -> None:
    digits = f"{Decimal(share):.12f}".partition(".")[2]
    assert nines(math.log(share)) == count == (9 if share == 1 else len(digits) - len(digits.lstrip("9")))


@pytest.mark.parametrize(
    "latex", ["0.000123", "1", "39719.57", r"2.72 \times 10^{-6}", r"4.274 \times 10^{204}", "10^{-10184}"]
)
def test_a_number_is_read_back_as_its_digits_say(latex: str) -> None:
    assert logarithm(latex) == pytest.approx(float(value(latex).ln()), rel=1e-12)


def test_a_power_whose_exponent_has_a_power_of_its_own_is_read_back() -> None:
    assert logarithm(power_of_e(1e31)) == pytest.approx(1e31, rel=0.005)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("-0.25", "\N{MINUS SIGN}0.25"),
        (r"2.72 \times 10^{-6}", "2.72 × 10⁻⁶"),
        ("10^{697}", "10⁶⁹⁷"),
        (r"\infty", r"$\infty$"),
        (r"10^{4.34 \times 10^{30}}", r"$10^{4.34 \times 10^{30}}$"),
    ],
)
def test_a_number_in_a_sentence_is_a_formula_only_if_it_must_be(latex: str, text: str) -> None:
    assert in_text(latex).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_term_has_its_sign_before_it() -> None:
    assert signed(0.25) == "+ 0.250"
    assert signed(-0.25) == "- 0.250"
    assert signed(0.0) == signed(-0.0) == "0"


def test_thousands_are_parted_without_a_space() -> None:
    assert whole(3_000_000) == "3{,}000{,}000"
