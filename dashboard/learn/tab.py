"""The tab Learn: how it works, and challenges to be guessed, tried and explained."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import show, shown
from dashboard.auto_refresh import auto_refresh, fair_interval, refresh
from dashboard.lab import shared
from dashboard.learn import state as learn_state
from dashboard.learn.challenges.attempts import (
    attempt_at,
    find_runs,
    has_left_challenge,
    is_busy,
    save_attempt,
    try_again,
)
from dashboard.learn.challenges.catalogue import BY_NAME, CHALLENGES, Challenge, following, numbered
from dashboard.learn.lesson import render_lesson
from dashboard.learn.presenter import render_presenter_keys
from dashboard.learn.progress import LONGEST_REASON, Attempt, join_attempts, read_progress, write_progress
from dashboard.learn.together import adopt_runs, render_together
from dashboard.room import state as room_state
from dashboard.room.hand_in import result_page
from dashboard.room.tab import render_room, render_room_bar
from dashboard.ui.invisible import render_browser_store
from dashboard.ui.text import escape

LESSON = "lesson"
TITLES = {
    LESSON: "How it works",
    room_state.PAGE: "the page of your room",
    **{challenge.name: numbered(challenge) for challenge in CHALLENGES},
}
ROOM_TASK = "Guess together, see what everybody guessed, then watch one run. Open a room, or join one."
INTERVAL = 1.0  # seconds: numbers that change faster cannot be read
LOOK = 0.5  # seconds between two looks at the runs of a challenge
LOOK_AT_ROOM = 0.8  # seconds, at least; what has not changed costs a few milliseconds


def render_learn_tab() -> None:
    """Show the list, the lesson, a challenge or the room, and follow what is training."""
    in_room = room_state.current_room() is not None
    adopt_runs(shown().learn)
    if is_busy():
        refresh(_render, True, in_room, seconds=fair_interval(LOOK))
        return
    auto_refresh(_render, False, in_room, interval=INTERVAL)
    if in_room:  # one of the two looks at intervals, never both
        refresh(_watch, seconds=fair_interval(LOOK_AT_ROOM))


def _watch() -> None:
    """Show the page anew once the room has something new for it, or a run of the class has begun."""
    if room_state.signature() != room_state.seen.get() or is_busy():
        st.rerun()


def _render(followed: bool, in_room: bool) -> None:
    signature = room_state.signature()
    room_state.follow_class()
    if shown().learn not in ("", LESSON, room_state.PAGE, *BY_NAME):  # it is from a link
        show(learn="")
    if is_busy() != followed or (room_state.current_room() is not None) != in_room:
        st.rerun()  # looks at intervals start or stop
    if has_left_challenge():
        st.rerun()  # the sidebar shows again what stood there before
    if learn_state.presenting.get() != learn_state.presented.get():
        learn_state.presented.set(learn_state.presenting.get())
        st.rerun()  # the sidebar shows slow motion
    style = ["learn.css", "presenter.css"] if learn_state.presenting.get() else ["learn.css"]
    st.html(f"<style>{''.join(Path(__file__).with_name(name).read_text() for name in style)}</style>")
    with st.container(key="learn"):
        _render_page(shown().learn)
    render_presenter_keys(within="learn", active=learn_state.presenting.get())
    # Last, because what is shown above may have changed it.
    content = write_progress(learn_state.progress.get()) if learn_state.progress.get() else ""
    kept = render_browser_store(content if learn_state.progress_read.get() else None, name="learn")
    if kept is not None:
        _take_progress(kept)
    room_state.seen.set(signature)  # only now: another request may have cut this one short


def _take_progress(kept: object) -> None:
    """Join what the browser kept and what was done since, as when a room has brought a guess back."""
    before, now = read_progress(kept), learn_state.progress.get()
    joined = {name: join_attempts(before.get(name, Attempt()), attempt) for name, attempt in now.items()}
    learn_state.progress.set({**before, **joined})
    learn_state.progress_read.set(True)
    learn_state.browser_keeps.set(kept is not False)
    if kept != "":
        st.rerun()


def _render_page(name: str) -> None:
    digits = shared.digits()
    _render_head(name)
    if not name:
        _render_list()
    elif name == room_state.PAGE:
        render_room(TITLES, {one.name: one.question(digits) for one in CHALLENGES} if digits else {})
    elif digits is None:
        st.markdown("This page is shown as soon as the digits are loaded.")
    elif name == LESSON:
        render_lesson(digits)
    else:
        _render_challenge(BY_NAME[name])


def _render_head(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="learn-head"):
        if name:
            st.button("All challenges", icon=":material/arrow_back:", on_click=_open, args=("",))
        st.toggle(
            "Presenter's view",
            key=learn_state.presenting.key,
            persist_state="session",
            on_change=_present,
            help="Large type, slow motion, and nothing else on the page. Enter goes on: it commits to "
            "a guess, then trains. The space key pauses a run, the arrow keys and the page keys go from part "
            "to part, and Escape leaves this view.",
        )
        render_room_bar(TITLES, _open)


def _present() -> None:
    state.notice.set("")  # nothing else on the screen
    state.set_controls({state.slow_motion.key: learn_state.presenting.get()})
    run_actions.set_pace()


def _render_list() -> None:
    keeps = (
        "Your guesses stay in this browser."
        if learn_state.browser_keeps.get()
        else "This browser keeps nothing, so your guesses are gone once you close the page."
    )
    st.markdown(
        "Guess first, then try it, then see why. You remember best what you have predicted yourself. " + keeps
    )
    with st.container(key="learn-list", gap=None):
        if room_state.current_room() is None:
            _render_item(room_state.PAGE, "A room for a class", 45, ROOM_TASK)
        _render_item(LESSON, "How it works", 10, "The whole method in eleven parts, with your own numbers.")
        for challenge in CHALLENGES:
            _render_item(challenge.name, numbered(challenge), challenge.minutes, challenge.task)
    if learn_state.progress.get():
        st.button("Forget my guesses", type="tertiary", on_click=learn_state.progress.set, args=({},))


def _render_item(name: str, title: str, minutes: int, task: str) -> None:
    done = " · :material/check: done" if attempt_at(name).done else ""
    with st.container(key=f"learn-item-{name}", gap=None):
        st.button(title, type="tertiary", key=f"learn-{name}", on_click=_open, args=(name,))
        st.caption(f"{minutes} min{done}", width="content")
        st.caption(task)


def _render_challenge(challenge: Challenge) -> None:
    digits = shared.digits()
    if digits is None:
        return
    st.markdown(f"## {numbered(challenge)}")
    render_together(challenge.name, challenge.question(digits), partial(challenge.render, digits))
    attempt = attempt_at(challenge.name)
    if not attempt.guess:
        return
    room = room_state.current_room()
    reveal = learn_state.reveal.get()
    if room is None or not room_state.leads(room):
        _render_reason(challenge.name, attempt, is_over=reveal is not None)
    after = following(challenge.name)
    with st.container(horizontal=True, key="learn-foot"):
        if reveal is not None and (room is None or not room_state.leads(room)):
            st.download_button(
                "My result",
                result_page(
                    numbered(challenge),
                    challenge.question(digits),
                    attempt.guess,
                    attempt.why,
                    reveal.happened,
                    outcome=reveal.outcome,
                    runs=find_runs(attempt.runs),
                ),
                f"digit-lab-{challenge.name}.html",
                mime="text/html",
                icon=":material/download:",
                on_click="ignore",
                help="One page with the question, your guess, your reason and what happened, to print or to "
                "hand in.",
            )
        if room is None:
            st.button("Try again", icon=":material/replay:", on_click=try_again, args=(challenge.name,))
        if after is not None:
            st.button(f"Next: {numbered(after)}", type="tertiary", on_click=_open, args=(after.name,))


def _render_reason(name: str, attempt: Attempt, *, is_over: bool) -> None:
    """Ask for the person's own reason before they see the result, and show it beside that."""
    if not is_over:
        st.text_input(
            "Why do you think so?",
            attempt.why,
            max_chars=LONGEST_REASON,
            key=f"why-{name}",
            on_change=_keep_reason,
            args=(name,),
            help="One sentence for yourself. Nobody marks it.",
        )
    elif attempt.why:
        st.caption(f"You thought: {escape(attempt.why)}")


def _keep_reason(name: str) -> None:
    why = learn_state.typed_reason(name).get()[:LONGEST_REASON]
    save_attempt(name, replace(attempt_at(name), why=why))
    room_state.send_reason(name, why)


def _open(name: str) -> None:
    show(learn=name)
    room_state.bring_class(name)
