"""A room: a class that guesses, draws and compares runs together, led by the person who opened it.

What a room knows is one file, written before anything counts as done: nothing is lost with the process. A
person is known in a room by a key that says nothing about who they are elsewhere. Every right is checked
here: the page only leaves out the buttons. A room is forgotten a day after it was last used.
"""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import RLock

from dashboard.lab.job_list import tidy
from dashboard.lab.room_file import (
    Poll,
    PostedRun,
    RoomContent,
    content_of,
    drawing_store,
    room_store,
    write_content,
)
from mnist_core.storage.file_store import new_id
from mnist_core.storage.files import write_atomically

MOST_MEMBERS = 60
MOST_LEADERS = 4  # browsers that lead one room
MOST_RUNS = 5  # of each person on the board
MOST_POLLS = 20
MOST_ROUNDS = 2  # votes on one question
LONGEST_REASON, LONGEST_NICKNAME = 300, 20  # characters
DAY = 24 * 3600.0  # seconds without use after which a room is forgotten
NOTED_EVERY = 600.0  # seconds: how often it is written that a room is used
GUESS, POLL = re.compile(r"[0-9a-z.,:-]{1,100}"), re.compile(r"[a-z-]{1,30}")

NOT_LEADING = "Only the person who leads this room can do that."
NO_MEMBER = "Only people who have joined this room can do that."
UNSAVED = "This could not be saved on the server's disk, so nothing has changed. Try again in a moment."
OVER = "The vote is over: the class is looking at the guesses."
ROOM_FULL = f"This room is full: {MOST_MEMBERS} people have joined."

_log = logging.getLogger(__name__)


class RoomRefused(Exception):  # noqa: N818 - a sentence for the person
    """Something that is not allowed or not possible in a room just now; the message says why."""


def key_in(room_id: str, person_id: str) -> str:
    """Return the name of a person in a room, which says nothing about them elsewhere."""
    return hashlib.sha256(f"{room_id} {person_id}".encode()).hexdigest()[:32]


