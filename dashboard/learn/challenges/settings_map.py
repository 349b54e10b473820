"""Five tries for the best settings, before the map shows them."""

from dataclasses import replace

import streamlit as st

from dashboard.lab.setting_choices import write_learning_rate
from dashboard.learn.challenges.attempts import attempt_at, mark_done, save_attempt
from dashboard.learn.figures import settings_map
from dashboard.services.settings_map import BATCH_SIZES, RATES, Results, map_if_asked_for, map_of_settings
from dashboard.text.challenge_map import (
    TRIES,
    Place,
    best_place,
    map_words,
    read_tries,
    try_words,
    write_tries,
)
from dashboard.ui.button import render_button
from dashboard.ui.chart import render_chart
from mnist_core import Digits, indistinguishable

NAME = "map"
OFFERED = [(batch, rate) for batch in BATCH_SIZES for rate in RATES]


def render_settings_map_challenge(digits: Digits) -> None:
    """Let five settings be tried, then show all of them."""
    tries = read_tries(attempt_at(NAME).guess, OFFERED)
    if not tries:
        st.markdown(
            f"Raw pixels, one epoch. You choose the learning rate and the batch size: {len(RATES)} rates and "
            f"{len(BATCH_SIZES)} batch sizes make {len(OFFERED)} settings. Which reads the most of the "
            "training digits that are held out for this? You have five tries; then a map shows all settings."
        )
    future = map_if_asked_for(digits)
    if future is None:
        st.caption(f"The {len(OFFERED)} settings are trained in the background first, which takes seconds.")
        if render_button("Train them all", type="primary", key=f"train-{NAME}"):
            map_of_settings(digits)
            st.rerun()
    elif not future.done():
        st.progress(0.5, text="All settings are training.")
    elif len(tries) < TRIES:
        _offer(tries, _accuracies(future.result()))
    else:
        _reveal(tries, future.result())


def _accuracies(results: Results) -> dict[Place, float]:
    return {
        (result.cell.batch_size, result.cell.learning_rate): result.validation.accuracy for result in results
    }


def _offer(tries: list[Place], accuracies: dict[Place, float]) -> None:
    st.markdown(f"### Try {len(tries) + 1} of {TRIES}")
    _render_tries(tries, accuracies)
    batch, rate = tries[-1] if tries else (BATCH_SIZES[2], RATES[2])
    batch = st.select_slider(
        "Batch size", BATCH_SIZES, batch, format_func="{:,}".format, key=f"map-batch-{len(tries)}"
    )
    rate = st.select_slider(
        "Learning rate", RATES, rate, format_func=write_learning_rate, key=f"map-rate-{len(tries)}"
    )
    if (batch, rate) in tries:
        st.caption("You have tried these settings already: choose others.")
    st.button(
        "Try these",
        type="primary",
        key="map-try",
        disabled=(batch, rate) in tries,
        on_click=_try,
        args=([*tries, (batch, rate)],),
    )


def _try(tries: list[Place]) -> None:
    save_attempt(NAME, replace(attempt_at(NAME), guess=write_tries(tries)))


def _render_tries(tries: list[Place], accuracies: dict[Place, float]) -> None:
    lines = []
    for number, place in enumerate(tries):
        before = max((accuracies[one] for one in tries[:number]), default=None)
        lines.append(f"{number + 1}. {try_words(place, accuracies[place], before)}")
    if lines:
        st.markdown("\n".join(lines))


def _reveal(tries: list[Place], results: Results) -> None:
    accuracies = _accuracies(results)
    choice = indistinguishable(results)
    cells = choice.cells if choice else frozenset()
    equals = {(cell.batch_size, cell.learning_rate) for cell in cells}
    first, *others = map_words(tries, accuracies, equals)
    mark_done(NAME)
    st.markdown(f"### What happened\n\n{first}")
    render_chart(
        settings_map(accuracies, tries, best_place(accuracies)),
        key="learn-map",
        height=360,
        description=f"The accuracy of all settings in percent, on digits held out. {first}",
        file_name="digit-lab-settings",
    )
    st.caption("Percent of the digits held out. The best settings have a frame; the numbers are your tries.")
    _render_tries(tries, accuracies)
    st.markdown("### Why\n\n" + " ".join(others))
    st.markdown(
        "### Go further\n\n"
        "- How did you choose your next try? Changing one setting at a time is not always the shortest way.\n"
        "- Train the best settings with more epochs in the tab **Train**. Do they stay the best?"
    )
