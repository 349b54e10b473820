"""The page of a room: how to open and join one, and what its leader and its members do there."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import segno
import streamlit as st

from dashboard.address import show, shown
from dashboard.lab import shared
from dashboard.lab.network import address_for_others
from dashboard.lab.room import Room, RoomRefused
from dashboard.lab.room_file import CODE_LENGTH
from dashboard.room import state as room_state
from dashboard.room.class_runs import render_runs
from dashboard.room.digits_view import render_class_digits, render_drawing
from dashboard.room.guesses import Question
from dashboard.room.words import KEPT, guesses_file
from dashboard.ui.class_figure import render_class_figure
from dashboard.ui.link_field import render_link_field
from dashboard.visitor import address, begin_as_somebody_else, visitor

PARTS = ("Join", "Digits", "Runs")  # of the leader's page
CLOSED_SERVER = (
    "Only this computer can open this page, so nobody can join yet. Stop the server and start it with "
    "`streamlit run streamlit_app.py --server.address 0.0.0.0`, on a network that you trust; then open the "
    "page and the room again. What you have done here stays."
)


def render_room_bar(titles: Mapping[str, str], open_page: Callable[[str], None]) -> None:
    """Show on each page of the tab which room the visitor is in, and where the class is."""
    room = room_state.current_room()
    if room is None:
        return
    if shown().learn != room_state.PAGE:
        st.button(
            f"Room {spaced(room.code)}",
            icon=":material/groups:",
            type="tertiary",
            key="room-bar",
            on_click=open_page,
            args=(room_state.PAGE,),
        )
    if room.current in titles and not room_state.leads(room) and shown().learn != room.current:
        st.button(
            f"Join your class: {titles[room.current]}", key="follow", on_click=open_page, args=(room.current,)
        )


def render_room(titles: Mapping[str, str], questions: Mapping[str, Question]) -> None:
    """Show the page of the visitor's room, or the way into one; `questions` are those of the challenges."""
    st.markdown("## A room for a class")
    if notice := room_state.notice.get():
        st.warning(notice)
    room = room_state.current_room()
    if shown().lead:
        _render_lead_offer()
    elif room is None or (shown().room and shown().room != room.code):
        _render_entrance(room)
    elif room_state.leads(room):
        part = st.segmented_control(
            "Part",
            PARTS,
            default=PARTS[0],
            required=True,
            key="room-part",
            label_visibility="collapsed",
            persist_state="session",
        )
        if part == "Digits":
            render_class_digits(room)
        elif part == "Runs":
            render_runs(room)
        else:
            _render_leader(room, titles, questions)
    else:
        _render_member(room)


def spaced(code: str) -> str:
    """Write a code in two groups, as it is read aloud."""
    return f"{code[:3]} {code[3:]}"


# The way in


def _render_entrance(room: Room | None) -> None:
    if room is not None:
        st.info(f"You are in room {spaced(room.code)}. When you join another one, you leave it.")
    st.markdown("### Join a room")
    if not room_state.code.get() and shown().room:
        room_state.code.set(shown().room)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.text_input(
            "The code of your class, six letters",
            key=room_state.code.key,
            max_chars=CODE_LENGTH + 4,
            autocomplete="off",
            width=260,
        )
        st.button("Join", type="primary", key="join-room", disabled=not code, on_click=_join)
    st.caption(KEPT)
    if room is not None:
        st.button(f"Stay in {spaced(room.code)}", key="stay", on_click=_stay, args=(room,))
        return
    st.markdown("### Open a room")
    st.markdown(
        "For teachers: your class joins with a code, everybody guesses in their own browser, and you show "
        "the guesses, then the run. You lead the room from this browser."
    )
    st.button("Open a room", key="open-room", icon=":material/groups:", on_click=_open)


def _stay(room: Room) -> None:
    show(room=room.code)


def _join() -> None:
    before = room_state.current_room()
    try:
        code = str(room_state.code.get() or "")
        room = shared.rooms().join(code, visitor().id, address(), shown().key)
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))
        return
    if before is not None and before is not room and not room_state.leads(before):
        before.leave(visitor().id)
    _enter(room)


def _open() -> None:
    try:
        _enter(shared.rooms().open(visitor().id, address()))
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))


def _enter(room: Room) -> None:
    room_state.notice.set("")
    room_state.followed.set("")
    show(room=room.code, key="", lead="")


