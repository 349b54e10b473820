"""What a class has guessed, as pictures in SVG: on the page, on a projector, and on paper.

Each is drawn for a width in pixels; its classes get their colours from ui/class_figure.css.
"""

import math
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from dashboard.room.guesses import Answer, Choice, Curve, Part, count_choices, median_curve

Points = Sequence[tuple[float, float]]
ZERO = 0.5  # where a logarithmic axis shows step 0
LETTER = 7.4  # px, the width of a letter of 13 px
LINE = 17  # px, from line to line
WIDEST_DOT = 9  # px, its radius
HIGHEST = (150, 100)  # px, a pile of dots: with one vote, with two above each other
SMALLEST_DISC = 8  # px, its radius: a number stands on it
MOST_ROWS = 8  # of a long list; the rest is counted together in one more
REST = "rest"
FEWEST = 3  # curves that have a middle: between two, it is nobody's guess


def class_figure(
    part: Part,
    votes: Sequence[Sequence[Answer]],
    *,
    width: int,
    label: str,
    own: Answer | None = None,
    result: Answer | None = None,
    run: Points = (),
) -> str:
    """Draw what was guessed.

    Args:
        part: of the guess.
        votes: the answers of everybody; of the last vote, or of the first and the second.
        width: px.
        label: what a screen reader says instead of the picture.
        own: the answer of whoever looks at it.
        result: what was right; None as long as that is not known.
        run: of a curve, the steps and values of a run so far.

    Returns:
        An <svg> and its legend, as HTML.
    """
    if isinstance(part, Curve):
        height, body, keys = _curve(part, votes, width, own, run)
    elif part.columns:
        height, body, keys = _map(part, votes, width, own, result)
    elif part.is_scale:
        height, body, keys = _dots(part, votes, width, own, result)
    else:
        height, body, keys = _bars(part, votes, width, own, result)
    legend = "".join(f'<span class="{name}">{escape(text)}</span>' for name, text in keys)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">{body}</svg>'
        + (f'<p class="legend" aria-hidden="true">{legend}</p>' if keys else "")
    )


Drawn = tuple[int, str, list[tuple[str, str]]]  # height in px; what is inside the <svg>; its legend


def _curve(
    part: Curve, votes: Sequence[Sequence[Answer]], width: int, own: Answer | None, run: Points
) -> Drawn:
    height, left, right, top, bottom = 300, 46, 12, 10, 42
    end = part.steps[-1]

    def x(step: float) -> float:
        return left + (width - left - right) * math.log(max(step, ZERO) / ZERO) / math.log(end / ZERO)

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - value / 100)

    def line(name: str, points: Points, opacity: float = 1) -> str:
        places = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in points)
        return f'<polyline class="{name}" points="{places}" opacity="{opacity:.2f}"/>'

    def sketched(values: Sequence[float]) -> Points:
        return [(0, part.start), *zip(part.steps, values, strict=True)]

    body = "".join(
        f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y(value)}" y2="{y(value)}"/>'
        + _text(left - 6, y(value) + 4, f"{value} %", "end")
        for value in (0, 25, 50, 75, 100)
    )
    free = math.inf
    for step in (end, *reversed(part.steps[:-1]), 0):
        label = f"{step:,}"
        half = len(label) * LETTER / 2
        if x(step) + half < free:
            at = min(x(step), width - half)
            free = at - half - 6
            body += _text(at, height - 24, label, "middle")
    body += _text((left + width - right) / 2, height - 6, "step (logarithmic)", "middle")
    curves = [[tuple(map(int, answer)) for answer in vote] for vote in votes]
    opacity = max(0.4, min(1, 4 / max(1, len(curves[-1]))))  # many lie over each other, one stands alone
    body += "".join(line("pale", sketched(curve), opacity) for curve in curves[-1])
    keys = [("pale", "each guess")] if len(curves[-1]) > 1 or (curves[-1] and own is None) else []
    if len(curves) > 1 and curves[0]:
        has_middle = len(curves[0]) >= FEWEST
        first = [median_curve(curves[0])] if has_middle else curves[0]
        body += "".join(line("before", sketched(curve)) for curve in first)
        keys.append(("before", "median of the first vote" if has_middle else "first vote"))
    if len(curves[-1]) >= FEWEST:
        body += line("median", sketched(median_curve(curves[-1])))
        keys.append(("median", "median"))
    if own is not None:
        body += line("own", sketched([int(value) for value in own]))
        keys.append(("own", "your guess"))
    if run:
        body += line("result", run)
        keys.append(("result", "the run"))
    return height, body, keys


