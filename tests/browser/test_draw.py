"""The tab Draw, in a real Chromium: what is read and how it is told, from a pen, a file or a photo."""

import io
import re
from pathlib import Path
from random import Random

from PIL import Image
from playwright.sync_api import Locator, Page, WebSocket, expect

from benchmarks import strokes as pen
from benchmarks.photos import make_photo
from dashboard.draw.words import describe_verdict
from mnist_core import Digits, Run
from mnist_core.inference.novelty import fit_novelty_detector
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing
from tests.support.browser import DIGITS, Stroke, Visit, draw, open_tab, settled

BLANK = "Draw a digit from 0 to 9."

SCRIBBLE: list[Stroke] = [[(0.1 + 0.06 * k, 0.15 if k % 2 else 0.85) for k in range(14)]]


SEVEN = pen.PenDigit(7, "", [[(0, 0), (500, 20), (1000, 10), (700, 500), (350, 1000)]])
READ_LAST = """document.addEventListener("reading", ({ detail }) => (window.readLast = detail.large))"""
LABELLED = re.compile(r"Test digit [\d,]+, labelled \d\.")


def _open_draw(page: Page) -> Page:
    open_tab(page, "Draw")
    expect(page.get_by_text(BLANK)).to_be_visible()
    return page


def _clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(BLANK)).to_be_visible()


def _said(page: Page) -> Locator:
    return page.locator(".st-key-verdict p")


def test_what_is_drawn_is_told_in_one_place_that_stays_and_read_as_the_core_reads_it(
    visit: Visit, trained_address: str, pen_digits: Path, sample: Digits, trained: Run
) -> None:
    page = _open_draw(visit(trained_address))
    sentence = page.locator("[aria-live=polite]", has_text=BLANK).element_handle()
    places = [page.locator(f".st-key-{key}") for key in ("drawn_digit", "pen", "stages", "stages-head")]
    before = [place.bounding_box() for place in places]
    draw(page, DIGITS[4])
    expect(page.locator(".answer")).to_have_text("4")
    settled(page)
    assert [place.bounding_box() for place in places] == before  # nothing moved when the answer came
    assert sentence is not None
    page.wait_for_function("place => place.isConnected && place.innerText.startsWith('4 (')", arg=sentence)
    _clear(page)

    for strokes, large, told in (
        (DIGITS[3], "3", re.compile(r"^3 \((over )?[\d.]+\s% sure\)\.")),
        (SCRIBBLE, "?", "A scribble"),
    ):
        draw(page, strokes)
        expect(_said(page)).to_contain_text(told)
        expect(page.locator(".answer")).to_have_text(large)
        _clear(page)

    page.evaluate(READ_LAST)
    rng = Random(0)
    detector = fit_novelty_detector(sample.train)
    for digit in rng.sample(list(pen.read_pen_digits(pen_digits)), 1):
        placed = pen.place(digit, rng)
        drawing = prepare_drawing(ink_of(pen.draw(placed)))
        large = describe_verdict(judge(trained.history[-1].model, drawing, detector)).large
        draw(page, [[(x / pen.CANVAS, y / pen.CANVAS) for x, y in stroke] for stroke in placed], steps=1)
        # The browser softens edges in its own way: of two digits in a close call either may come first.
        expect(page.locator(".answer")).to_contain_text(large[:1])
        expect(page.locator(".so-far")).to_have_count(0)
        if large != "?":  # which only the verdict says
            expect(page.locator(".answer")).to_contain_text(page.evaluate("window.readLast"))
        _clear(page)

    draw(page, DIGITS[3], left=0.5, top=0.45, scale=0.5)
    expect(page.locator(".answer")).to_have_text("3")
    page.get_by_text("Skip preprocessing (just shrink)").click()
    expect(_said(page)).to_contain_text("With preprocessing: 3.")
    expect(page.locator(".answer")).to_have_text(re.compile("^[^3]$"))
    page.get_by_text("Skip preprocessing (just shrink)").click()
    expect(page.locator(".answer")).to_have_text("3")