def _render_lead_offer() -> None:
    st.markdown(f"This link lets this browser lead the room **{spaced(shown().room)}**. It works once.")
    with st.container(horizontal=True):
        st.button("Lead the room", type="primary", key="lead-room", on_click=_lead)
        st.button("Do not lead", key="do-not-lead", on_click=show, kwargs={"lead": ""})


def _lead() -> None:
    try:
        _enter(shared.rooms().lead(shown().room, shown().lead, visitor().id, address()))
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))
        show(lead="")


# For whoever leads


def _render_leader(room: Room, titles: Mapping[str, str], questions: Mapping[str, Question]) -> None:
    page = address_for_others(f"{(st.context.url or '').rstrip('/')}/", st.get_option("server.address"))
    with st.container(key="room-door"):
        with st.container(key="room-invite", gap="small"):
            st.html(f'<p class="room-code" aria-label="The code of this room">{spaced(room.code)}</p>')
            people = "1 person has joined" if room.count == 1 else f"{room.count} people have joined"
            st.markdown(f"**{people}.**" if room.count else "Nobody has joined yet.")
            if page:
                query = {"tab": "Learn", "learn": room_state.PAGE, "room": room.code, "key": room.link_key}
                link = f"{page}?{urlencode(query)}"
                render_link_field(link, key="room-link", label="Link to this room")
                st.caption(
                    "Students open this link, or the page itself and **Learn**, **A room for a class**, and "
                    "type the code."
                )
            else:
                st.warning(CLOSED_SERVER)
        if page:
            with st.container(key="room-qr", width=230):
                code = segno.make(link, error="m").svg_inline(scale=5, light="#ffffff", omitsize=True)
                picture = f'<div class="qr" role="img" aria-label="QR code of the link">{code}</div>'
                render_class_figure(picture, picture, key="room-qr-code", height=230)
    st.markdown("Next, open a challenge from **All challenges**: your class is brought there.")
    with st.container(horizontal=True, key="room-care"):
        with st.popover("Lead from another device", icon=":material/devices:"):
            _render_new_link(room, page)
        polls = {name: room.poll(visitor().id, name) for name in titles}
        guesses = {name: poll for name, poll in polls.items() if any(poll.rounds) or poll.reasons}
        if guesses:
            st.download_button(
                "Guesses as CSV",
                guesses_file(guesses, titles, questions),
                "digit-lab-guesses.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        with st.popover("Close the room", icon=":material/delete:"):
            st.markdown("Everything in it is forgotten at once: guesses, drawings and the board.")
            st.button("Close it now", type="primary", key="close-room", on_click=_close, args=(room,))
    st.caption(KEPT)


def _render_new_link(room: Room, page: str) -> None:
    st.markdown(
        "A link that lets one more browser lead this room. It works once, and nobody else should see it. "
        "Make one and keep it, in case this browser fails."
    )
    st.button("Make a link", key="new-link", on_click=_new_link, args=(room,))
    if secret := room_state.link.get():
        query = urlencode({"tab": "Learn", "learn": room_state.PAGE, "room": room.code, "lead": secret})
        here = page or f"{(st.context.url or '').rstrip('/')}/"
        render_link_field(f"{here}?{query}", key="leader-link", label="Link for leading this room")
        st.button("Hide it", key="hide-link", on_click=room_state.link.set, args=("",))


def _new_link(room: Room) -> None:
    try:
        room_state.link.set(room.new_link(visitor().id))
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))


def _close(room: Room) -> None:
    try:
        shared.rooms().close(room, visitor().id)
        show(room="")
        room_state.notice.set("")
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))


# For members


def _render_member(room: Room) -> None:
    others = "You are the first here." if room.count == 1 else f"{room.count} people are here."
    st.markdown(f"You are in room **{spaced(room.code)}**. {others} Your teacher decides what comes next.")
    render_drawing(room)
    render_class_digits(room)
    render_runs(room)
    with st.container(horizontal=True, key="room-care"):
        st.button("Leave the room", key="leave-room", on_click=_leave, args=(room,))
        with st.popover("I am somebody else"):
            st.markdown(
                "For a computer that several people use: begins anew here, without the runs, drawings and "
                "guesses of the person before, who can no longer come back to them."
            )
            st.button("Begin anew", type="primary", key="somebody-else", on_click=begin_as_somebody_else)
    st.caption(KEPT)


def _leave(room: Room) -> None:
    try:
        room.leave(visitor().id)
        show(room="")
    except RoomRefused as refusal:
        room_state.notice.set(str(refusal))
