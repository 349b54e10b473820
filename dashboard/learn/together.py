"""A challenge that a class does together: everybody guesses, sees all guesses, and watches one run."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.lab.room import Room, RoomRefused
from dashboard.lab.room_file import Poll
from dashboard.learn import state as learn_state
from dashboard.learn.challenges.attempts import attempt_at, draft, find_runs, save_attempt
from dashboard.learn.progress import Attempt
from dashboard.room import state as room_state
from dashboard.room.figures import Points, class_figure
from dashboard.room.guesses import Answer, Choice, Curve, Question, most_typical
from dashboard.room.words import answers_of, describe_agreement, describe_count, describe_votes
from dashboard.ui.class_figure import NARROW, WIDE, render_class_figure
from dashboard.visitor import visitor

SIDE_BY_SIDE = 310  # px: as wide as a phone, and three of them as wide as a projector with large type


def render_together(name: str, question: Question, render: Callable[[], None]) -> None:
    """Show a challenge as the class does it, if the visitor is in a room; `render` shows its own page."""
    learn_state.reveal.set(None)
    room = room_state.current_room()
    learn_state.waits_for_leader.set(False)
    learn_state.typical_guess.set(False)
    if room is None:
        render()
        return
    poll = room.poll(visitor().id, name)
    if notice := room_state.notice.get():
        st.warning(notice)
    if room_state.leads(room):
        _lead(room, name, question, poll, render)
    else:
        _take_part(room, name, question, poll, render)


# For those who take part


def adopt_runs(name: str) -> None:
    """Watch the runs that the leader has started in a challenge, if the visitor is a member of a room."""
    room = room_state.current_room()
    if room is None or not room.has_joined(visitor().id):
        return
    poll, attempt = room.poll(visitor().id, name), attempt_at(name)
    if poll.open and attempt.runs != poll.runs:
        save_attempt(name, replace(attempt, runs=poll.runs))


def _take_part(room: Room, name: str, question: Question, poll: Poll, render: Callable[[], None]) -> None:
    own = poll.rounds[-1].get(room.key_of(visitor().id), "")
    if poll.open:
        adopt_runs(name)
        if own and question.vote(attempt_at(name).guess) != own:
            save_attempt(name, replace(attempt_at(name), guess=own))
        learn_state.waits_for_leader.set(True)
        if not own:
            st.caption("The class has guessed already. Your own guess is only for you.")
        _render_result(name, question, poll, own, render)
    elif own:
        _wait(room, name, question, poll, own)
    elif poll.shown:
        st.markdown(question.text)
        _render_class(question, poll)
        st.caption("These are the guesses of the others. The next step comes from your teacher.")
    else:
        attempt = attempt_at(name)
        if attempt.guess:  # an earlier one, made alone or in the first vote
            save_attempt(name, Attempt(done=attempt.done, why=attempt.why))
            draft(name, attempt.guess)
        if len(poll.rounds) > 1:
            st.info("Vote again: has talking to your neighbour changed your mind?")
        render()


def _wait(room: Room, name: str, question: Question, poll: Poll, own: str) -> None:
    st.markdown(question.text)
    _render_class(question, poll, own)
    if poll.shown:
        st.caption("These are the guesses of your class. The run begins when your teacher starts it.")
        return
    st.markdown("Your guess is in. Your teacher will show the guesses of the class.")
    st.button("Change my guess", key=f"withdraw-{name}", on_click=_withdraw, args=(room, name, own))


def _withdraw(room: Room, name: str, own: str) -> None:
    try:
        room.withdraw(visitor().id, name)
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))
        return
    save_attempt(name, replace(attempt_at(name), guess="", runs=()))
    draft(name, own)


# For whoever leads


def _lead(room: Room, name: str, question: Question, poll: Poll, render: Callable[[], None]) -> None:
    if poll.open:
        _lead_runs(room, name, question, poll)
        learn_state.typical_guess.set(True)
        _render_result(name, question, poll, "", render)
        with st.container(horizontal=True):
            st.button(
                "Forget these guesses",
                key="forget-vote",
                on_click=room_state.act,
                args=(room.begin_anew, name),
                help="Begins this challenge anew for the whole class.",
            )
        return
    st.markdown(question.text)
    with st.container(horizontal=True, vertical_alignment="center", key="room-vote"):
        st.markdown(describe_count(room.guessed(name), room.count), width="content")
        nobody = not room.guessed(name)
        if not poll.shown:
            st.button(
                "Show the guesses",
                key="show-guesses",
                type="primary",
                disabled=nobody,
                on_click=room_state.act,
                args=(room.show_guesses, name),
            )
        else:
            st.button(
                "Go on to the result",
                key="show-result",
                type="primary",
                on_click=_open_result,
                args=(room, name, question, poll),
                help="Ends the vote. What you then train is shown on all pages.",
            )
        if len(poll.rounds) == 1:
            st.button(
                "Vote again",
                key="vote-again",
                disabled=nobody,
                on_click=room_state.act,
                args=(room.vote_again, name),
                help="A second vote, after talking to a neighbour. The first one stays.",
            )
        if room.current != name:
            st.button(
                "Bring the class here", key="bring-class", on_click=room_state.act, args=(room.go_to, name)
            )
    if poll.shown:
        _render_class(question, poll)
    else:
        st.caption("Nobody sees the guesses before you show them.")


def _open_result(room: Room, name: str, question: Question, poll: Poll) -> None:
    save_attempt(name, Attempt(most_typical(question, list(poll.rounds[-1].values()))))
    room_state.act(room.show_result, name)


def _lead_runs(room: Room, name: str, question: Question, poll: Poll) -> None:
    """Show the class the runs that were begun on this page, or on another one of those who lead."""
    typical = most_typical(question, list(poll.rounds[-1].values()))
    attempt = attempt_at(name)
    if typical and question.vote(attempt.guess) != typical:
        attempt = Attempt(typical, poll.runs, attempt.done)
    elif set(poll.runs) < set(attempt.runs):
        room_state.act(room.show_result, name, attempt.runs)
    elif attempt.runs != poll.runs:
        attempt = replace(attempt, runs=poll.runs)
    if attempt != attempt_at(name):
        save_attempt(name, attempt)


# For all


def _render_result(name: str, question: Question, poll: Poll, own: str, render: Callable[[], None]) -> None:
    """Show the class's guesses and, laid over them, what happens."""
    with st.container(key="lead-result" if learn_state.typical_guess.get() else "class-result"):
        place = st.container()
        render()
    reveal = learn_state.reveal.get()
    outcome = reveal.outcome if reveal and reveal.name == name else ""
    run: Points = ()
    if isinstance(question.parts[0], Curve):
        runs = find_runs(attempt_at(name).runs[:1])
        run = [(report.step, 100 * report.test.accuracy) for one in runs for report in one.history]
    with place:
        _render_class(question, poll, own, outcome, run)


def _render_class(question: Question, poll: Poll, own: str = "", outcome: str = "", run: Points = ()) -> None:
    votes = answers_of(question, poll)
    mine, right = (question.read(guess) if guess else None for guess in (own, outcome))
    several = len(question.parts) > 1
    place = st.container(horizontal=True, key="class-figures") if several else st.container()
    for number, part in enumerate(question.parts):
        answers = [[guess[number] for guess in vote] for vote in votes]
        label = describe_votes(part, answers)
        figures = [
            class_figure(
                part,
                answers,
                width=width,
                label=label,
                own=_of(mine, number),
                result=_of(right, number),
                run=run,
            )
            for width in (NARROW if several else WIDE, NARROW)
        ]
        with place.container(width=SIDE_BY_SIDE) if several else place:
            if several and isinstance(part, Choice) and not part.is_scale:  # a scale has its title below it
                st.caption(part.title)
            render_class_figure(*figures, key=f"class-figure-{number}")
    if agreement := describe_agreement(question, votes, outcome):
        st.markdown(agreement)


def _of(answers: Sequence[Answer] | None, number: int) -> Answer | None:
    return None if answers is None else answers[number]