def test_the_answer_follows_the_pen_and_nothing_is_sent_until_it_is_lifted(
    visit: Visit, trained_address: str
) -> None:
    page = visit()
    frames: list[object] = []

    def hear(socket: WebSocket) -> None:
        for kind in ("framesent", "framereceived"):
            socket.on(kind, lambda frame: frames.append(frame))

    page.on("websocket", hear)
    page.goto(trained_address)
    _open_draw(page)
    draw(page, [])  # waits until the board takes strokes
    settled(page)

    frames.clear()
    draw(page, DIGITS[3], lift=False)
    expect(page.locator(".so-far .answer")).to_have_text("3")
    expect(page.locator(".likeliest .answer-digit")).to_have_text("3")
    expect(page.locator(".answer-why")).to_contain_text("Why 3 and not")
    before = page.locator(".answer-bars").inner_text()
    page.mouse.move(5, 5, steps=20)  # the stroke goes on
    expect(page.locator(".answer-bars")).not_to_have_text(before, use_inner_text=True)
    assert frames == []
    expect(_said(page)).to_contain_text(BLANK)  # a screen reader hears only the verdict
    page.mouse.up()
    expect(page.locator(".so-far")).to_have_count(0)
    expect(_said(page)).not_to_contain_text(BLANK)
    assert frames != []
    _clear(page)

    page.emulate_media(reduced_motion="reduce")
    draw(page, DIGITS[3], lift=False)
    settled(page)
    expect(page.locator(".so-far")).to_have_count(0)
    expect(page.locator(".answer")).to_have_text("")
    page.mouse.up()
    expect(page.locator(".answer")).to_have_text("3")


def test_a_test_digit_and_a_photo_are_read_in_the_place_of_a_drawing_and_other_files_refused(
    visit: Visit, trained_address: str, tmp_path: Path
) -> None:
    page = _open_draw(visit(trained_address))
    random = page.get_by_role("button", name="Random test digit")
    expect(random).to_be_enabled()  # once the digits are loaded
    random.press("Enter")
    expect(_said(page)).to_contain_text(LABELLED)
    expect(page.locator(".st-key-stages")).to_contain_text("test digit")
    first = _said(page).inner_text()
    random.press("Enter")
    expect(_said(page)).not_to_have_text(first)
    expect(_said(page)).to_contain_text(LABELLED)
    board = page.locator(".st-key-board-paper")
    expect(board).to_be_hidden()  # the digit is in its place
    back = page.get_by_role("button", name="Back to the board")
    for _ in range(6):  # the buttons in between
        page.keyboard.press("Shift+Tab")
        if back.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text(BLANK)).to_be_visible()
    draw(page, DIGITS[3])
    expect(page.locator(".answer")).to_have_text("3")
    random.click()
    expect(_said(page)).to_contain_text(LABELLED)
    expect(board).to_be_hidden()
    page.get_by_role("button", name="Back to my drawing").click()
    expect(page.locator(".answer")).to_have_text("3")  # the board has kept its drawing
    expect(_said(page)).not_to_contain_text("labelled")
    expect(board).to_be_visible()
    _clear(page)

    page.get_by_text("Read a photo").click()
    expect(page.get_by_text("Use the camera")).to_be_visible()
    for name, content in (("letter.png", b"Dear model,"), ("bomb.png", _claiming(13_000, 13_000))):
        _choose(page, ".webp", tmp_path / name, content)
        expect(page.get_by_text("This file cannot be used")).to_be_visible()
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(page.get_by_text("This file cannot be used")).not_to_be_attached()
    _choose(page, ".webp", tmp_path / "photo.jpg", make_photo(SEVEN, Random(3)).jpeg)
    expect(page.locator(".answer")).to_have_text("7")
    expect(_said(page)).to_contain_text("Read from your photo.")
    expect(page.locator(".st-key-drawn_digit")).to_have_count(0)  # it was not drawn
    page.get_by_role("button", name="Back to the board").click()
    draw(page, DIGITS[7])
    expect(page.locator(".answer")).to_have_text("7")
    for kept in (1, 0):  # a second click takes it back
        settled(page)
        page.locator(".st-key-drawn_digit").get_by_text("7", exact=True).click()
        expect(page.locator(".st-key-kept li")).to_have_count(kept)

    page.get_by_role("button", name="Add from a file").click()
    _choose(page, ".zip", tmp_path / "holiday.zip", b"PK, or so it says")
    expect(page.get_by_text("This file cannot be used: not a complete zip")).to_be_visible()


def _choose(page: Page, kind: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.locator(f"input[type=file][accept*='{kind}']").set_input_files(path)


def _claiming(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, "PNG")
    head = content.getvalue()
    return head[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + head[24:]
