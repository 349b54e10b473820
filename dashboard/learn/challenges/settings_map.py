"""Five tries for the best settings, before the map shows them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.lab.inputs import COUNTS
from dashboard.lab.setting_choices import write_learning_rate
from dashboard.learn.challenges.attempts import (
    attempt_at,
    commit_guess,
    drafted,
    mark_done,
    render_computation,
)
from dashboard.learn.computed_once import BATCH_SIZES, RATES, Results, map_of_settings
from dashboard.learn.figures import settings_map
from dashboard.room.guesses import Choice, Question
from dashboard.ui.button import render_button
from dashboard.ui.chart import render_chart
from dashboard.ui.text import percent
from mnist_core import Digits, indistinguishable

TRIES = 5

Place = tuple[int, float]  # batch size, learning rate
Accuracies = Mapping[Place, float]  # on the digits held out, 0 to 1


def write_tries(tries: Sequence[Place]) -> str:
    """Write the tries so far."""
    return ",".join(f"{batch}:{rate:g}" for batch, rate in tries)


def read_tries(guess: str, offered: Collection[Place]) -> list[Place]:
    """Read the tries so far; what is not offered, or too much, is left out."""
    by_name = {write_tries([place]): place for place in offered}
    return [by_name[name] for name in guess.split(",") if name in by_name][:TRIES]


def best_place(accuracies: Accuracies) -> Place:
    """Return the place with the highest accuracy, the first of equals."""
    return max(accuracies, key=accuracies.__getitem__)


def describe_try(place: Place, accuracy: float, best_before: float | None) -> str:
    """Say what a try found, and whether it is better than those before it."""
    text = f"A batch of {place[0]:,} and a learning rate of {place[1]:g} reach {percent(accuracy)}"
    if best_before is None:
        return f"{text}."
    gain = round(100 * accuracy, 1) - round(100 * best_before, 1)  # as they are shown
    if abs(gain) < 0.05:
        return f"{text}, as much as your best try so far."
    if gain > 0:
        return f"{text}, {gain:.1f} points more than your best try before it."
    return f"{text}, {-gain:.1f} points less than your best try so far."


def describe_map(tries: Sequence[Place], accuracies: Accuracies, equals: Collection[Place]) -> list[str]:
    """Compare the tries with the map, and say what it shows, in sentences.

    Args:
        tries: at least one.
        accuracies: of all settings.
        equals: those that a test cannot tell from the best, with the best itself.
    """
    mine = max(tries, key=accuracies.__getitem__)
    best = best_place(accuracies)
    rank = 1 + sum(value > accuracies[mine] for value in accuracies.values())
    yours = f"Your best try, {_name(mine)}, reaches {percent(accuracies[mine])}"
    if rank == 1:
        first = f"{yours}. Nothing on the map of {len(accuracies)} settings is better."
    else:
        first = (
            f"{yours}, number {rank} of {len(accuracies)}. The best is {_name(best)} with "
            f"{percent(accuracies[best])}."
        )
    return [first, _equals(mine, best, equals), _rows(accuracies)]


def _equals(mine: Place, best: Place, equals: Collection[Place]) -> str:
    others = len(set(equals) - {best})
    test = (
        "(McNemar's test looks only at the digits that one of two models reads correctly and the other does "
        "not.)"
    )
    if not others:
        return f"All other settings are clearly worse than the best ones. {test}"
    which = "One other is" if others == 1 else f"{others} others are"
    own = ""
    if mine != best:
        own = " Yours is among them." if mine in equals else " Yours is not among them."
    return (
        f"{which} not clearly worse than the best: with other digits held out, any of them may come first. "
        f"They have a dotted frame.{own} {test}"
    )


def best_rates(accuracies: Accuracies) -> dict[int, float]:
    """Return the best rate of each batch size, the smallest batch first."""
    batches = sorted({batch for batch, _ in accuracies})
    return {
        batch: max(
            (rate for size, rate in accuracies if size == batch), key=lambda rate: accuracies[batch, rate]
        )
        for batch in batches
    }


def _rows(accuracies: Accuracies) -> str:
    """Say which rate is best in each row of the map, and why it moves, as far as it does."""
    best = best_rates(accuracies)
    batches, rates = list(best), list(best.values())
    listed = ", ".join(f"{rate:g} with {batch:,}" for batch, rate in best.items())
    text = (
        f"The best rate of each batch size: {listed} digits. With another seed it may be the rate beside it."
    )
    top = rates.index(max(rates))
    if rates[: top + 1] != sorted(rates[: top + 1]) or rates[0] == rates[top]:
        return text
    text += (
        f" From batches of {batches[0]:,} to {batches[top]:,} it rises: an epoch has fewer steps, so each "
        "has to go further, and the mean over more digits points the right way more often."
    )
    if rates[-1] < rates[top]:
        text += (
            f" With {batches[-1]:,} it falls again. A larger batch makes the direction of a step more "
            "certain, but the slope is still only right where the step begins: a step that is too long "
            "overshoots however large the batch is, and the few steps of this one epoch leave no time "
            "to recover."
        )
    return text


def _name(place: Place) -> str:
    return f"a batch of {place[0]:,} and a rate of {place[1]:g}"


NAME = "map"
OFFERED = [(batch, rate) for batch in BATCH_SIZES for rate in RATES]


QUESTION = (
    f"Raw pixels, one epoch. You choose the learning rate and the batch size: {len(RATES)} rates and "
    f"{len(BATCH_SIZES)} batch sizes make {len(OFFERED)} settings. Which reads the most of the training "
    f"digits that are held out for this? You have {COUNTS[TRIES]} tries; then a map shows all settings."
)


def settings_map_question(_: Digits) -> Question:
    """Say what is asked, and how a guess is read; only the first try is made before anything is seen."""
    options = {write_tries([place]): _name(place) for place in OFFERED}
    where = Choice(
        "learning rate",
        options,
        columns=tuple(f"{rate:g}" for rate in RATES),
        rows=tuple(f"{batch:,}" for batch in BATCH_SIZES),
    )

    def read(guess: str) -> tuple[frozenset[str]] | None:
        tries = read_tries(guess, OFFERED)
        return (frozenset([write_tries(tries[:1])]),) if tries else None

    return Question(QUESTION, (where,), read, vote=lambda guess: guess.split(",")[0])


def render_settings_map_challenge(digits: Digits) -> None:
    """Let five settings be tried, then show all of them."""
    tries = read_tries(attempt_at(NAME).guess, OFFERED)
    st.markdown(QUESTION)
    if not tries:
        _offer(tries, {})  # guessed before anything is seen
        return
    results = render_computation(
        NAME,
        map_of_settings,
        digits,
        label="Train them all",
        about=f"Your first try: {_name(tries[0])}. Next, all {len(OFFERED)} settings are trained in the "
        "background, which takes seconds.",
        training="All settings are training.",
    )
    if results is None:
        return
    if len(tries) < TRIES:
        _offer(tries, _accuracies(results))
    else:
        _reveal(tries, results)


def _accuracies(results: Results) -> dict[Place, float]:
    return {
        (result.cell.batch_size, result.cell.learning_rate): result.validation.accuracy for result in results
    }


def _offer(tries: list[Place], accuracies: dict[Place, float]) -> None:
    st.markdown(f"### Try {len(tries) + 1} of {TRIES}")
    _render_tries(tries, accuracies)
    before = tries or read_tries(drafted(NAME), OFFERED)[:1] or [(BATCH_SIZES[2], RATES[2])]
    batch, rate = before[-1]
    batch = st.select_slider(
        "Batch size", BATCH_SIZES, batch, format_func="{:,}".format, key=f"map-batch-{len(tries)}"
    )
    rate = st.select_slider(
        "Learning rate", RATES, rate, format_func=write_learning_rate, key=f"map-rate-{len(tries)}"
    )
    if (batch, rate) in tries:
        st.caption("You have tried these settings already: choose others.")
    if render_button("Try these", type="primary", key="map-try", disabled=(batch, rate) in tries):
        commit_guess(NAME, replace(attempt_at(NAME), guess=write_tries([*tries, (batch, rate)])))
        st.rerun()


def _render_tries(tries: list[Place], accuracies: dict[Place, float]) -> None:
    lines = []
    for number, place in enumerate(tries):
        before = max((accuracies[one] for one in tries[:number]), default=None)
        lines.append(f"{number + 1}. {describe_try(place, accuracies[place], before)}")
    if lines:
        st.markdown("\n".join(lines))


def _reveal(tries: list[Place], results: Results) -> None:
    accuracies = _accuracies(results)
    choice = indistinguishable(results)
    cells = choice.cells if choice else frozenset()
    equals = {(cell.batch_size, cell.learning_rate) for cell in cells}
    first, *others = describe_map(tries, accuracies, equals)
    mark_done(NAME, first, write_tries([best_place(accuracies)]))
    render_chart(
        settings_map(accuracies, tries, best_place(accuracies), equals),
        key="learn-map",
        height=330,
        description=f"The accuracy of all settings in percent, on digits held out. {first}",
        file_name="digit-lab-settings",
    )
    st.caption(
        "Percent of the digits held out. The best settings have a solid frame, those that are not clearly "
        "worse a dotted one; the numbers at the corners are your tries."
    )
    st.markdown(f"### What happened\n\n{first}")
    _render_tries(tries, accuracies)
    st.markdown("### Why\n\n" + " ".join(others))
    st.markdown(
        "### Go further\n\n"
        "- How did you choose your next try? Changing one setting at a time is not always the shortest way.\n"
        "- The map is of one seed. The tab **Compare** makes such a map with another one: which frames stay?"
    )
