"""What a student hands in: one HTML file about one challenge, which prints on one page of A4."""

import re
from collections.abc import Sequence
from html import escape

from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import describe_settings
from dashboard.room.figures import Points, class_figure
from dashboard.room.guesses import Curve, Question, describe_answer, describe_answers
from dashboard.ui.class_figure import CSS, WIDE
from dashboard.ui.text import percent, table

MOST_RUNS = 8  # rows; more would not fit on the page
STYLE = """
@page { size: A4; margin: 14mm 16mm; }
body { max-width: 178mm; margin: 0 auto; padding: 1rem; color: #1a1c24; background: #fff;
  font: 10pt/1.35 system-ui, sans-serif; }
h1 { margin: 0 0 .3rem; font-size: 15pt; }
h2 { margin: .6rem 0 .1rem; font-size: 10pt; }
p { margin: .15rem 0; }
.name { float: right; width: 40%; border-bottom: 1px solid #7d8190; color: #5b6070; font-size: 9pt; }
table { border-collapse: collapse; font-size: 9pt; font-variant-numeric: tabular-nums; }
:is(th, td) { padding: .1rem .9rem .1rem 0; text-align: start; font-weight: 400; }
thead th { color: #5b6070; }
.why { min-height: 2.4em; border-left: 3px solid #d5d7dd; padding-left: .6rem; }
footer { margin-top: .7rem; color: #5b6070; font-size: 8.5pt; }
@media print { body { padding: 0; } figure, table, section { break-inside: avoid; } }
figure { max-width: 150mm; margin: .3rem 0; }
"""


def result_page(
    title: str,
    question: Question,
    guess: str,
    why: str,
    happened: str,
    *,
    outcome: str = "",
    runs: Sequence[RunJob] = (),
) -> str:
    """Write the page; ValueError for what is no guess.

    Args:
        title: of the challenge.
        question: what it asks.
        guess: as the challenge writes it.
        why: the person's own sentence.
        happened: what happened, in Markdown.
        outcome: the guess that would have been right; empty if there is none.
        runs: that were trained for it.
    """
    own, right = question.read(guess), question.read(outcome) if outcome else None
    if own is None:
        raise ValueError(f"expected a guess, got {guess!r:.60}")
    figures = ""
    for number, part in enumerate(question.parts):
        run: Points = ()
        if isinstance(part, Curve) and runs:
            run = [(report.step, 100 * report.test.accuracy) for report in runs[0].history]
        figures += "<figure class='class-figure'>" + class_figure(
            part,
            [[own[number]]],
            width=WIDE,
            label=f"The guess: {describe_answer(part, own[number])}",
            own=own[number],
            result=None if right is None else right[number],
            run=run,
        )
        figures += "</figure>"
    body = [
        '<p class="name">Name</p>',
        f"<h1>{escape(title)}</h1>",
        _section("The question", question.text),
        _section("My guess", escape_markdown(describe_answers(question, own))),
        f'<section><h2>Why I thought so</h2><p class="why">{escape(why)}</p></section>',
        f"<section><h2>What happened</h2>{figures}{_paragraphs(happened)}</section>",
    ]
    if runs:
        body.append(f"<section><h2>The numbers</h2>{_numbers(runs[-MOST_RUNS:])}</section>")
    body.append("<footer>Digit Lab: a model with one layer of weights learns to read digits.</footer>")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{CSS}{STYLE}</style></head>\n"
        f"<body>{''.join(body)}</body>\n</html>\n"
    )


def escape_markdown(text: str) -> str:
    """Write a text so that it has no emphasis."""
    return text.replace("*", "\\*")


def _section(title: str, text: str) -> str:
    return f"<section><h2>{title}</h2>{_paragraphs(text)}</section>"


def _paragraphs(text: str) -> str:
    """Write Markdown of ours as HTML: paragraphs, and what is strong or emphasized."""
    safe = escape(text)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
    safe = re.sub(r"(?<!\\)\*(.+?)(?<!\\)\*", r"<em>\1</em>", safe).replace("\\*", "*")
    return "".join(f"<p>{paragraph}</p>" for paragraph in safe.split("\n\n"))


def _numbers(runs: Sequence[RunJob]) -> str:
    rows = [
        (
            escape(describe_settings(run.config)),
            f"{run.history[-1].step:,}",
            percent(run.history[-1].test.accuracy, 2),
            f"{run.history[-1].test.loss:.3f}",
        )
        for run in runs
        if run.history
    ]
    return table(("settings", "steps", "test accuracy", "test loss"), rows)
