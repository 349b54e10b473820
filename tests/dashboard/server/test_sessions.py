"""Who gets a session while there are many, and who gets in although there is no room."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.server import sessions
from dashboard.server.sessions import DEFAULT, STREAM, SessionGate, open_sessions
from mnist_core.storage.file_store import new_id
from tests.dashboard.server.asgi import ask, finish, talk

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve sessions until they close, and to each request the page."""
    if scope["type"] == "http":
        await PlainTextResponse("the page")(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


class Browser:
    """A websocket to a gate, and what came of it."""

    def __init__(self, gate: SessionGate, address: str = HERE, *, person: str = "", named: str = "") -> None:
        self.sent: list[Message] = []
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._messages.put_nowait({"type": "websocket.connect"})
        cookie, tokens = f"digit_lab_person={person}", f"streamlit, token, {named}" if named else "streamlit"
        headers = [(b"cookie", cookie.encode()), (b"sec-websocket-protocol", tokens.encode())]
        scope = {"type": "websocket", "path": STREAM, "headers": headers, "client": (address, 1)}
        self.task = asyncio.ensure_future(gate(scope, self._messages.get, self._send))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self._messages.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    async def is_in(self) -> bool:
        """Whether it was let in, and is still."""
        for _ in range(5):
            await asyncio.sleep(0)
        return [message["type"] for message in self.sent] == ["websocket.accept"]

    def say(self) -> None:
        self._messages.put_nowait({"type": "websocket.receive", "bytes": b""})

    async def leave(self) -> None:
        self._messages.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


def _open(gate: SessionGate, *visitors: tuple[str, str]) -> list[bool]:
    """Open sessions from addresses, each with the id of a person; return which are in when all have come."""

    async def open_them() -> list[bool]:
        browsers = []
        for address, person in visitors:
            browsers.append(Browser(gate, address, person=person))
            await browsers[-1].is_in()
        found = [await browser.is_in() for browser in browsers]
        for browser in browsers:
            await browser.leave()
        return found

    return finish(open_them())


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> SessionGate:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", "4")
    return SessionGate(_page)


@pytest.fixture
def worker() -> str:
    """Somebody who has a run here."""
    person = Person(new_id())
    person.jobs.add(new_id())
    return person.id


def test_an_address_has_at_most_half_of_the_sessions(gate: SessionGate) -> None:
    visitors = [(HERE, "")] * 3 + [(ELSEWHERE, "")] * 2 + [("192.0.2.3", "")]
    assert _open(gate, *visitors) == [True, True, False, True, True, False]
    assert open_sessions() == 0  # who leaves makes room


def test_of_ipv6_one_household_is_one_address(gate: SessionGate) -> None:
    addresses = ["2001:db8::1", "2001:db8::2:1", "2001:db8::3", "2001:db8:0:1::1", "::ffff:192.0.2.1"]
    assert _open(gate, *[(address, "") for address in addresses]) == [True, True, False, True, True]


def test_who_has_work_here_gets_in_before_a_session_that_has_done_nothing(
    gate: SessionGate, worker: str
) -> None:
    newcomers = [(HERE, ""), (HERE, new_id()), (ELSEWHERE, ""), (ELSEWHERE, "")]
    assert _open(gate, *newcomers, (HERE, worker)) == [False, True, True, True, True]
    assert _open(gate, *newcomers, ("192.0.2.3", worker)) == [False, True, True, True, True]
    assert _open(gate, *newcomers, ("192.0.2.3", new_id()))[-1] is False
    assert _open(gate, *[(HERE, worker), (ELSEWHERE, worker)] * 2, ("192.0.2.3", worker))[-1] is False


def test_who_is_in_a_room_gets_in_like_who_has_work(gate: SessionGate) -> None:
    student = new_id()
    newcomers = [(HERE, ""), (HERE, new_id()), (ELSEWHERE, ""), (ELSEWHERE, "")]
    assert _open(gate, *newcomers, (HERE, student))[-1] is False
    code = shared.rooms().open(new_id(), ELSEWHERE).code
    shared.rooms().join(code, student, HERE)
    assert _open(gate, *newcomers, (HERE, student)) == [False, True, True, True, True]


def test_the_page_says_that_it_is_full_but_not_to_who_has_work(
    monkeypatch: pytest.MonkeyPatch, worker: str
) -> None:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", "0")
    gate = SessionGate(_page)
    status, headers, body = ask(gate, accept="text/html")
    assert (status, headers["retry-after"], headers["cache-control"]) == (503, "20", "no-store")
    assert "as many browsers as this computer can serve well" in body
    assert ask(gate, accept="text/html", cookie=f"digit_lab_person={worker}")[2] == "the page"
    assert ask(gate, "/static/js/index.js", accept="*/*")[0] == ask(gate, "/_stcore/health")[0] == 200


def test_a_new_session_that_says_nothing_is_closed_and_others_may_be_silent(
    gate: SessionGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SILENT", 0.05)

    async def wait() -> list[bool]:
        silent, saying, back = (
            Browser(gate),
            Browser(gate, ELSEWHERE),
            Browser(gate, named="of a former server"),
        )
        await saying.is_in()
        saying.say()
        await silent.task
        found = [await browser.is_in() for browser in (silent, saying, back)]
        await saying.leave()
        await back.leave()
        return found

    assert finish(wait()) == [False, True, True]


def test_what_is_no_session_is_not_counted_and_errors_end_one(gate: SessionGate) -> None:
    counts: list[int] = []

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        counts.append(open_sessions())
        raise ConnectionError

    with pytest.raises(ConnectionError):
        talk(SessionGate(count), [])
    talk(gate, [], path="/another/websocket")
    assert (counts, open_sessions()) == ([1], 0)


@pytest.mark.parametrize("asked", ["", "many", "-1"])
def test_without_a_number_the_limit_is_200(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", asked)
    visitors: Any = [(f"192.0.2.{number % 3}", "") for number in range(DEFAULT + 1)]
    assert _open(SessionGate(_page), *visitors) == [True] * DEFAULT + [False]
