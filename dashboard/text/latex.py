"""Numbers as LaTeX, short enough for a phone however large or small they are."""

import math

PLAIN = range(-3, 4)  # powers of ten of the numbers that are written without one


def whole(number: int) -> str:
    """Write a whole number, 7{,}850; LaTeX would put a space after a bare comma."""
    return f"{number:,}".replace(",", "{,}")


def rounded(number: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, and with a power of ten where it is far from 1."""
    if number == 0 or not math.isfinite(number):
        return {math.inf: r"\infty", -math.inf: r"-\infty"}.get(number, "0")
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    if int(exponent) not in PLAIN:
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return f"{number:.{max(0, digits - 1 - int(exponent))}f}"


def power_of_e(exponent: float) -> str:
    """Write e to the power of a number, also where it is too large or too small for a float."""
    decimal = exponent / math.log(10)
    if abs(decimal) < 300:
        return rounded(math.exp(exponent))
    return rf"10^{{{rounded(decimal)}}}" if abs(decimal) >= 10_000 else rf"10^{{{decimal:.0f}}}"


def probability(share: float) -> str:
    """Write a probability, 0 to 1, with as many digits as it takes to tell it from 1."""
    if share < 0.1:
        return rounded(share)
    nines = math.floor(-math.log10(1 - share)) if share < 1 else 9
    return f"{share:.{max(3, nines + 2)}f}" if nines < 9 else "1"


def signed(number: float, digits: int = 3) -> str:
    """Write a number as a term that is added, + 0.25 or - 0.25."""
    return f"{'-' if number < 0 else '+'} {rounded(abs(number), digits)}"
