"""Teach it your hand: the model learns the kept drawings, and is tested on what it has not learned."""

import streamlit as st

from dashboard.draw import hand_actions
from dashboard.lab import shared
from dashboard.lab.personalized_runs import LearnedHand, not_learned
from dashboard.lab.shown_run import ShownRun
from dashboard.services.hand_lesson import FEWEST
from dashboard.ui.button import render_button
from dashboard.ui.numbers import percent
from dashboard.visitor import visitor
from mnist_core import Score, comparison_words

BEFORE, AFTER = "the model before", "the model with your hand"


def render_hand(run: ShownRun | None, hand: LearnedHand | None) -> None:
    """Offer to learn the kept drawings; if the run that is shown has done so, say what that changed."""
    kept = visitor().drawings.kept
    st.markdown("**Teach it your hand**")
    if hand is None:
        _render_offer(len(kept))
    else:
        _render_result(hand, new=len(not_learned(kept, hand)))
    ready = run is not None and run.state.ended and bool(run.history) and shared.digits() is not None
    with st.container(horizontal=True, gap="small"):
        learn = render_button(
            "Learn my hand" if hand is None else "Learn my hand again",
            key="learn-hand",
            disabled=len(kept) < FEWEST or not ready,
            help="100 more steps, each with 20 of your drawings and 80 training digits. The result is a new "
            "run; the run before stays as it is.",
        )
        undo = hand is not None and render_button(
            "Undo learning", key="undo-hand", help="Shows the run before again."
        )
    if learn:
        hand_actions.learn_hand()
        st.rerun()
    if undo:
        hand_actions.undo()
        st.rerun()


def _render_offer(count: int) -> None:
    if count >= FEWEST:
        st.caption(
            f"The model can learn from your {count} drawings and is then tested on your handwriting: each "
            "drawing is read by a model that has not learned it."
        )
    else:
        st.caption(
            f"Keep {FEWEST} drawings or more, at least one of each digit if you can, and the model can learn "
            f"from them. So far there {'is' if count == 1 else 'are'} {count}."
        )


def _render_result(hand: LearnedHand, *, new: int) -> None:
    own, test = hand.own.comparison, hand.test.comparison
    st.markdown(
        f"| read correctly | before | with your hand |\n|---|---|---|\n"
        f"| {own.a.count} drawings | {_score(own.a)} | {_score(own.b)} |\n"
        f"| {test.a.count:,} test digits | {_score(test.a)} | {_score(test.b)} |\n"
    )
    for what, comparison in (("Your drawings", own), ("Test digits", test)):
        words = comparison_words(comparison, BEFORE, AFTER)
        st.markdown(f"*{what}:* {words[0].upper()}{words[1:]}")
    more = f" You have kept {new} since: learn again to use them." if new else ""
    st.caption(
        "In brackets: 95 % confidence intervals. Each drawing was read by a model that had learned about "
        "four fifths of the drawings, but not this one. The model that is shown has learned all of them."
        + more
    )


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{percent(score.accuracy)} ({100 * low:.1f} to {percent(high)})"