def _dots(
    part: Choice, votes: Sequence[Sequence[Answer]], width: int, own: Answer | None, result: Answer | None
) -> Drawn:
    """Draw a dot for each guess above its place on the scale."""
    options = list(part.options)
    left = 10
    column = (width - 2 * left) / len(options)
    counts = [count_choices(vote) for vote in votes]
    most = max((max(one.values(), default=1) for one in counts), default=1)
    radius, across = _dot_size(most, column, HIGHEST[len(counts) - 1])
    # No higher than the highest pile, so that several parts of a question fit on a projector together.
    room = 2 * radius * math.ceil(most / across) + (8 if len(counts) == 1 else LINE)
    body, base = "", 12.0
    for number, count in enumerate(counts):
        base += room
        name = "pale" if number < len(counts) - 1 else "dot"
        if len(counts) > 1:
            body += _text(left, base - room + 12, ("first vote", "second vote")[number], "start")
        for place, option in enumerate(options):
            chosen = count[option]
            middle = left + (place + 0.5) * column
            for dot in range(chosen):
                row, of_row = divmod(dot, across)
                here = min(across, chosen - row * across)
                cx = middle + (of_row - (here - 1) / 2) * 2 * radius
                is_own = own is not None and option in own and dot == 0 and number == len(counts) - 1
                name_of = "own" if is_own else name
                body += _circle(name_of, cx, base - (2 * row + 1) * radius, radius - 1)
        body += f'<line class="axis" x1="{left}" x2="{width - left}" y1="{base}" y2="{base}"/>'
        base += 8
    widest = max(len(label) for label in part.options.values()) * LETTER + 6
    every = math.ceil(widest / column)
    for place, option in enumerate(options):
        middle = left + (place + 0.5) * column
        is_right = result is not None and option in result
        if is_right:
            body += _rect("result", middle - column / 2 + 1, 8, column - 2, base - 12)
        if place % every == 0:
            body += _text(middle, base + 10, part.options[option], "middle", strong=is_right)
    body += _text(width / 2, base + 30, part.title, "middle")
    keys = _keys(votes, own, result)
    return int(base + 38), body, keys[2:] if len(counts) > 1 else keys  # votes have their names above them


