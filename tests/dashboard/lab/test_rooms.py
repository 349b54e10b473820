"""Rooms: who may do what in them, and that nothing of them is lost."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.lab import room as lab_room
from dashboard.lab.code_tries import OF_ADDRESS, OF_PERSON, CodeTries
from dashboard.lab.room import MOST_MEMBERS, Room, RoomRefused
from dashboard.lab.room_file import Poll, drawing_store, room_store
from dashboard.lab.rooms import Rooms
from mnist_core.storage.file_store import new_id
from mnist_core.storage.files import write_atomically
from tests.support.paths import ROOT

TEACHER, ANN, BEN = "1" * 32, "a" * 32, "b" * 32
HERE = "192.0.2.1"
RUN = "f" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def room(rooms: Rooms) -> Room:
    room = rooms.open(TEACHER, HERE)
    for person in (ANN, BEN):
        rooms.join(room.code, person, HERE)
    return room


def votes(room: Room, person: str, name: str = "pair") -> list[list[str]]:
    return [sorted(one.values()) for one in room.poll(person, name).rounds]


def test_people_join_with_a_code_that_can_be_read_aloud_however_they_type_it(rooms: Rooms) -> None:
    room = rooms.open(TEACHER, HERE)
    assert re.fullmatch("[B-DF-HJKMNPR-TW-Z]{6}", room.code)
    assert rooms.join(f" {room.code[:3].lower()} {room.code[3:]}", ANN, HERE) is room
    assert (rooms.room_of(ANN), rooms.room_of(TEACHER), rooms.room_of(BEN)) == (room, room, None)
    assert room.count == 1


def test_guesses_are_seen_by_others_only_once_they_are_shown(room: Room) -> None:
    room.guess(ANN, "pair", "4-9")
    room.guess(BEN, "pair", "3-5")
    room.give_reason(ANN, "pair", "They look\nalike")
    assert votes(room, ANN) == [["4-9"]]
    assert votes(room, TEACHER) == [["3-5", "4-9"]]
    assert votes(room, new_id()) == [[]]
    room.show_guesses(TEACHER, "pair")
    assert votes(room, BEN) == [["3-5", "4-9"]]
    assert votes(room, new_id()) == [[]]  # who has not joined sees nothing even now
    assert room.poll(BEN, "pair").reasons == {}
    assert list(room.poll(TEACHER, "pair").reasons.values()) == ["They look alike"]
    with pytest.raises(RoomRefused, match="vote is over"):
        room.guess(BEN, "pair", "4-9")


def test_a_second_vote_keeps_the_first_and_hides_both_until_they_are_shown(room: Room) -> None:
    room.guess(ANN, "pair", "4-9")
    room.guess(BEN, "pair", "3-5")
    room.show_guesses(TEACHER, "pair")
    room.vote_again(TEACHER, "pair")
    room.guess(ANN, "pair", "3-5")
    assert votes(room, BEN) == [["3-5"], []]
    assert votes(room, TEACHER) == [["3-5", "4-9"], ["3-5"]]
    assert room.guessed("pair") == 1
    room.show_result(TEACHER, "pair", [RUN])
    assert votes(room, BEN) == [["3-5", "4-9"], ["3-5"]]
    assert room.poll(BEN, "pair").runs == (RUN,)
    with pytest.raises(RoomRefused):
        room.vote_again(TEACHER, "pair")


@pytest.mark.parametrize(
    "act",
    [
        lambda room, person: room.show_guesses(person, "pair"),
        lambda room, person: room.vote_again(person, "pair"),
        lambda room, person: room.show_result(person, "pair", [RUN]),
        lambda room, person: room.begin_anew(person, "pair"),
        lambda room, person: room.go_to(person, "pair"),
        lambda room, person: room.collect(person, collecting=True),
        lambda room, person: room.show_wall(person, shown=True),
        lambda room, person: room.take_out(person, []),
        lambda room, person: room.drop_nickname(person, room.key_of(BEN)),
        lambda room, person: room.take_off(person, RUN),
        lambda room, person: room.new_link(person),
        lambda room, person: Rooms().close(room, person),
    ],
)
def test_only_the_leader_leads(room: Room, home: Path, act: Callable[[Room, str], object]) -> None:
    room.post_run(BEN, RUN, "Ben")
    before = {path: path.read_bytes() for path in home.rglob("*.json")}
    for person in (ANN, new_id(), room.key_of(TEACHER), room.id):
        with pytest.raises(RoomRefused):
            act(room, person)
    assert {path: path.read_bytes() for path in home.rglob("*.json")} == before
    act(room, TEACHER)


@pytest.mark.parametrize(
    "act",
    [
        lambda room, person: room.guess(person, "pair", "4-9"),
        lambda room, person: room.give_reason(person, "pair", "why"),
        lambda room, person: room.note_drawings(person, 1, ""),
    ],
)
def test_only_members_take_part_and_each_for_themselves(
    room: Room, act: Callable[[Room, str], object]
) -> None:
    room.collect(TEACHER, collecting=True)
    for stranger in (new_id(), room.key_of(ANN)):
        with pytest.raises(RoomRefused):
            act(room, stranger)
    act(room, ANN)
    assert room.poll(BEN, "pair") == Poll()  # nothing was done in the name of another


@pytest.mark.parametrize("guess", ["", "4-9\n", "=1+1", "x" * 101, "<b>"])
def test_a_guess_is_what_a_challenge_writes(room: Room, guess: str) -> None:
    with pytest.raises(RoomRefused):
        room.guess(ANN, "pair", guess)
    with pytest.raises(RoomRefused):
        room.guess(ANN, "../pair", "4-9")


def test_a_leaders_link_lets_one_more_browser_lead_once(rooms: Rooms, room: Room) -> None:
    old, secret = room.new_link(TEACHER), room.new_link(TEACHER)
    for wrong in ("", old, room.id, "0" * 32):
        with pytest.raises(RoomRefused):
            rooms.lead(room.code, wrong, ANN, HERE)
    rooms.lead(room.code, secret, "c" * 32, HERE)
    assert room.is_led_by("c" * 32)
    assert room.is_led_by(TEACHER)
    assert secret not in room_store().path(room.id).read_text()
    with pytest.raises(RoomRefused):
        rooms.lead(room.code, secret, "d" * 32, HERE)


def test_wrong_codes_cost_a_person_time_and_others_nothing(rooms: Rooms, room: Room) -> None:
    for _ in range(OF_PERSON[0]):
        with pytest.raises(RoomRefused, match="no room"):
            rooms.join("BBBBBB", "d" * 32, HERE)
    with pytest.raises(RoomRefused, match="too many wrong codes"):
        rooms.join(room.code, "d" * 32, HERE)
    assert rooms.join(room.code, "e" * 32, HERE) is room


def test_an_address_cannot_try_out_codes_with_ever_new_people() -> None:
    now = [0.0]
    tries, tried = CodeTries(lambda: now[0]), 0
    for second in range(3600):
        now[0] = float(second)
        while not tries.wait(person := new_id(), HERE):
            tries.note_wrong(person, HERE)
            tried += 1
    assert tried <= OF_ADDRESS[0] + 3600 / OF_ADDRESS[1]
    assert not tries.wait(ANN, "192.0.2.2")


def test_the_link_and_those_who_are_in_the_room_do_not_wait_for_the_wrong_codes_of_others(
    rooms: Rooms, room: Room
) -> None:
    rooms.join(room.code, ANN, HERE)
    for _ in range(OF_ADDRESS[0]):
        with pytest.raises(RoomRefused, match="no room"):
            rooms.join("BBBBBB", new_id(), HERE)
    assert rooms.join(room.code, ANN, HERE) is room
    assert rooms.join(room.code, new_id(), HERE, room.link_key) is room
    for code, key in ((room.code, ""), (room.code, "0" * 12), ("BBBBBB", room.link_key)):
        with pytest.raises(RoomRefused, match="too many wrong codes"):
            rooms.join(code, new_id(), HERE, key)


def test_a_room_holds_sixty_people_and_says_so(rooms: Rooms) -> None:
    room = rooms.open(TEACHER, HERE)
    people = [new_id() for _ in range(MOST_MEMBERS)]
    for person in people:
        rooms.join(room.code, person, HERE)
    with pytest.raises(RoomRefused, match="full"):
        rooms.join(room.code, ANN, HERE)
    rooms.join(room.code, people[0], HERE)  # who is in it comes back
    room.leave(people[0])
    rooms.join(room.code, ANN, HERE)
    assert room.count == MOST_MEMBERS


def test_who_leaves_and_joins_again_as_somebody_new_gets_no_second_vote_for_ever(rooms: Rooms) -> None:
    room = rooms.open(TEACHER, HERE)
    for _ in range(MOST_MEMBERS):
        rooms.join(room.code, person := new_id(), HERE)
        room.guess(person, "pair", "4-9")
        room.leave(person)
    assert (room.guessed("pair"), room.count) == (MOST_MEMBERS, MOST_MEMBERS)
    with pytest.raises(RoomRefused, match="full"):
        rooms.join(room.code, ANN, HERE)


def test_a_server_holds_so_many_rooms_and_no_address_takes_them_all() -> None:
    rooms = Rooms(most=30)
    for _ in range(20):
        rooms.open(new_id(), HERE)
    with pytest.raises(RoomRefused, match="as many rooms"):
        rooms.open(new_id(), HERE)
    for _ in range(9):
        rooms.open(new_id(), "192.0.2.2")
    room = rooms.open(TEACHER, "192.0.2.2")
    with pytest.raises(RoomRefused, match="as many rooms"):
        rooms.open(new_id(), "192.0.2.3")
    assert rooms.open(TEACHER, "192.0.2.3") is room


def test_a_room_is_forgotten_a_day_after_its_last_use_or_when_the_leader_says_so(
    rooms: Rooms, room: Room, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = rooms.open(BEN, HERE)
    rooms.close(other, BEN)
    with pytest.raises(RoomRefused):
        other.join(ANN)
    assert rooms.room_of(BEN) is room
    room.collect(TEACHER, collecting=True)
    drawing_store().put(room.key_of(ANN), Path.touch)
    room.note_drawings(ANN, 1, "")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20 * 3600)
    assert rooms.room_of(ANN) is room
    room.touch()
    monkeypatch.setattr(time, "time", lambda: now + 43 * 3600)
    assert Rooms().room_of(ANN)
    monkeypatch.setattr(time, "time", lambda: now + 45 * 3600)
    assert rooms.room_of(ANN) is None
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_restart_loses_nothing_and_everybody_is_back_in_place(room: Room) -> None:
    room.guess(ANN, "pair", "4-9")
    room.give_reason(ANN, "pair", "because")
    room.post_run(BEN, RUN, "Ben")
    room.show_result(TEACHER, "pair", [RUN])
    again = Rooms().room_of(ANN)
    assert again is not None
    assert again.poll(TEACHER, "pair") == room.poll(TEACHER, "pair")
    assert (again.runs, again.count, again.is_led_by(TEACHER)) == (room.runs, 2, True)


@pytest.mark.slow
def test_what_was_taken_is_on_disk_even_if_the_process_is_killed() -> None:
    act = (
        "import os, signal; from dashboard.lab.rooms import Rooms; rooms = Rooms();"
        f"room = rooms.open('{TEACHER}', ''); rooms.join(room.code, '{ANN}', '');"
        f"room.guess('{ANN}', 'pair', '4-9'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", act], check=False, cwd=ROOT, env=os.environ, timeout=60)
    room = Rooms().room_of(ANN)
    assert room is not None
    assert votes(room, TEACHER) == [["4-9"]]


def test_a_full_disk_changes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lab_room, "write_atomically", fail)
    with pytest.raises(RoomRefused, match="could not be saved"):
        room.guess(ANN, "pair", "4-9")
    assert room.guessed("pair") == 0
    drawing_store().put(room.key_of(ANN), Path.touch)
    with pytest.raises(OSError, match="No space"):
        room.hand_over(ANN, "c" * 32)
    assert room.has_joined(ANN)
    assert drawing_store().size(room.key_of(ANN)) is not None


def test_a_damaged_file_is_put_aside_and_one_that_cannot_be_read_is_read_later(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    store, bad = room_store(), new_id()
    store.put(bad, Path.touch)  # an empty file
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        rooms = Rooms()
        assert rooms.room_of(ANN) is None
    found = rooms.room_of(ANN)
    assert found is not None
    assert found.code == room.code
    assert store.ids() == [room.id]
    assert (store.folder / f"{bad}.damaged").exists()


def test_a_browser_that_got_another_id_keeps_its_place(rooms: Rooms, room: Room) -> None:
    room.guess(ANN, "pair", "4-9")
    room.collect(TEACHER, collecting=True)
    drawing_store().put(room.key_of(ANN), lambda path: write_atomically(path, b"drawn"))
    room.note_drawings(ANN, 1, "")
    rooms.hand_over(ANN, "c" * 32)
    assert votes(room, "c" * 32) == [["4-9"]]
    assert drawing_store().read(room.key_of("c" * 32), Path.read_bytes) == b"drawn"
    assert drawing_store().ids() == [room.key_of("c" * 32)]
    assert not room.has_joined(ANN)
    rooms.hand_over("c" * 32, BEN)  # who has a place already keeps that
    assert votes(room, BEN) == [[]]
