"""Numbers, tables and people's own text, as the page writes them."""

import math
import re
from collections.abc import Sequence

from mnist_core.data.dataset import SOURCES


def escape(text: str) -> str:
    """Write a text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$:~<>])", r"\\\1", text)


def name_of_digits(source: str) -> str:
    """Name where digits come from: MNIST, or what their owner calls them."""
    return "MNIST" if source in SOURCES else escape(source)


def with_article(digit: int) -> str:
    """Write a digit with its article: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign, "+0.25", and with a minus sign as wide as the plus sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(share: float, decimals: int = 1) -> str:
    """Write a share, 0 to 1, in percent, "97.3 %", kept on one line; a dash for nan, which has no value."""
    return "–" if math.isnan(share) else f"{100 * share:.{decimals}f}\N{NO-BREAK SPACE}%"


def epochs(epoch: float) -> str:
    """Write how many epochs a run has learned, with up to five decimals: "2.5", "0.00002"."""
    return f"{epoch:.5f}".rstrip("0").rstrip(".") or "0"


def confidence(share: float) -> str:
    """Write how sure an answer is, a share from 0 to 1, as it is said everywhere: "97 %", "99.4 %".

    No answer is certain, so what would be rounded to 100.0 % is "over 99.9 %"; nan, which has no value, is a
    dash.
    """
    if share > 0.999:
        return "over 99.9\N{NO-BREAK SPACE}%"
    return percent(share) if share > 0.99 else percent(share, decimals=0)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, strong: int | None = None) -> str:
    """Write a table in HTML: the first cell of each row is its heading, and the row `strong` is in bold."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = ""
    for index, (first, *others) in enumerate(rows):
        name = ' class="strong"' if index == strong else ""
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        body += f'<tr{name}><th scope="row">{first}</th>{cells}</tr>'
    return f'<table class="numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
