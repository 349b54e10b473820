"""A room on the page: opened, joined and led by people who each have a page of their own."""

import time

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.lab import shared
from dashboard.lab.room import Room
from dashboard.lab.room_digits import digits_of
from dashboard.learn import state as learn_state
from dashboard.learn.computed_once import input_readers, map_of_settings, readings_by_digits
from dashboard.room import digits_view
from dashboard.room import state as room_state
from mnist_core import Digits, Run
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.training.worker import State
from tests.dashboard.page import labels, open_page, open_tab, press, rerun, sent, texts
from tests.dashboard.runs import ONE, OTHER, found_run, join, person, store
from tests.support.canvas import Canvas

pytestmark = pytest.mark.slow

THIRD = "3" * 32
PAIR, PICTURE = "5 · Which two digits does it mix up most?", "2 · What does the first step learn?"


def visit(person_id: str, **address: str) -> AppTest:
    return open_page(person(person_id), tab="Learn", **{"learn": "room", **address})


def come_back(person_id: str, **address: str) -> AppTest:
    """Open the page in a new session of somebody whom the server has forgotten meanwhile."""
    return open_tab(visit(person_id, **address), "Learn")


@pytest.fixture
def teacher(server: object) -> AppTest:
    return press(open_tab(visit(ONE), "Learn"), "Open a room")


@pytest.fixture
def room(teacher: AppTest) -> Room:
    room = shared.rooms().room_of(ONE)
    assert room is not None
    return room


@pytest.fixture
def students(room: Room) -> list[AppTest]:
    """Two who have joined by the link."""
    link = {"room": room.code, "key": room.link_key}
    joined = [press(open_tab(visit(one, **link), "Learn"), "Join") for one in (OTHER, THIRD)]
    assert all("key" not in page.query_params for page in joined)
    return joined


def lead_to(teacher: AppTest, title: str) -> AppTest:
    press(rerun(teacher), "All challenges")
    return press(teacher, title)


def guess_pair(student: AppTest, one: int, other: int) -> AppTest:
    student.segmented_control(key="pair-one").set_value(one)
    student.segmented_control(key="pair-other").set_value(other)
    return press(rerun(student), "This is my guess")


def send_press(page: AppTest, button: str) -> None:
    """Send what a browser sends when the button with this id is pressed, whether it is on the page or not."""
    states = page._tree.get_widget_states()
    states.widgets.add(id=button, trigger_value=True)
    page._run(states)
    assert not page.exception


def figures(page: AppTest) -> str:
    """What is sent to the pictures of guesses, without the code of other components."""
    return "".join(
        one.proto.bytes.decode()
        for one in page.get("bidi_component")
        if one.proto.component_name == "digit_lab_class_figure" and "class-figure" in one.proto.id
    )


