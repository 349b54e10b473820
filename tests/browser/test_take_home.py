"""The page to take home, opened from disk: it reads what is drawn as Python does, and asks for nothing."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.strokes import Stroke, place, read_pen_digits
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, page_of, predict_proba, train
from mnist_core.preprocessing.drawing import image_from_canvas
from tests.support import webdriver

BOARD = "return (({ left, top }) => [left, top])(document.getElementById('board').getBoundingClientRect())"
CLEAR = "document.getElementById('clear').click()"
# Red alone: the board is black on white. One text: 78,400 numbers take a second of the test's process.
ANSWER = """
const pixels = document.getElementById("board").getContext("2d").getImageData(0, 0, 280, 280).data;
return {
    red: [...pixels].filter((_, at) => at % 4 === 0).join(" "),
    digit: document.getElementById("digit").textContent,
    shares: [...document.querySelectorAll(".share")].map((share) => share.textContent),
};
"""


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    config = TrainingConfig(learning_rate=0.5, preprocessing=Preprocessing.DIRECTIONS, early_reports=True)
    return Run(config, tuple(train(config, sample)), "sample")


@pytest.fixture(scope="module")
def file(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "reader.html"
    path.write_text(page_of(run), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def drawings(pen_digits: Path) -> list[list[Stroke]]:
    rng = random.Random(0)
    return [place(digit, rng) for digit in islice(read_pen_digits(pen_digits), 0, 800, 40)]  # of 20 people


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    yield page
    assert context.cookies() == []
    context.close()


def check_answer(answer: dict[str, object], run: Run) -> None:
    """Hold what a page shows against what Python makes of the same pixels."""
    red = np.array(str(answer["red"]).split(), np.uint8).reshape(280, 280)
    image = image_from_canvas(np.stack((red, red, red, np.full_like(red, 255)), axis=-1))
    assert image is not None
    (probabilities,) = predict_proba(run.history[-1].model, image[None])
    assert answer["digit"] == str(int(probabilities.argmax()))
    shares = answer["shares"]
    assert isinstance(shares, list)
    found = [float(share.removesuffix(" %")) for share in shares]
    np.testing.assert_allclose(found, 100 * probabilities.numpy(), atol=0.2)


@pytest.mark.parametrize("count", [6, pytest.param(20, marks=pytest.mark.thorough)])
def test_chromium_reads_pen_digits_as_python_does_and_asks_for_nothing(
    page: Page, file: Path, run: Run, drawings: list[list[Stroke]], count: int
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    left, top = page.evaluate(f"() => {{ {BOARD} }}")
    for strokes in drawings[:count]:
        page.evaluate(CLEAR)
        for stroke in strokes:
            page.mouse.move(left + stroke[0][0], top + stroke[0][1])
            page.mouse.down()
            for x, y in stroke[1:]:
                page.mouse.move(left + x, top + y)
            page.mouse.up()
        check_answer(page.evaluate(f"() => {{ {ANSWER} }}"), run)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert asked == [file.as_uri()]
    assert complaints == []
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


def test_the_answer_comes_while_the_pen_is_down_and_is_spoken_when_it_is_lifted(
    page: Page, file: Path
) -> None:
    page.goto(file.as_uri())
    left, top = page.evaluate(f"() => {{ {BOARD} }}")
    page.mouse.move(left + 140, top + 60)
    page.mouse.down()
    page.mouse.move(left + 140, top + 220, steps=8)
    expect(page.locator("#digit")).to_have_text("1")
    expect(page.locator("#digit")).to_have_class("so-far")
    expect(page.locator("#spoken")).to_have_text("")
    page.mouse.up()
    expect(page.locator("#spoken")).to_contain_text("Read as 1")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#digit")).to_have_text("?")


def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_dark_is_dark(page: Page, file: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme="dark")
    page.goto(file.as_uri())
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 24)"


@pytest.mark.thorough
@pytest.mark.parametrize("browser", [webdriver.firefox, webdriver.webkit], ids=["firefox", "webkit"])
def test_other_browsers_read_pen_digits_as_python_does(
    browser: Callable[[], AbstractContextManager[webdriver.Driven]],
    file: Path,
    run: Run,
    drawings: Sequence[list[Stroke]],
) -> None:
    try:
        opened = browser()
        driven = opened.__enter__()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    try:
        driven.open(file.as_uri())
        left, top = driven.evaluate(BOARD)
        for strokes in drawings:
            driven.evaluate(CLEAR)
            for stroke in strokes:
                driven.draw([(left + x, top + y) for x, y in stroke])
            check_answer(driven.evaluate(ANSWER), run)
        asked = driven.evaluate("return performance.getEntriesByType('resource').map(({ name }) => name)")
        assert asked == []
        assert driven.evaluate("return document.querySelectorAll('#film canvas').length") == 10
    finally:
        opened.__exit__(None, None, None)
