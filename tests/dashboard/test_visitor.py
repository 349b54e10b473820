"""Who visits: the browser's cookie says it, and a browser without one gets an id to keep."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.server.sessions import Visit
from dashboard.visitor import COOKIE
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.storage.file_store import new_id
from tests.dashboard.page import rerun
from tests.dashboard.runs import LIMIT, ONE, OTHER, person
from tests.support.zips import DRAWINGS


class Browser:
    """A browser with cookies, which tells Python of the id that another tab has put there meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cookies: dict[str, str] = {}
        self.other: str | None = None
        self.refuses_cookies = False
        self.kept: list[str] = []
        monkeypatch.setattr(type(st.context), "cookies", property(lambda _: self.cookies))
        monkeypatch.setattr("dashboard.visitor.render_person_cookie", self._render)

    def _render(
        self, person_id: str, *, name: str, in_place_of: str = "", framed: bool = False
    ) -> tuple[str | None, bool]:
        assert name == COOKIE
        self.in_place_of = in_place_of
        self.kept.append(person_id)
        return self.other if self.other != person_id else None, not self.refuses_cookies


@pytest.fixture
def browser(server: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


def visit() -> None:
    from dashboard.visitor import keep_cookie, visitor

    visitor()
    keep_cookie()


def _visitor(page: AppTest) -> Person:
    known = page.session_state[state.visitor.key]
    assert isinstance(known, Person)
    return known


def _visit() -> AppTest:
    return rerun(AppTest.from_function(visit, default_timeout=LIMIT))


def test_who_leads_or_has_joined_a_room_has_something_to_come_back_for(browser: Browser) -> None:
    browser.cookies = {COOKIE: ONE}
    shared.rooms().open(ONE, "")
    _visit()
    assert browser.kept == [ONE]


def test_somebody_else_at_the_same_browser_gets_nothing_of_the_person_before(browser: Browser) -> None:
    def become_somebody_else() -> None:
        from dashboard.visitor import begin_as_somebody_else, keep_cookie

        begin_as_somebody_else()
        keep_cookie()

    before = person(ONE)
    before.drawings.keep(DRAWINGS)
    browser.cookies, browser.other = {COOKIE: ONE}, None
    page = rerun(AppTest.from_function(become_somebody_else, default_timeout=LIMIT))
    after = _visitor(page)
    assert browser.kept == [after.id]
    assert browser.in_place_of == ONE  # the browser then takes the new id, and forgets what it kept
    other_tab = AppTest.from_function(visit, default_timeout=LIMIT)
    other_tab.session_state[state.visitor.key] = before
    browser.other = after.id
    assert _visitor(rerun(other_tab)) is after
    assert not after.has_anything
    assert len(before.drawings.kept) == len(DRAWINGS)


def test_the_cookie_says_who_visits(browser: Browser) -> None:
    browser.cookies = {COOKIE: ONE, "another": OTHER}
    assert _visitor(_visit()) is person(ONE)


@pytest.mark.parametrize("cookies", [{}, {COOKIE: ""}, {COOKIE: "../../etc/passwd"}, {"another": ONE}])
def test_a_browser_without_a_valid_cookie_is_a_new_person_for_the_whole_visit(
    browser: Browser, cookies: dict[str, str]
) -> None:
    browser.cookies = cookies
    page = _visit()
    newcomer = _visitor(page)
    assert newcomer.id not in (ONE, "")
    assert not newcomer.has_anything
    assert _visitor(rerun(page)) is newcomer
    assert _visitor(_visit()) is not newcomer


def test_a_cookie_is_kept_only_for_somebody_with_something_to_come_back_for(browser: Browser) -> None:
    page = _visit()
    assert browser.kept == []
    _visitor(page).jobs.add(new_id())
    rerun(page)
    assert browser.kept == [_visitor(page).id]


def test_the_gate_learns_who_visits_once_the_browser_keeps_the_cookie(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Visit("192.0.2.1")
    monkeypatch.setattr("dashboard.visitor.visit_with", lambda _: known)
    page = _visit()
    assert known.person == ""
    _visitor(page).jobs.add(new_id())
    rerun(page)
    assert known.person == _visitor(page).id
    browser.refuses_cookies = True
    rerun(page)
    assert known.person == ""


def test_two_tabs_that_were_opened_without_a_cookie_become_one_person(browser: Browser) -> None:
    page = _visit()
    newcomer = _visitor(page)
    newcomer.drawings.keep(DRAWINGS[:1])
    newcomer.jobs.add("a" * 32)
    person_of_the_other_tab = person(OTHER)
    person_of_the_other_tab.jobs.add("b" * 32)
    browser.other = OTHER
    rerun(page)
    assert _visitor(page) is person_of_the_other_tab
    assert [run.job_id for run in person_of_the_other_tab.jobs] == ["b" * 32, "a" * 32]
    assert len(person_of_the_other_tab.drawings.kept) == 1
    assert not newcomer.has_anything


def _damage(server: Path, person_id: str) -> None:
    (server / "drawings").mkdir(parents=True)
    (server / "drawings" / f"{person_id}.zip").write_bytes(b"damaged")


def test_somebody_whose_drawings_are_damaged_stays_who_they_are_and_nothing_is_overwritten(
    browser: Browser, server: Path
) -> None:
    _damage(server, ONE)
    browser.cookies = {COOKIE: ONE}
    page = _visit()
    assert _visitor(page).id == ONE
    assert _visitor(page).drawings.damaged
    _visitor(page).drawings.keep(DRAWINGS[:1])
    assert (server / "drawings" / f"{ONE}.damaged").read_bytes() == b"damaged"


def test_two_tabs_with_too_many_drawings_for_one_person_stay_two(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.storage.drawings_zip.MAX_DRAWINGS", 3)
    page = _visit()
    newcomer, other = _visitor(page), person(OTHER)
    newcomer.drawings.keep(DRAWINGS[:2])
    other.drawings.keep([Drawing(drawing.image, 1) for drawing in DRAWINGS[2:]])
    browser.other = OTHER
    rerun(page)
    assert _visitor(page) is newcomer
    assert [len(one.drawings.kept) for one in (newcomer, other)] == [2, 2]
