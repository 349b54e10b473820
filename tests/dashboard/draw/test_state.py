"""Drawing without drawing: a test digit or a photo is read in the place of what is on the board."""

import io
import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks.photos import make_photo
from benchmarks.strokes import PenDigit, Stroke, draw
from dashboard.draw import state as draw_state
from dashboard.lab import shared
from mnist_core import Run
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.preprocessing.photo import ink_of_photo
from mnist_core.storage.image_file import read_image
from tests.dashboard.page import button, finish, labels, open_page, open_tab, press, rerun, sent, shown, texts
from tests.dashboard.runs import ONE, digits, person, store
from tests.support.canvas import Canvas

SEVEN = PenDigit(7, "", [[(0, 0), (500, 20), (1000, 10), (700, 500), (350, 1000)]])
SEVEN_DRAWN = draw([[(84, 67), (196, 65), (168, 126), (140, 182), (123, 230)]])
NUMBER = 17
BACK, BACK_EMPTY = "Back to my drawing", "Back to the board"


@pytest.fixture
def page(server: Path, ended: Run, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page of one person, after a short training; the choice among the test digits is not random."""
    monkeypatch.setattr("random.randrange", lambda count: NUMBER)
    return open_page(person(ONE), run=store(ended), tab="Draw")


def _ink(page: AppTest) -> torch.Tensor | None:
    ink = page.session_state[draw_state.reading.key].ink
    assert ink is None or isinstance(ink, torch.Tensor)
    return ink


def _upload(page: AppTest, content: bytes, name: str = "photo.jpg") -> None:
    page.session_state["photo"] = True
    rerun(page)
    (control,) = [one for one in page.file_uploader if one.label.startswith("An image of one digit")]
    control.set_value((name, content, "image/jpeg"))
    rerun(page)


def _description(page: AppTest) -> str:
    label = int(digits().test.labels[NUMBER])
    return f"Test digit {NUMBER}, labelled {label}."


def test_a_test_digit_is_read_in_the_place_of_the_board(page: AppTest, ended: Run) -> None:
    press(page, "Random test digit")
    image = digits().test.images[NUMBER]
    ink = _ink(page)
    assert ink is not None
    assert torch.equal(ink, image)
    read = judge(ended.history[-1].model, prepare_drawing(image)).digit
    assert f"{read} (" in sent(page)
    assert _description(page) in sent(page)  # where the answer is announced, too
    assert "test digit" in sent(page)  # the first stage


def test_it_stays_while_the_script_runs_again_and_can_be_removed(page: AppTest) -> None:
    press(page, "Random test digit")
    for _ in range(2):
        rerun(page)
        assert _ink(page) is not None
    press(page, BACK_EMPTY)
    assert _ink(page) is None
    assert BACK_EMPTY not in labels(page)


def test_a_stroke_on_the_board_replaces_it_and_so_does_clear(page: AppTest, canvas: Canvas) -> None:
    canvas.image_data = SEVEN_DRAWN
    rerun(page)
    drawn = _ink(page)
    press(page, "Random test digit")
    other = _ink(page)
    assert drawn is not None
    assert other is not None
    assert other.shape == (28, 28)
    press(page, BACK)
    back = _ink(page)
    assert back is not None
    assert torch.equal(back, drawn)
    press(page, "Random test digit")
    canvas.image_data = draw([[(140, 60), (140, 220)]])
    rerun(page)
    stroke = _ink(page)
    assert stroke is not None
    assert stroke.shape == (280, 280)
    press(page, "Random test digit")
    canvas.image_data = np.full_like(SEVEN_DRAWN, 255)
    rerun(page)
    assert _ink(page) is None


def test_a_test_digit_cannot_be_kept(page: AppTest) -> None:
    press(page, "Random test digit")
    assert "What did you draw?" not in [one.label for one in page.segmented_control]


def test_without_a_model_a_test_digit_begins_a_run_as_a_stroke_does(app: AppTest) -> None:
    open_tab(app, "Draw")
    digits()
    press(rerun(app), "Random test digit")
    assert shown(app).config.learning_rate == 0.5
    finish(app)
    assert "labelled" in sent(app)


def test_while_the_digits_are_loading_there_is_no_test_digit(app: AppTest) -> None:
    open_tab(app, "Draw")
    loader = shared.digits_loader()
    loader.wait(60)
    loaded, loader.digits = loader.digits, None
    assert button(rerun(app), "Random test digit").disabled
    loader.digits = loaded
    assert not button(rerun(app), "Random test digit").disabled


# Photos


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo of a seven."""
    return make_photo(SEVEN, Random(3)).jpeg


def _image_file(kind: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(SEVEN_DRAWN[..., :3]).save(content, kind, quality=90)
    return content.getvalue()


def test_a_photo_is_read_like_the_core_reads_it(page: AppTest, photo: bytes) -> None:
    _upload(page, photo)
    expected = ink_of_photo(read_image(photo))
    ink = _ink(page)
    assert ink is not None
    assert torch.equal(ink, expected)
    assert "Read from your photo." in sent(page)
    assert "7 (" in sent(page)
    assert "What did you draw?" not in [one.label for one in page.segmented_control]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_file_of_each_kind_is_read(page: AppTest, kind: str) -> None:
    _upload(page, _image_file(kind), f"seven.{kind.lower()}")
    assert "7 (" in sent(page)


@pytest.mark.slow
def test_the_next_photo_replaces_the_one_before(page: AppTest, photo: bytes) -> None:
    _upload(page, photo)
    first = _ink(page)
    _upload(page, make_photo(SEVEN, Random(4)).jpeg)
    assert _ink(page) is not first
    assert _ink(page) is not None


def _claiming(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, "PNG")
    head = content.getvalue()
    return head[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + head[24:]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a letter, not an image", "it is not an image"),
        (b"", "it is not an image"),
        (_claiming(13_000, 13_000), "This file cannot be used"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is not an image"),
        (_image_file("JPEG")[:2_000], "it is damaged"),
    ],
    ids=["text", "empty", "13,000 x 13,000", "EPS", "half a photo"],
)
def test_any_other_file_is_refused_with_the_reason_and_what_to_do(
    page: AppTest, content: bytes, complaint: str
) -> None:
    _upload(page, content, "digit.png")
    (error,) = page.error
    assert complaint in error.value
    assert re.search("save it as PNG|save a smaller copy|choose another file", error.value)
    assert _ink(page) is None
    assert page.session_state["photo"] is True


def test_a_photo_without_a_digit_is_said_to_have_none(page: AppTest) -> None:
    content = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(content, "PNG")
    _upload(page, content.getvalue(), "blank.png")
    assert "No digit was found." in page.error[0].value
    assert _ink(page) is None


def test_a_rejected_photo_takes_the_answer_before_it_away(
    page: AppTest, canvas: Canvas, photo: bytes
) -> None:
    canvas.image_data = SEVEN_DRAWN
    rerun(page)
    _upload(page, photo)
    assert "7 (" in sent(page)
    page.session_state[draw_state.kept_notice.key] = "An older notice."
    _upload(page, b"a letter, not an image", "digit.png")
    assert "Nothing was read" in sent(page)
    assert "7 (" not in sent(page)
    assert "An older notice." not in texts(page)
    press(page, BACK)
    assert "7 (" in sent(page)
    assert not page.error


def test_of_several_digits_in_a_photo_the_one_that_is_read_is_boxed(page: AppTest) -> None:
    strokes: list[Stroke] = [[(40, 90), (110, 90), (70, 210)], [(190, 110), (188, 200)]]
    content = io.BytesIO()
    Image.fromarray(draw(strokes, width=14)[..., :3]).save(content, "PNG")
    _upload(page, content.getvalue(), "two.png")
    assert "Several digits: this one was read." in sent(page)
    picture = page.session_state["reading"].picture
    columns = (picture == 255).sum(dim=0)
    assert int((columns >= 120).sum()) == 2  # the two upright sides of the box


def test_the_camera_is_shown_only_when_it_is_asked_for(page: AppTest) -> None:
    page.session_state["photo"] = True
    assert not rerun(page).get("camera_input")
    page.toggle(key="use-camera").set_value(True)
    assert rerun(page).get("camera_input")
    page.toggle(key="use-camera").set_value(False)
    assert not rerun(page).get("camera_input")
