"""All rooms of this server: opened, found by their codes, read from disk, and forgotten."""

import logging
import math
import os
import secrets
import time
from threading import RLock

from dashboard.lab.code_tries import CodeTries
from dashboard.lab.room import NOT_LEADING, Room, RoomRefused, key_in
from dashboard.lab.room_file import CODE_LENGTH, LETTERS, RoomContent, content_of, drawing_store, room_store
from mnist_core.storage.file_store import FileUnreadable, new_id

ROOMS_OF_ADDRESS = 20  # that one address may have opened
WRONG_CODE = "There is no room with this code. Check the six letters."
SERVER_FULL = (
    "There are as many rooms on this server as it can hold. A room is forgotten a day after its last use."
)

_log = logging.getLogger(__name__)


class Rooms:
    """All rooms of this server."""

    def __init__(self, most: int | None = None) -> None:
        """Begin with the rooms on disk; `most` is by default as many as there may be sessions."""
        asked = os.environ.get("DIGIT_LAB_SESSIONS", "")
        self._most = most or (int(asked) if asked.isdecimal() else 200)
        self._rooms: dict[str, Room] = {}
        self._unread: set[str] | None = None  # files that could not be read yet; None before the first look
        self._opened: dict[str, list[str]] = {}  # address -> ids of the rooms that it opened
        self._tries = CodeTries()
        self._lock = RLock()

    def room_of(self, person_id: str) -> Room | None:
        """Return the room that a person came to last; None if they are in none."""
        rooms = [room for room in self._all() if room.since(person_id)]
        return max(rooms, key=lambda room: room.since(person_id), default=None)

    def open(self, person_id: str, address: str) -> Room:
        """Open a room, which this person leads; if they lead one already, that is returned."""
        with self._lock:
            rooms = self._all()
            led = next((room for room in rooms if room.is_led_by(person_id)), None)
            if led:
                return led
            ids = {room.id for room in rooms}
            opened = [one for one in self._opened.get(address, []) if one in ids]
            if len(rooms) >= self._most or len(opened) >= ROOMS_OF_ADDRESS:
                raise RoomRefused(SERVER_FULL)
            codes = {room.code for room in rooms}
            code = next(code for code in iter(_new_code, "") if code not in codes)
            room_id, now = new_id(), time.time()
            room = Room(room_id, RoomContent(code, now, {key_in(room_id, person_id): now}))
            room.save()
            self._rooms[room.id] = room
            self._opened[address] = [*opened, room.id]
            return room

    def join(self, code: str, person_id: str, address: str, key: str = "") -> Room:
        """Join the room with this code; a wrong one costs time, for the person and for their address.

        Who is in the room already, or has the key of its link, never waits for the wrong codes of others.
        """
        wanted = "".join(code.upper().split())
        room = next((room for room in self._all() if secrets.compare_digest(room.code, wanted)), None)
        if room is None or not (room.since(person_id) or secrets.compare_digest(room.link_key, key)):
            self._check_tries(person_id, address)
        if room is None:
            self._tries.note_wrong(person_id, address)
            raise RoomRefused(WRONG_CODE)
        room.join(person_id)
        return room

    def lead(self, code: str, secret: str, person_id: str, address: str) -> Room:
        """Lead the room with this code, with the secret of a leader's link; a wrong one costs time."""
        self._check_tries(person_id, address)
        room = next((room for room in self._all() if room.code == code), None)
        try:
            if room is None:
                raise RoomRefused(WRONG_CODE)
            room.lead(person_id, secret)
        except RoomRefused:
            self._tries.note_wrong(person_id, address)
            raise
        return room

    def close(self, room: Room, person_id: str) -> None:
        """Forget a room at once; RoomRefused for those who do not lead it."""
        if not room.is_led_by(person_id):
            raise RoomRefused(NOT_LEADING)
        self._forget(room)

    def hand_over(self, before: str, after: str) -> None:
        """Give another person every place of the one before."""
        for room in self._all():
            room.hand_over(before, after)

    def _check_tries(self, person_id: str, address: str) -> None:
        wait = math.ceil(self._tries.wait(person_id, address))
        if wait:
            seconds = "a second" if wait == 1 else f"{wait} seconds"
            raise RoomRefused(f"There were too many wrong codes. Wait {seconds}, then try again.")

    def _all(self) -> list[Room]:
        with self._lock:
            if self._unread is None or self._unread:
                self._read()
            for room in [room for room in self._rooms.values() if room.is_over]:
                self._forget(room)
            return list(self._rooms.values())

    def _read(self) -> None:
        """Read the rooms on disk that are not known yet; a damaged file is put aside."""
        store, unread = room_store(), set[str]()
        for room_id in set(store.ids()) - set(self._rooms):
            try:
                content = store.read(room_id, lambda path: content_of(path.read_bytes()))
                if content is not None:
                    self._rooms[room_id] = Room(room_id, content)
            except FileUnreadable as error:
                _log.exception("A room cannot be read")
                if error.damaged:
                    store.put_aside(room_id)
                else:
                    unread.add(room_id)
        self._unread = unread

    def _forget(self, room: Room) -> None:
        room.end()
        with self._lock:
            self._rooms.pop(room.id, None)
            try:
                for key in room.drawn:
                    drawing_store().path(key).unlink(missing_ok=True)
                room_store().path(room.id).unlink(missing_ok=True)
            except OSError:  # it is read again after the next start, and forgotten then
                _log.exception("A room cannot be deleted")


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
