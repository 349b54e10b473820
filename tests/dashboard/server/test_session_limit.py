"""How many sessions are let in."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from dashboard.server.session_limit import DEFAULT, SessionLimit, open_sessions
from tests.dashboard.server.asgi import ask, finish, talk


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve sessions until they close, and to each request the page."""
    if scope["type"] == "http":
        await PlainTextResponse("the page")(scope, receive, send)
        return
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def _accepted(limit: SessionLimit) -> bool:
    return bool(talk(limit, [])[0]["type"] == "websocket.accept")


def _with_sessions(limit: SessionLimit, count: int) -> tuple[bool, tuple[int, dict[str, str], str]]:
    """Whether one more is let in while so many sessions are open, and what the page answers then."""
    found: list[tuple[bool, tuple[int, dict[str, str], str]]] = []

    async def open_them() -> None:
        closing, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def receive() -> dict[str, object]:
            await closing.wait()
            return {"type": "websocket.disconnect"}

        async def send(_: object) -> None:
            begun.release()

        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
        sessions = [asyncio.create_task(limit(scope, receive, send)) for _ in range(count)]
        for _ in sessions:
            await begun.acquire()
        look = asyncio.to_thread(lambda: (_accepted(limit), ask(limit, accept="text/html")))
        found.append(await look)
        closing.set()
        await asyncio.gather(*sessions)

    finish(open_them())
    return found[0]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> SessionLimit:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", "3")
    return SessionLimit(_page)


def test_below_the_limit_everybody_is_let_in(limit: SessionLimit) -> None:
    accepted, (status, _, body) = _with_sessions(limit, 2)
    assert (accepted, status, body) == (True, 200, "the page")


def test_at_the_limit_a_visitor_is_told_so_and_the_page_tries_again(limit: SessionLimit) -> None:
    accepted, (status, headers, body) = _with_sessions(limit, 3)
    assert not accepted
    assert (status, headers["retry-after"], headers["cache-control"]) == (503, "20", "no-store")
    assert "as many browsers as this computer can serve well" in body


def test_open_sessions_are_counted(limit: SessionLimit) -> None:
    counts: list[int] = []

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        counts.append(open_sessions())
        raise ConnectionError

    with pytest.raises(ConnectionError):
        talk(SessionLimit(count), [])
    talk(limit, [], path="/another/websocket")
    assert (counts, open_sessions()) == ([1], 0)


def test_somebody_who_leaves_makes_room(limit: SessionLimit) -> None:
    for _ in range(5):
        assert not _with_sessions(limit, 3)[0]
        assert _accepted(limit)


def test_what_open_pages_need_is_served_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", "0")
    limit = SessionLimit(_page)
    assert ask(limit, "/static/js/index.js", accept="*/*")[0] == 200
    assert ask(limit, "/_stcore/health")[0] == 200
    assert ask(limit, accept="text/html")[0] == 503


@pytest.mark.parametrize("asked", ["", "many", "-1"])
def test_without_a_number_the_limit_is_100(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("DIGIT_LAB_SESSIONS", asked)
    assert _with_sessions(SessionLimit(_page), DEFAULT - 1)[0]
    assert not _with_sessions(SessionLimit(_page), DEFAULT)[0]