def test_a_class_guesses_sees_the_guesses_and_watches_one_run(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    one, other = students
    assert "**2 people have joined.**" in texts(rerun(teacher))
    lead_to(teacher, PAIR)
    for page in students:
        rerun(page)
        assert page.query_params["learn"] == "pair"  # brought there from the page of the room
    guess_pair(one, 9, 4)
    assert "**1 of 2** has guessed" in texts(rerun(teacher))
    assert "Your guess is in" in texts(one)
    assert not figures(teacher)
    guess_pair(other, 3, 5)
    press(rerun(teacher), "Show the guesses")
    for page in (teacher, rerun(one), rerun(other)):
        assert "4 and 9: 1, 3 and 5: 1" in figures(page).replace(
            "3 and 5: 1, 4 and 9: 1", "4 and 9: 1, 3 and 5: 1"
        )
        assert "What happened" not in texts(page)
    assert figures(one).count("your guess") == 2  # once for a wide page, once for a phone
    assert "your guess" not in figures(teacher)
    press(teacher, "Go on to the result")
    assert not {label for label in labels(rerun(one)) if "Train with" in label}
    assert "as soon as your teacher starts it" in texts(one)
    press(teacher, "Train with these settings")
    (run_id,) = room.poll(OTHER, "pair").runs
    join(found_run(run_id))
    for page in (teacher, one, other):
        assert "### What happened" in texts(rerun(page))
        assert figures(page).count('class="result"') == 4  # the row and its key, for two widths
    assert "**Your guess:** 4 and 9" in texts(one)
    assert "**Your guess:** 3 and 5" in texts(other)
    assert "**A typical guess of the class:**" in texts(teacher)
    assert "of 2 guessed just that" in texts(other)
    assert len(shared.jobs().active([run_id])) == 0
    assert [len(person(one).jobs) for one in (ONE, OTHER, THIRD)] == [1, 0, 0]


def test_before_they_are_shown_nothing_of_the_guesses_of_others_is_sent(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    one, other = students
    lead_to(teacher, PAIR)
    for page in students:
        rerun(page)
    guess_pair(one, 6, 8)
    guess_pair(other, 0, 1)
    assert "6 and 8" not in sent(rerun(other)) + texts(other)
    assert "6 and 8" in sent(rerun(one))  # their own


def test_students_have_no_button_that_leads_and_what_they_send_in_its_name_does_nothing(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    student = students[0]
    lead_to(teacher, PAIR)
    guess_pair(rerun(student), 4, 9)
    rerun(teacher)
    leading = {button.proto.id: button.label for button in teacher.button}
    mine = {button.proto.id for button in student.button}
    assert {"Show the guesses", "Vote again"} <= {label for one, label in leading.items() if one not in mine}
    before = room.version
    for name in leading.keys() - mine:  # the ids are the same for everybody: they are no secret
        send_press(student, name)
    assert room.version == before
    send_press(rerun(teacher), next(one for one, label in leading.items() if label == "Show the guesses"))
    assert room.poll(OTHER, "pair").shown  # of the leader, the same message counts


@pytest.mark.parametrize(
    ("name", "guess", "title", "label"),
    [
        ("preparation", "raw:example", "7 · What does preparation do?", "Train the four models"),
        ("map", "200:0.1", "8 · Five tries for the best settings", "Train them all"),
        ("few-digits", "100:20:5", "9 · How few digits are enough?", "Train them all"),
    ],
)
def test_what_is_computed_for_a_class_is_begun_by_its_leader_only(
    teacher: AppTest, room: Room, students: list[AppTest], name: str, guess: str, title: str, label: str
) -> None:
    for result in (input_readers, map_of_settings, readings_by_digits):
        result.forget()
    lead_to(teacher, title)
    room.guess(OTHER, name, guess)
    assert label not in labels(rerun(students[0]))
    press(rerun(teacher), "Show the guesses")
    press(teacher, "Go on to the result")
    assert label in labels(teacher)
    for student in students:
        assert label not in labels(rerun(student))
    assert "as soon as your teacher starts it" in texts(students[0])


def test_a_second_vote_begins_with_the_first_guess_and_shows_both(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    one, other = students
    lead_to(teacher, PICTURE)
    for page, choice in ((rerun(one), "noise"), (rerun(other), "contrast")):
        page.session_state[learn_state.drafts.key] = {"first-step": choice}
        press(rerun(page), "This is my guess")
    press(rerun(teacher), "Show the guesses")
    press(teacher, "Vote again")
    rerun(one)
    assert "Vote again" in "".join(info.value for info in one.info)
    assert one.session_state[learn_state.drafts.key]["first-step"] == "noise"
    one.session_state[learn_state.drafts.key] = {"first-step": "contrast"}
    press(rerun(one), "This is my guess")
    press(rerun(teacher), "Show the guesses")
    assert "First vote: 2 guesses" in figures(teacher)
    assert "Second vote: 1 guess" in figures(teacher)
    assert "Vote again" not in labels(teacher)


def test_a_guess_can_be_changed_until_it_is_shown(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    student = students[0]
    lead_to(teacher, PAIR)
    guess_pair(rerun(student), 4, 9)
    press(student, "Change my guess")
    assert room.guessed("pair") == 0
    guess_pair(student, 3, 5)
    press(rerun(teacher), "Show the guesses")
    assert "Change my guess" not in labels(rerun(student))
    assert room.poll(OTHER, "pair").rounds == ({room.key_of(OTHER): "3-5"},)


def test_the_reason_is_asked_before_the_result_and_sent_to_the_room(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    student = students[0]
    lead_to(teacher, PAIR)
    guess_pair(rerun(student), 4, 9)
    student.text_input(key="why-pair").set_value("They *look* alike")
    rerun(student)
    assert list(room.poll(ONE, "pair").reasons.values()) == ["They *look* alike"]
    assert room.poll(THIRD, "pair").reasons == {}
    press(rerun(teacher), "Show the guesses")
    press(teacher, "Go on to the result")
    press(teacher, "Train with these settings")
    join(found_run(room.poll(ONE, "pair").runs[0]))
    assert "You thought: They \\*look\\* alike" in texts(rerun(student))
    assert not [field for field in student.text_input if field.key == "why-pair"]


def test_everybody_is_back_in_place_after_a_restart(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    lead_to(teacher, PAIR)
    guess_pair(rerun(students[0]), 4, 9)
    shared.reset()
    shared.digits_loader().wait(60)
    student = come_back(OTHER, learn="pair", room=room.code)
    assert "Your guess is in" in texts(student)
    assert "Show the guesses" in labels(come_back(ONE, learn="pair"))
    assert "This is my guess" in labels(come_back(THIRD, learn="pair"))


def test_a_link_of_another_room_asks_before_the_first_is_left(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    lead_to(teacher, PAIR)  # nor does the class of the first room take them along
    other_room = shared.rooms().open("4" * 32, "elsewhere")
    page = come_back(OTHER, room=other_room.code)
    assert "When you join another one, you leave it" in "".join(info.value for info in page.info)
    assert room.has_joined(OTHER)
    press(page, "Join")
    assert (room.has_joined(OTHER), other_room.has_joined(OTHER)) == (False, True)


def test_the_leaders_link_leads_from_another_browser_and_leaves_the_address(
    teacher: AppTest, room: Room
) -> None:
    press(teacher, "Make a link")
    secret = teacher.session_state[room_state.link.key]
    assert secret in sent(teacher)
    page = come_back(OTHER, room=room.code, lead=secret)
    assert not room.is_led_by(OTHER)  # opening it is not enough: a preview of a link opens it as well
    press(page, "Lead the room")
    assert room.is_led_by(OTHER)
    assert "lead" not in page.query_params
    press(come_back(THIRD, room=room.code, lead=secret), "Lead the room")
    assert not room.is_led_by(THIRD)


def test_wrong_codes_are_refused_with_a_sentence_and_then_cost_time(teacher: AppTest, room: Room) -> None:
    page = open_tab(visit(OTHER), "Learn")
    for _ in range(6):
        page.text_input(key=room_state.code.key).set_value("BBBBBB")
        press(rerun(page), "Join")
    assert "too many wrong codes" in texts(page)
    page.text_input(key=room_state.code.key).set_value(room.code)
    press(rerun(page), "Join")
    assert not room.has_joined(OTHER)


def test_somebody_else_at_the_same_computer_begins_anew(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    student = students[0]
    press(student, "Begin anew")
    before, after = person(OTHER), student.session_state["visitor"]
    assert after.id != OTHER
    assert before.is_over
    assert not after.has_anything
    assert room.has_joined(OTHER)
    assert not room.has_joined(after.id)


def test_a_room_that_is_closed_is_gone_for_everybody(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    press(teacher, "Close it now")
    assert "Open a room" in labels(rerun(teacher))
    assert "Join" in labels(rerun(students[0]))


def test_a_room_that_has_something_new_is_shown_anew_and_nothing_else_is(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    def signature(page: AppTest) -> tuple[object, ...]:
        leads = page.session_state["visitor"].id == ONE
        return room.id, room.version if leads else room.shown_version

    lead_to(teacher, PAIR)
    for page in (teacher, *students):
        rerun(page)
        assert page.session_state[room_state.seen.key] == signature(page)
    room.guess(OTHER, "pair", "4-9")
    assert teacher.session_state[room_state.seen.key] != signature(teacher)
    assert students[1].session_state[room_state.seen.key] == signature(students[1])
    room.show_guesses(ONE, "pair")
    assert students[1].session_state[room_state.seen.key] != signature(students[1])


def test_while_a_class_watches_the_run_learns_on_every_page(
    teacher: AppTest, room: Room, students: list[AppTest]
) -> None:
    student = students[0]
    lead_to(teacher, "1 · Where does the learning happen?")
    rerun(student).session_state[learn_state.drafts.key] = {"curve": "10,20,40,70,80,90"}
    press(rerun(student), "This is my guess")
    press(rerun(teacher), "Show the guesses")
    press(teacher, "Go on to the result")
    teacher.session_state["slow_motion"] = True
    press(teacher, "Train with these settings")
    run = found_run(room.poll(ONE, "curve").runs[0])
    while len(run.history) < 3:
        time.sleep(0.05)
    rerun(student)
    assert run.state is State.RUNNING
    assert figures(student).count('<polyline class="result"') == 2
    run.stop()
    join(run)


# Digits and runs


def draw(page: AppTest, canvas: Canvas, left: int) -> AppTest:
    """Draw a stroke on the board that is shown."""
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    canvas.image_data[60:220, left : left + 20, :3] = 0
    return rerun(rerun(page))


def to_part(teacher: AppTest, part: str) -> AppTest:
    teacher.segmented_control(key="room-part").set_value(part)
    return rerun(teacher)


def teacher_sees(teacher: AppTest) -> tuple[str, ...]:
    """The ids of the digits on the wall."""
    return tuple(teacher.session_state[room_state.on_wall.key])


def pictures(page: AppTest, key: str) -> str:
    (found,) = (one.proto for one in page.get("bidi_component") if one.proto.id.endswith(key))
    return str(found.bytes.decode())


def test_a_class_draws_a_test_set_that_the_leader_looks_through_and_shows(
    teacher: AppTest, room: Room, students: list[AppTest], canvas: Canvas, ended: Run
) -> None:
    one, other = students
    press(to_part(teacher, "Digits"), "Collect digits")
    for page in students:
        assert "Draw **a 0**" in texts(rerun(page))
    one.text_input(key=room_state.nickname.key).set_value("Ann_1")
    press(draw(one, canvas, 100), "Send this 0")
    canvas.image_data = None
    assert "Draw **a 1**" in texts(rerun(one))
    draw(one, canvas, 120)
    assert canvas.image_data is not None
    with_second = canvas.image_data.copy()
    with_second[200:220, 100:180, :3] = 0
    canvas.image_data = with_second  # a second stroke, which comes with the press
    press(one, "Send this 1")
    second = next(digit for digit in digits_of(room).shown(room, ONE) if digit.label == 1)
    prepared = prepare_drawing(ink_of(with_second))
    assert prepared is not None
    assert torch.equal(second.prepared, prepared.centred)
    press(draw(other, canvas, 140), "Send this 0")
    assert "**3 digits** from 2 of 2 people" in texts(rerun(teacher))
    assert "Ann_1" in pictures(teacher, "room-wall")
    assert "The digits of your class" not in texts(rerun(other))
    assert "Ann_1" not in sent(other)
    press(teacher, "Ann\\_1")
    digits_of(room).add(room, OTHER, Drawing(ink_of(with_second), 0), "")  # one more 0, before the 1
    teacher.session_state["room-wall"] = {"click": {"value": 2, "stamp": 1.0}}
    rerun(teacher)
    assert room.taken_out == (second.id,)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits_view, "MOST_AT_ONCE", 1)  # of a large wall, only the 0s are shown at first
        shown = teacher_sees(rerun(teacher))
        teacher.session_state["room-wall"] = {"click": {"value": 1, "stamp": 2.0}}
        assert teacher_sees(rerun(teacher)) == (shown[0], shown[2])
        assert room.taken_out == (second.id, shown[1])
    room.take_out(ONE, [second.id])
    press(teacher, "Show the wall")
    press(teacher, "End collecting")
    assert "The digits of your class" in texts(rerun(other))
    assert "Send this 1" not in labels(other)
    assert "Ann_1" not in sent(other)
    assert not {"Hide the wall", "Bring 1 back", "Collect digits"} & labels(other)
    page = to_part(come_back(ONE, run=store(ended)), "Digits")
    assert "of 3** correctly" in texts(page)


def test_the_class_sends_runs_to_a_board_and_the_leader_opens_them_in_compare(
    teacher: AppTest, room: Room, students: list[AppTest], ended: Run
) -> None:
    own, linked = store(ended, person(OTHER)), store(ended)
    page = come_back(OTHER, run=linked)
    assert "Send my run to the board" not in labels(page)  # of somebody else
    page = come_back(OTHER, run=own)
    page.text_input(key=room_state.nickname.key).set_value("<b>Ben</b>")
    press(rerun(page), "Send my run to the board")
    assert [run.run_id for run in room.runs] == [own]
    rerun(students[1])
    board = "".join(html.proto.body for html in students[1].get("html"))
    assert "&lt;b&gt;Ben&lt;/b&gt;" in board
    assert "learning rate 0.2" in board
    right = round(ended.history[-1].test.accuracy * 1000)
    assert f"{right / 10:.1f}" in board
    to_part(teacher, "Runs")
    teacher.pills(key="room-chosen-runs").set_value([own])
    press(rerun(teacher), "Open in Compare")
    assert teacher.session_state["tab"] == "Compare"
    assert teacher.query_params["compare"] == own
    rerun(students[1])
    students[1].pills(key="room-chosen-runs").set_value([own])
    assert "Take off the board" not in labels(rerun(students[1]))


def test_the_leader_lets_a_run_learn_half_of_the_class(
    teacher: AppTest, room: Room, sample: Digits, ended: Run
) -> None:
    room.collect(ONE, collecting=True)
    for writer in ("5" * 32, "6" * 32, "7" * 32, "8" * 32):
        shared.rooms().join(room.code, writer, "")
        for number in range(5):
            image = sample.test.images[number].repeat_interleave(5, 0).repeat_interleave(5, 1)
            digits_of(room).add(room, writer, Drawing(image, int(sample.test.labels[number])), "")
    page = to_part(come_back(ONE, run=store(ended, person(ONE))), "Digits")
    press(page, "Learn the handwriting of half of the class")
    assert "Of the 10 digits of the other 2 writers" in texts(rerun(page))
    assert "Learn the handwriting of half of the class" not in labels(page)
