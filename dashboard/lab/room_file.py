"""What is kept of a room: its guesses, runs and people, as one file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder

LETTERS = "BCDFGHJKMNPRSTWXYZ"  # none that looks like another or like a digit, and no vowels: no words
CODE_LENGTH = 6


@dataclass(frozen=True)
class Poll:
    """What a class has guessed in one challenge.

    Attributes:
        rounds: for each vote, key of a member -> guess.
        shown: whether everybody sees the guesses of the last vote.
        open: whether the vote is over, and everybody may see the result.
        runs: the ids of the runs that everybody watches.
        reasons: key of a member -> why they think so.
    """

    rounds: tuple[Mapping[str, str], ...] = field(default_factory=lambda: ({},))
    shown: bool = False
    open: bool = False
    runs: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PostedRun:
    """A run on the board of a class; the nickname is empty where the person gave none."""

    run_id: str
    key: str
    nickname: str = ""


@dataclass(frozen=True)
class RoomContent:
    """All that is kept of a room.

    Attributes:
        code: six letters, by which people join.
        used: when it was last used, in seconds since 1970.
        leaders: keys of those who lead it.
        members: key -> when they joined, in seconds since 1970.
        link: SHA-256 of the secret in the leader's link; empty if there is none that can be used.
        current: the challenge at which the class is; empty before the first.
        polls: challenge -> what was guessed.
        runs: the board.
        collecting: whether digits are being collected.
        wall: whether everybody sees the digits.
        nicknames: key -> what stands beside the digits of a person who wants that.
        taken_out: drawings that the leader has taken out, each as `key`-number.
        drawn: key -> how many digits a member has drawn.
    """

    code: str
    used: float
    leaders: Mapping[str, float]
    members: Mapping[str, float] = field(default_factory=dict)
    link: str = ""
    current: str = ""
    polls: Mapping[str, Poll] = field(default_factory=dict)
    runs: tuple[PostedRun, ...] = ()
    collecting: bool = False
    wall: bool = False
    nicknames: Mapping[str, str] = field(default_factory=dict)
    taken_out: tuple[str, ...] = ()
    drawn: Mapping[str, int] = field(default_factory=dict)

    @property
    def people(self) -> set[str]:
        """Keys of all who have joined, but for those who have left and of whom nothing is kept."""
        guessed = (key for poll in self.polls.values() for vote in poll.rounds for key in vote)
        return {*self.members, *self.drawn, *guessed}


def room_store() -> FileStore:
    """The rooms, each by an id that nobody is shown."""
    return FileStore(home_folder() / "rooms", ".json")


def drawing_store() -> FileStore:
    """The digits that each member of each room has drawn, by the member's key."""
    return FileStore(home_folder() / "room-drawings", ".zip", max_bytes=2_000_000_000)


def write_content(content: RoomContent) -> bytes:
    """Write what is kept of a room."""
    return json.dumps(asdict(content)).encode()


def content_of(written: str | bytes) -> RoomContent:
    """Read what was written of a room; ValueError, TypeError or LookupError for anything else."""
    fields = json.loads(written)
    polls = {name: _poll(poll) for name, poll in dict(fields.pop("polls")).items()}
    runs = tuple(PostedRun(**run) for run in fields.pop("runs"))
    content = RoomContent(**fields | {"taken_out": tuple(fields["taken_out"])}, polls=polls, runs=runs)
    if not re.fullmatch(f"[{LETTERS}]{{{CODE_LENGTH}}}", content.code) or not content.used > 0:
        raise ValueError(f"expected a room, got {content!r:.200}")
    return content


def _poll(fields: dict[str, Any]) -> Poll:
    return Poll(**fields | {"rounds": tuple(fields["rounds"]), "runs": tuple(fields["runs"])})
