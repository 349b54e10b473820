"""Numbers and tables as text."""

import math
from collections.abc import Sequence


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign, "+0.25", and with a minus as wide as the plus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """Write a share, 0 to 1, in percent, "97.3 %" in one piece; a dash for nan, which has no value."""
    return "–" if math.isnan(share) else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, strong: int | None = None) -> str:
    """Write a table in HTML: all flush right, the first cell of a row its heading, one row in bold."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = ""
    for index, (first, *others) in enumerate(rows):
        name = ' class="strong"' if index == strong else ""
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        body += f'<tr{name}><th scope="row">{first}</th>{cells}</tr>'
    return f'<table class="numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