class Room:
    """One room. Each act names the person who does it, and raises RoomRefused if they may not.

    Attributes:
        id: of its file; gives no right.
        version: grows with each change.
        shown_version: grows with each change that everybody sees.
    """

    def __init__(self, room_id: str, content: RoomContent) -> None:
        """Take a room as it is on disk."""
        self.id, self.version, self.shown_version = room_id, 0, 0
        self._content = content
        self._lock = RLock()
        self._closed = False

    @property
    def code(self) -> str:
        """The six letters by which people join."""
        return self._content.code

    @property
    def link_key(self) -> str:
        """What the link to the room has besides the code. Nobody can guess it, so a try need not wait."""
        return key_in(self.id, "link")[:12]

    @property
    def count(self) -> int:
        """How many people have joined, without those who lead; who has left counts by what stays of them."""
        return len(self._content.people)

    @property
    def current(self) -> str:
        """The challenge at which the class is; empty before the first."""
        return self._content.current

    @property
    def collecting(self) -> bool:
        """Whether digits are being collected."""
        return self._content.collecting

    @property
    def wall(self) -> bool:
        """Whether everybody sees the digits."""
        return self._content.wall

    @property
    def runs(self) -> tuple[PostedRun, ...]:
        """The board, the oldest run first."""
        return self._content.runs

    @property
    def nicknames(self) -> Mapping[str, str]:
        """What stands beside the digits of those who want that, by key."""
        return self._content.nicknames

    @property
    def drawn(self) -> Mapping[str, int]:
        """How many digits each member has drawn, by key."""
        return self._content.drawn

    @property
    def taken_out(self) -> Sequence[str]:
        """The drawings that nobody sees any more."""
        return self._content.taken_out

    def key_of(self, person_id: str) -> str:
        """Return the name of a person in this room, which says nothing about them elsewhere."""
        return key_in(self.id, person_id)

    def is_led_by(self, person_id: str) -> bool:
        """Whether this person leads the room."""
        return self.key_of(person_id) in self._content.leaders

    def has_joined(self, person_id: str) -> bool:
        """Whether this person is a member."""
        return self.key_of(person_id) in self._content.members

    def since(self, person_id: str) -> float:
        """Return when this person came to lead or to join, in seconds since 1970; 0 if they did not."""
        key = self.key_of(person_id)
        return max(self._content.leaders.get(key, 0.0), self._content.members.get(key, 0.0))

    # Guesses

    def poll(self, person_id: str, name: str) -> Poll:
        """Return what a person may know of the guesses in a challenge: before they are shown, their own."""
        poll = self._content.polls.get(name, Poll())
        if self.is_led_by(person_id):
            return poll
        key = self.key_of(person_id)
        rounds, reasons = poll.rounds, _only(key, poll.reasons)
        if not self.has_joined(person_id) or not (poll.shown or poll.open):
            rounds = tuple(_only(key, one) for one in rounds)
        return replace(poll, rounds=rounds, reasons=reasons)

    def guessed(self, name: str) -> int:
        """Count the members who have guessed in the last vote."""
        poll = self._content.polls.get(name, Poll())
        return len(poll.rounds[-1])

    def guess(self, person_id: str, name: str, guess: str) -> None:
        """Take a member's guess, in place of their earlier one."""
        key = self._member(person_id)
        if not GUESS.fullmatch(guess):
            raise RoomRefused("This is not a guess.")

        def take(poll: Poll) -> Poll:
            if poll.shown or poll.open:
                raise RoomRefused(OVER)
            return replace(poll, rounds=(*poll.rounds[:-1], {**poll.rounds[-1], key: guess}))

        self._change_poll(name, take, seen=False)

    def withdraw(self, person_id: str, name: str) -> None:
        """Take a member's own guess back, as long as the vote is not over."""
        key = self._member(person_id)

        def take(poll: Poll) -> Poll:
            if poll.shown or poll.open:
                raise RoomRefused(OVER)
            others = {one: guess for one, guess in poll.rounds[-1].items() if one != key}
            return replace(poll, rounds=(*poll.rounds[:-1], others))

        self._change_poll(name, take, seen=False)

    def give_reason(self, person_id: str, name: str, reason: str) -> None:
        """Take a member's sentence on why they think so."""
        key = self._member(person_id)

        def take(poll: Poll) -> Poll:
            if poll.open:
                raise RoomRefused("The class is looking at the result already.")
            return replace(poll, reasons={**poll.reasons, key: tidy(reason, LONGEST_REASON)})

        self._change_poll(name, take, seen=False)

    def go_to(self, person_id: str, name: str) -> None:
        """Say at which challenge the class is; nowhere if it is empty."""
        self._leader(person_id)
        if name != self.current:
            self._change(lambda content: replace(content, current=name))

    def show_guesses(self, person_id: str, name: str) -> None:
        """Let everybody see the guesses of the last vote."""
        self._leader(person_id)
        self._change_poll(name, lambda poll: replace(poll, shown=True))

    def vote_again(self, person_id: str, name: str) -> None:
        """Begin a second vote; the first one stays."""
        self._leader(person_id)

        def begin(poll: Poll) -> Poll:
            if poll.open or len(poll.rounds) == MOST_ROUNDS:
                raise RoomRefused("There can be two votes, before the result is seen.")
            return replace(poll, rounds=(*poll.rounds, {}), shown=False)

        self._change_poll(name, begin)

    def show_result(self, person_id: str, name: str, runs: Sequence[str] = ()) -> None:
        """End the vote, and let everybody watch these runs."""
        self._leader(person_id)
        before = self._content.polls.get(name, Poll())
        if not before.open or before.runs != tuple(runs):
            self._change_poll(name, lambda poll: replace(poll, shown=True, open=True, runs=tuple(runs)))

    def begin_anew(self, person_id: str, name: str) -> None:
        """Forget all guesses in a challenge."""
        self._leader(person_id)
        self._change_poll(name, lambda _: Poll())

    # Digits and runs

    def collect(self, person_id: str, *, collecting: bool) -> None:
        """Begin or end to collect digits."""
        self._leader(person_id)
        self._change(lambda content: replace(content, collecting=collecting))

    def show_wall(self, person_id: str, *, shown: bool) -> None:
        """Let everybody see the digits, or not."""
        self._leader(person_id)
        self._change(lambda content: replace(content, wall=shown))

    def take_out(self, person_id: str, drawings: Iterable[str]) -> None:
        """Take drawings out of the class's digits; what was taken out before and is not named comes back."""
        self._leader(person_id)
        self._change(lambda content: replace(content, taken_out=tuple(dict.fromkeys(drawings))))

    def check_drawing(self, person_id: str) -> None:
        """Raise RoomRefused unless the person is a member, and digits are being collected."""
        self._member(person_id)
        if not self.collecting:
            raise RoomRefused("No digits are being collected just now.")

    def note_drawings(self, person_id: str, count: int, nickname: str) -> None:
        """Note how many digits a member has drawn, and what shall stand beside them."""
        self.check_drawing(person_id)
        key, name = self.key_of(person_id), tidy(nickname, LONGEST_NICKNAME)

        def note(content: RoomContent) -> RoomContent:
            names = {**content.nicknames, key: name}
            return replace(
                content,
                drawn={**content.drawn, key: count},
                nicknames={one: name for one, name in names.items() if name},
            )

        self._change(note, seen=self.wall)

    def post_run(self, person_id: str, run_id: str, nickname: str) -> None:
        """Put a run on the board; of each person it holds the newest five."""
        key = self._anybody(person_id)
        posted = PostedRun(run_id, key, tidy(nickname, LONGEST_NICKNAME))

        def post(content: RoomContent) -> RoomContent:
            others = [run for run in content.runs if run.run_id != run_id]
            own = [run for run in others if run.key == key]
            gone = own[: max(0, len(own) - MOST_RUNS + 1)]
            return replace(content, runs=(*(run for run in others if run not in gone), posted))

        self._change(post)

    def take_off(self, person_id: str, run_id: str) -> None:
        """Take a run off the board: the leader any, others their own."""
        key = self._anybody(person_id)
        if not self.is_led_by(person_id) and not any(
            run.key == key for run in self.runs if run.run_id == run_id
        ):
            raise RoomRefused(NOT_LEADING)
        self._change(
            lambda content: replace(content, runs=tuple(run for run in content.runs if run.run_id != run_id))
        )

    def drop_nickname(self, person_id: str, key: str) -> None:
        """Take somebody's nickname off the board and the wall."""
        self._leader(person_id)
        self._change(
            lambda content: replace(
                content,
                nicknames={one: name for one, name in content.nicknames.items() if one != key},
                runs=tuple(replace(run, nickname="") if run.key == key else run for run in content.runs),
            )
        )

    # Who leads, and who is there

    def new_link(self, person_id: str) -> str:
        """Return the secret of a new link that lets one more browser lead, once; an earlier one is void."""
        self._leader(person_id)
        secret = new_id()
        self._change(lambda content: replace(content, link=_digest(secret)), seen=False)
        return secret

    def lead(self, person_id: str, secret: str) -> None:
        """Let a person lead who has the secret of the leader's link, which is void then."""
        key = self.key_of(person_id)

        def take(content: RoomContent) -> RoomContent:
            if not content.link or not secrets.compare_digest(content.link, _digest(secret)):
                raise RoomRefused("This link for leading the room was used before, or a newer one was made.")
            newest = dict([*content.leaders.items(), (key, time.time())][-MOST_LEADERS:])
            members = {one: then for one, then in content.members.items() if one != key}
            return replace(content, link="", leaders=newest, members=members)

        self._change(take)

    def join(self, person_id: str) -> None:
        """Make a person a member, unless they lead; RoomRefused if the room is full."""
        key = self.key_of(person_id)

        def take(content: RoomContent) -> RoomContent:
            if key not in content.people and len(content.people) >= MOST_MEMBERS:
                raise RoomRefused(ROOM_FULL)
            return replace(content, members={**content.members, key: time.time()})

        if not self.is_led_by(person_id):
            self._change(take, seen=False)

    def leave(self, person_id: str) -> None:
        """Take a person off the members; what they have guessed and drawn stays."""
        key = self.key_of(person_id)
        self._change(
            lambda content: replace(
                content,
                members={one: then for one, then in content.members.items() if one != key},
                leaders={one: then for one, then in content.leaders.items() if one != key},
            ),
            seen=False,
        )

    def hand_over(self, before: str, after: str) -> None:
        """Give another person the place of the one before: it was one browser all the time.

        RoomRefused, FileUnreadable or OSError if that is not possible just now; nothing is lost then.
        """
        if not self.since(before) or self.since(after):
            return
        old, new = self.key_of(before), self.key_of(after)
        drawings = drawing_store()
        drawn = drawings.read(old, Path.read_bytes)
        if drawn is not None:  # first a copy, so that they are there whenever the server is killed
            drawings.put(new, lambda path: write_atomically(path, drawn))
        self._change(
            lambda content: content_of(write_content(content).replace(old.encode(), new.encode())), seen=False
        )
        drawings.path(old).unlink(missing_ok=True)

    # Inside

    def save(self) -> None:
        """Write the room as it is, which notes that it is in use."""
        self._change(lambda content: content, seen=False)

    def touch(self) -> None:
        """Note that the room is in use, now and then."""
        if time.time() - self._content.used > NOTED_EVERY:
            with suppress(RoomRefused):
                self.save()

    @property
    def is_over(self) -> bool:
        """Whether it has not been used for a day."""
        return time.time() - self._content.used > DAY

    def end(self) -> None:
        """Refuse whatever comes from now on."""
        with self._lock:
            self._closed = True

    def _leader(self, person_id: str) -> str:
        if not self.is_led_by(person_id):
            raise RoomRefused(NOT_LEADING)
        return self.key_of(person_id)

    def _member(self, person_id: str) -> str:
        if not self.has_joined(person_id):
            raise RoomRefused(NO_MEMBER)
        return self.key_of(person_id)

    def _anybody(self, person_id: str) -> str:
        if not self.since(person_id):
            raise RoomRefused(NO_MEMBER)
        return self.key_of(person_id)

    def _change_poll(self, name: str, change: Callable[[Poll], Poll], *, seen: bool = True) -> None:
        def changed(content: RoomContent) -> RoomContent:
            polls = content.polls
            if not POLL.fullmatch(name) or (name not in polls and len(polls) >= MOST_POLLS):
                raise RoomRefused("This is not a challenge.")
            return replace(content, polls={**polls, name: change(polls.get(name, Poll()))})

        self._change(changed, seen=seen)

    def _change(self, change: Callable[[RoomContent], RoomContent], *, seen: bool = True) -> None:
        """Write what the room becomes, and only then let it be so."""
        with self._lock:
            if self._closed:
                raise RoomRefused("This room was closed.")
            content = replace(change(self._content), used=time.time())
            written = write_content(content)
            try:
                room_store().put(self.id, lambda path: write_atomically(path, written))
            except OSError as error:
                _log.exception("A room cannot be written")
                raise RoomRefused(UNSAVED) from error
            self._content = content
            self.version += 1
            self.shown_version += seen


def _only(key: str, known: Mapping[str, str]) -> dict[str, str]:
    return {key: known[key]} if key in known else {}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