def _dot_size(most: int, column: float, room: float) -> tuple[float, int]:
    """Return the radius of dots, and how many stand side by side, so that the highest pile fits."""
    radius, free = float(WIDEST_DOT), 0.85 * column  # the rest keeps piles apart
    while radius > 1.5:
        across = max(1, int(free // (2 * radius)))
        if math.ceil(most / across) * 2 * radius <= room and 2 * radius <= free:
            return radius, across
        radius -= 0.25
    return radius, max(1, int(free // (2 * radius)))


def _bars(
    part: Choice, votes: Sequence[Sequence[Answer]], width: int, own: Answer | None, result: Answer | None
) -> Drawn:
    """Draw how often each option was chosen."""
    rows, counts = _rows(part, [count_choices(vote) for vote in votes], own, result)
    letters = max(8, int(0.42 * width / LETTER))
    labels = {option: textwrap.wrap(label, letters) or [""] for option, label in rows.items()}
    left = min(0.42 * width, max(len(line) for lines in labels.values() for line in lines) * LETTER) + 22
    most = max(1, *(count[option] for count in counts for option in rows)) if rows else 1
    body, y = "", 6.0
    thick = 22 if len(counts) == 1 else 13
    for option, lines in labels.items():
        height = max(len(lines) * LINE, thick * len(counts)) + 10
        is_right, is_own = (answer is not None and option in answer for answer in (result, own))
        if is_right:
            body += _rect("result", 2, y, width - 4, height - 2)
        middle = y + height / 2
        for place, text in enumerate(lines):
            line_y = middle + (place - (len(lines) - 1) / 2) * LINE + 4
            body += _text(left - 10, line_y, text, "end", strong=is_right)
        for number, count in enumerate(counts):
            last = number == len(counts) - 1
            top = middle + (number - len(counts) / 2) * thick + 1
            bar = (width - left - 50) * count[option] / most
            name = ("own" if is_own else "dot") if last else "pale"
            body += _rect(name, left, top, max(bar, 1), thick - 2)
            if count[option] or last:
                body += _text(left + bar + 6, top + thick / 2 + 3, str(count[option]), "start", strong=last)
        y += height
    return int(y + 4), body, _keys(votes, own, result)


def _rows(
    part: Choice, counts: Sequence[Counter[str]], own: Answer | None, result: Answer | None
) -> tuple[Mapping[str, str], Sequence[Counter[str]]]:
    """Return the options that get a row, and the counts with what is left of a long list counted together."""
    if not part.is_long:
        return part.options, counts
    every = sum(counts, Counter[str]())
    named = {str(option) for option in (*(own or ()), *(result or ()))}
    order = sorted({*every, *named} & {*part.options}, key=lambda one: (-counts[-1][one], -every[one], one))
    shown = [option for place, option in enumerate(order) if place < MOST_ROWS or option in named]
    rest = [count.total() - sum(count[option] for option in shown) for count in counts]
    rows = {option: part.options[option] for option in shown}
    if any(rest):
        rows[REST] = f"any other {part.title}"
    return rows, [Counter({**count, REST: left}) for count, left in zip(counts, rest, strict=True)]


def _map(
    part: Choice, votes: Sequence[Sequence[Answer]], width: int, own: Answer | None, result: Answer | None
) -> Drawn:
    """Draw a disc for each place of a map, as large as the share of those who chose it."""
    counts = [count_choices(vote) for vote in votes]
    left, cell = 56.0, 42
    column = (width - left - 4) / len(part.columns)
    most = max(1, *(count[option] for count in counts for option in part.options))
    body, options = "", list(part.options)
    for number, option in enumerate(options):
        row, place = divmod(number, len(part.columns))
        x, y = left + place * column, 6 + (len(part.rows) - 1 - row) * cell
        frame = "result" if result is not None and option in result else "cell"
        body += _rect(frame, x + 1, y + 1, column - 2, cell - 2)
        before, count = (counts[0][option] if len(counts) > 1 else 0), counts[-1][option]
        middle = x + column / 2, y + cell / 2
        largest = min(column, cell) / 2 - 3
        for name, chosen in (("pale", before), ("own-mark" if own and option in own else "dot", count)):
            if chosen:
                radius = largest * math.sqrt(chosen / most)
                body += _circle(name, *middle, max(radius, SMALLEST_DISC))
        if count:
            body += _text(middle[0], middle[1] + 4, str(count), "middle", strong=True)
    for row, name in enumerate(part.rows):
        body += _text(left - 8, 6 + (len(part.rows) - 1 - row) * cell + cell / 2 + 4, name, "end")
    bottom = 6 + len(part.rows) * cell
    every = math.ceil((max(map(len, part.columns)) * LETTER + 4) / column)
    for place, name in enumerate(part.columns):
        if place % every == 0:
            body += _text(left + (place + 0.5) * column, bottom + 16, name, "middle")
    body += _text(left + (width - left) / 2, bottom + 36, part.title, "middle")
    return bottom + 44, body, _keys(votes, own, result)


def _keys(
    votes: Sequence[Sequence[Answer]], own: Answer | None, result: Answer | None
) -> list[tuple[str, str]]:
    several = len(votes) > 1
    keys = [("first", "first vote"), ("dot", "second vote")] if several else [("dot", "the class")]
    if not several and own is None and result is None:
        return []  # what else could it be
    if len(votes[-1]) < 2 and own is not None and not several:
        keys = [("own", "your guess")]
    elif own is not None:
        keys.append(("own", "with your guess"))
    if result is not None:
        keys.append(("result", "what happened"))
    return keys


def _rect(name: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3"/>'


def _circle(name: str, x: float, y: float, radius: float) -> str:
    return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, *, strong: bool = False) -> str:
    name = ' class="strong"' if strong else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
