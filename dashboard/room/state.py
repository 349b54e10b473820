"""What a session remembers of its room; what the room itself knows is in lab/room.py."""

from collections.abc import Callable
from contextlib import suppress

from dashboard.address import show, shown
from dashboard.lab import shared
from dashboard.lab.room import Room, RoomRefused
from dashboard.state import Entry
from dashboard.visitor import visitor

PAGE = "room"  # of the tab Learn
seen: Entry[tuple[object, ...]] = Entry("room_seen", ())  # what of the room the page shows
followed = Entry("room_followed", "")  # where the class was when the page last went there
notice = Entry("room_notice", "")
code = Entry("room_code", "")
nickname = Entry("room_nickname", "")
link = Entry("room_link", "")  # the leader's link, while it is shown
on_wall: Entry[tuple[str, ...]] = Entry("room_on_wall", ())  # the ids of the digits that the page shows
boards = Entry("room_boards", 0)  # drawings sent so far: each gets a new, empty board


def current_room() -> Room | None:
    """The room that the visitor is in."""
    return shared.rooms().room_of(visitor().id)


def leads(room: Room) -> bool:
    """Whether the visitor leads the room."""
    return room.is_led_by(visitor().id)


def signature() -> tuple[object, ...]:
    """What changes whenever the visitor's page has something new to show."""
    room = current_room()
    if room is None:
        return ()
    return room.id, room.version if leads(room) else room.shown_version


def send_guess(name: str, guess: str) -> None:
    """Send a guess to the visitor's room, if they are a member of one and the vote is not over."""
    room, person_id = current_room(), visitor().id
    if room is None or room.is_led_by(person_id) or room.poll(person_id, name).open:
        return
    try:
        room.guess(person_id, name, guess)
        notice.set("")
    except RoomRefused as refusal:
        notice.set(str(refusal))


def act(do: Callable[..., None], *arguments: object, **options: object) -> None:
    """Do something in the visitor's name in their room; a notice says if it is refused."""
    try:
        do(visitor().id, *arguments, **options)
        notice.set("")
    except RoomRefused as refusal:
        notice.set(str(refusal))


def send_reason(name: str, why: str) -> None:
    """Send the visitor's sentence about their guess to their room, if they are a member of one."""
    room, person_id = current_room(), visitor().id
    if room is not None and room.has_joined(person_id):
        with suppress(RoomRefused):  # the result is shown already: it stays their own
            room.give_reason(person_id, name, why)


def bring_class(name: str) -> None:
    """Bring the class to a page of the tab Learn, if the visitor leads one."""
    room = current_room()
    if name and name != PAGE and room is not None and leads(room):
        with suppress(RoomRefused):
            room.go_to(visitor().id, name)


def follow_class() -> None:
    """Go where the class goes, from where it was."""
    room = current_room()
    if room is None:
        return
    room.touch()
    if shown().learn == PAGE and (shown().lead or shown().room not in ("", room.code)):
        return  # a link asks for something else, which this page offers first
    if not shown().room:
        show(room=room.code)
    before = followed.get()
    if not leads(room) and room.current != before:
        followed.set(room.current)
        if room.current and shown().learn in ("", PAGE, before):
            show(learn=room.current)
