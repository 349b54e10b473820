"""Numbers as LaTeX, short enough for a phone however large or small they are."""

import math

PLAIN = range(-4, 6)  # the powers of ten of the numbers that are written out
LN_10 = math.log(10)
MOST_NINES = 5  # a probability of 0.999999 and more is written as 1
SUPERSCRIPT = dict(zip(map(ord, "-0123456789"), "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))


def whole(number: int) -> str:
    """Write a whole number, 7{,}850; LaTeX would put a space after a bare comma."""
    return f"{number:,}".replace(",", "{,}")


def rounded(number: float, digits: int = 3) -> str:
    r"""Write a number with so many significant digits; if it is far from 1, as 2.72 \times 10^{-6}."""
    if number == 0 or not math.isfinite(number):
        return {math.inf: r"\infty", -math.inf: r"-\infty"}.get(number, "0")
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    if int(exponent) not in PLAIN:
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return f"{number:.{max(0, digits - 1 - int(exponent))}f}"


def power_of_e(exponent: float, digits: int = 3) -> str:
    """Write e to the power of a number, even if it is too large or too small for a float."""
    decimal = exponent / LN_10
    if abs(decimal) < 300:
        return rounded(math.exp(exponent), digits)
    return rf"10^{{{rounded(decimal)}}}" if abs(decimal) >= 10_000 else rf"10^{{{decimal:.0f}}}"


def logarithm(positive: str) -> float:
    """Return the natural logarithm of a positive number as it is written by the functions of this module.

    What is computed from it agrees with the digits that are shown, and does not overflow.
    """
    mantissa, power, exponent = positive.partition("10^{")
    result = math.log(float(mantissa.removesuffix(r" \times ") or 1))
    if power:
        digits, _, nested = exponent.removesuffix("}").partition(r" \times 10^{")
        result += LN_10 * float(digits) * 10.0 ** float(nested.removesuffix("}") or 0)
    return result


def nines(logarithm: float) -> int:
    """Count the nines that a probability starts with, 3 for 0.99973, given its logarithm; at most 9."""
    distance = -math.expm1(logarithm)  # from 1, and exact even if it is tiny
    return min(9, math.floor(-math.log10(distance))) if distance > 0 else 9


def probability(logarithm: float) -> str:
    """Write a probability, given its natural logarithm, with three digits of its distance to 0 or 1."""
    if logarithm < math.log(0.2):
        return power_of_e(logarithm)
    count = nines(logarithm)
    return "1" if count > MOST_NINES else f"{math.exp(logarithm):.{max(4, count + 3)}f}"


def signed(number: float, digits: int = 3) -> str:
    """Write a number as a term that is added, + 0.25 or - 0.25, but 0 without a sign."""
    if number == 0:
        return "0"
    return f"{'-' if number < 0 else '+'} {rounded(abs(number), digits)}"


def in_text(latex: str) -> str:
    """Write such a number for a sentence or a table, 2.72 × 10⁻⁶, and as a formula only if it must be one."""
    mantissa, power, exponent = latex.partition("10^{")
    superscript = exponent.removesuffix("}").translate(SUPERSCRIPT)
    if set(superscript) - set(SUPERSCRIPT.values()) or "infty" in latex:
        return f"${latex}$"
    mantissa = mantissa.replace(r"\times", "\N{MULTIPLICATION SIGN}").replace("-", "\N{MINUS SIGN}")
    return f"{mantissa}{'10' if power else ''}{superscript}".replace(" ", "\N{NO-BREAK SPACE}")
