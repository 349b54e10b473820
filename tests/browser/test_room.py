"""A room in Chromium: a leader and two students, from the code to the hand-in."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.rules import expect_access, expect_fits
from tests.support.browser import DIGITS, Visit, draw

CURVE = "1 · Where does the learning happen?"


def _learn(page: Page) -> Locator:
    return page.locator(".st-key-learn")


def _press(page: Page, name: str) -> None:
    button = _learn(page).get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.press("Enter")


def _figure(page: Page) -> Locator:
    return _learn(page).locator(".class-figure svg:visible")


def _join(page: Page, code: str) -> None:
    field = _learn(page).get_by_label("The code of your class")
    if field.input_value() != code:
        field.fill(code.lower())
        field.press("Tab")
    _press(page, "Join")
    expect(_learn(page)).to_contain_text("You are in room")


def _sketch(page: Page, key: str) -> None:
    handles = _learn(page).get_by_role("slider")
    expect(handles.first).to_be_visible()
    for number in range(handles.count()):
        handles.nth(number).press(key)
    _press(page, "This is my guess")


def test_a_class_goes_from_the_code_to_one_run_over_everybodys_guesses(
    visit: Visit, lab: str, tmp_path: Path
) -> None:
    leader = visit(f"{lab}/?tab=Learn", person="other", width=1280, height=720)
    _learn(leader).get_by_role("button", name="A room for a class").click()
    _press(leader, "Open a room")
    code = _learn(leader).locator(".room-code").inner_text().replace(" ", "")
    expect(_learn(leader)).to_contain_text("Only this computer can open this page")  # the test's server
    expect(_learn(leader).get_by_role("button", name="Open a room")).to_have_count(0)
    expect_access(leader, themes=["light"])
    students = [
        visit(f"{lab}/?tab=Learn&learn=room&room={code}", width=375, height=812, touch=True),
        visit(f"{lab}/?tab=Learn&learn=room", color_scheme="dark"),
    ]
    for student in students:
        _join(student, code)
        expect_fits(student, ".st-key-learn")
    expect(_learn(leader)).to_contain_text("2 people have joined")

    leader.locator(".st-key-presenting input").press("Space")
    _press(leader, "All challenges")
    _press(leader, CURVE)
    for number, student in enumerate(students):  # brought there
        expect(_learn(student).get_by_role("heading", name=CURVE)).to_be_visible()
        _sketch(student, "End" if number else "PageUp")
        expect(_learn(leader)).to_contain_text(f"{number + 1} of 2 ha")
    expect(_figure(leader)).to_have_count(0)
    reason = _learn(students[0]).get_by_role("textbox", name="Why do you think so?")
    reason.fill("It has to see many digits first")
    reason.press("Tab")
    leader.keyboard.press("Enter")  # shows the guesses
    for page in (leader, *students):
        expect(_figure(page).locator(".pale")).to_have_count(2)
        expect_fits(page, ".st-key-learn")
    leader.keyboard.press("Enter")  # goes on to the result
    expect(_learn(leader).get_by_role("button", name="Train with these settings")).to_be_in_viewport()
    leader.keyboard.press("Enter")
    for page in (leader, *students):
        expect(_figure(page).locator("polyline.result")).to_be_visible()
    leader.keyboard.press("Escape")  # no longer presented, so no longer in slow motion
    for page in (leader, *students):
        expect(_learn(page).get_by_role("heading", name="What happened")).to_be_visible()
    expect(_learn(students[0])).to_contain_text("You thought: It has to see many digits first")
    expect_access(students[1], themes=["dark"])
    with students[1].expect_download() as download:
        _press(students[1], "My result")
    result = tmp_path / "result.html"
    download.value.save_as(result)
    paper = visit("about:blank")
    paper.set_content(result.read_text())
    expect(paper.locator("polyline.result")).to_be_visible()
    pages = re.findall(rb"/Type\s*/Page\b", paper.pdf(prefer_css_page_size=True))
    assert len(pages) == 1

    students[0].reload()
    expect(_learn(students[0]).get_by_role("heading", name="What happened")).to_be_visible()
    # What the room brings back does not displace what the browser kept.
    expect(_learn(students[0])).to_contain_text("You thought: It has to see many digits first")
    _press(leader, f"Room {code[:3]} {code[3:]}")
    with leader.expect_download() as download:
        _press(leader, "Guesses as CSV")
    assert "It has to see many digits first" in download.value.path().read_text()


def test_a_class_draws_digits_and_somebody_else_takes_over_a_computer(visit: Visit, lab: str) -> None:
    leader = visit(f"{lab}/?tab=Learn&learn=room", person="other")
    join = _learn(leader).get_by_role("radio", name="Digits")
    opened = _learn(leader).get_by_role("button", name="Open a room")
    expect(join.or_(opened).first).to_be_visible()
    if opened.is_visible():
        _press(leader, "Open a room")
    code = _learn(leader).locator(".room-code").inner_text().replace(" ", "")
    student = visit(f"{lab}/?tab=Learn&learn=room&room={code}")
    _join(student, code)
    _learn(leader).locator(".st-key-room-part").get_by_text("Digits").click()
    _press(leader, "Collect digits")
    for digit in (0, 1):
        expect(_learn(student)).to_contain_text(f"Draw a {digit}")
        draw(student, DIGITS[digit], board=f"room-paper-{digit}")
        _press(student, f"Send this {digit}")
    expect(_learn(leader).locator(".st-key-room-wall canvas")).to_have_count(2)
    expect(_learn(student).locator(".st-key-room-wall")).to_have_count(0)
    _learn(leader).locator(".st-key-room-wall button").first.click()
    expect(_learn(leader).locator(".st-key-room-wall canvas")).to_have_count(1)
    _press(leader, "End collecting")
    with leader.expect_download() as download:
        _press(leader, "Digits as a zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["writer-01-02.png", "labels.csv"]
    _press(leader, "Show the wall")
    expect(_learn(student).locator(".st-key-room-wall canvas")).to_have_count(1)

    before = student.evaluate("window.before = document.cookie")
    _learn(student).get_by_role("button", name="I am somebody else").click()
    student.get_by_role("button", name="Begin anew").click()
    student.wait_for_function("window.before === undefined")  # the page is loaded anew
    expect(_learn(student).get_by_role("button", name="Join", exact=True)).to_be_visible()
    assert student.evaluate("document.cookie") != before
    student.reload()
    expect(_learn(student).get_by_role("button", name="Join", exact=True)).to_be_visible()
