"""Who gets a session, and who gets one back.

An address has at most half of the sessions, so that one program does not take them all. Who has work here
gets in before a session that has done nothing. A session id is no key: it stands in the addresses of uploads
and in logs, so who comes back to a session also shows one of the cookies of the browser that began it.
"""

import asyncio
import hmac
import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token

from dashboard.server.addresses import address_of

DEFAULT = 200  # sessions, of a few MB each
STREAM = "/_stcore/stream"  # the websocket of a session
PERSON_COOKIE, XSRF_COOKIE = "digit_lab_person", "_streamlit_xsrf"
LONGEST_XSRF = 100  # characters; Streamlit's tokens have 54
TOKENS = b"sec-websocket-protocol"  # Streamlit's handshake: a protocol, the XSRF token, the id of a session
VISIT_HEADER = "x-digit-lab-visit"
SILENT = 10.0  # seconds that a new session may take for its first message
TRY_LATER = 1013
RETRY = 20  # seconds
FULL = f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{RETRY}">
<title>Digit Lab is full</title>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em">
<h1>Digit Lab is full</h1>
<p>It is open in as many browsers as this computer can serve well. This page tries again every {RETRY} seconds
and opens Digit Lab as soon as there is room.</p>
</html>
"""


@dataclass(eq=False)
class Visit:
    """A session of Streamlit, whichever connection it has now.

    Attributes:
        address: where it came from.
        xsrf: the token of the browser that began it; empty if that keeps no cookies.
        person: the id of the person in that browser, once it is known to be in its cookie.
        session_id: Streamlit's, once Streamlit has told it.
        token: by which the page finds it, in a header that the gate adds to the handshake.
        too_large: whether something was too large that the page sent, and the page has not said so yet.
        asked: whether the page has sent anything.
        pressed_before: the ids of the buttons that its first message presses, on a page that is older than it
            because the server was started again; empty once they have been acted on.
        uploads: for each id under which a file may be uploaded its bytes, 0 until it comes.
        held_files: the ids of the files that the page's controls hold.
        freed_soon: the ids of the files of which it will be looked whether they are held.
    """

    address: str
    xsrf: str = ""
    person: str = ""
    session_id: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    too_large: bool = False
    asked: bool = False
    pressed_before: list[str] = field(default_factory=list)
    uploads: dict[str, int] = field(default_factory=dict)
    held_files: set[str] = field(default_factory=set)
    freed_soon: set[str] = field(default_factory=set)

    def may_be_resumed_with(self, cookies: dict[str, str]) -> bool:
        """Whether somebody with these cookies has the browser that began it, as far as that has any."""
        person = self.person if has_work(self.person) else ""
        if not self.xsrf and not person:
            return True
        same_browser = validate_xsrf_token(self.xsrf, cookies.get(XSRF_COOKIE))
        return same_browser or (bool(person) and _equal(person, cookies.get(PERSON_COOKIE, "")))


@dataclass(eq=False)
class _Connection:
    """A websocket that a session has, or had."""

    visit: Visit
    send: Send
    began: float = field(default_factory=time.monotonic)
    silent: bool = True
    closing: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Close it, and let it send nothing more; Streamlit is told by the server that it is gone."""
        _open.discard(self)
        if self.closing is None:
            message = {"type": "websocket.close", "code": TRY_LATER}
            self.closing = asyncio.ensure_future(self.send(message))


_open: set[_Connection] = set()
_visits: dict[str, Visit] = {}  # by session id: those that are open, or can be resumed
_by_token: dict[str, Visit] = {}


def open_sessions() -> int:
    """Count the sessions that are open."""
    return len({connection.visit for connection in _open})


def visit_of(session_id: str) -> Visit | None:
    """Return a session that is open, or was until lately."""
    return _visits.get(session_id)


def visit_with(token: str) -> Visit | None:
    """Return the session whose handshake got a token; None in tests without a server."""
    return _by_token.get(token)


def all_visits() -> Collection[Visit]:
    """Return all sessions that are open, or can be resumed."""
    return _visits.values()


def has_work(person: str) -> bool:
    """Whether anything of a person is kept here, or they are in a room, given what may be the id of one."""
    from dashboard.lab import shared  # here, because it imports torch, which takes seconds
    from dashboard.lab.people import has_kept

    return bool(person) and (has_kept(person) or shared.is_in_room(person))


class SessionGate:
    """Middleware that admits at most `DIGIT_LAB_SESSIONS` sessions at a time, by default 200."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        asked = os.environ.get("DIGIT_LAB_SESSIONS", "")
        self._most = int(asked) if asked.isdecimal() else DEFAULT
        self._most_of_address = (self._most + 1) // 2
        self._kept = float(st.get_option("server.disconnectedSessionTTL"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a session."""
        if scope["type"] == "websocket" and scope["path"].endswith(STREAM):
            await self._serve_session(scope, receive, send)
        elif _asks_for_page(scope) and self._is_full_for(scope):
            answer = HTMLResponse(FULL, 503, {"retry-after": str(RETRY), "cache-control": "no-store"})
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _serve_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = dict(HTTPConnection(scope).cookies)
        named = _named_session(scope)
        visit = _visits.get(named)
        if visit is None or not visit.may_be_resumed_with(cookies):
            scope, visit = _without_session(scope), _newcomer(scope, cookies)
        if not self._make_room(visit, cookies):
            await receive()
            await send({"type": "websocket.close", "code": TRY_LATER})
            return
        connection = _Connection(visit, send)
        _open.add(connection)
        _by_token[visit.token] = visit
        loop = asyncio.get_running_loop()
        impatient = None if named else loop.call_later(SILENT, connection.close)

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                connection.silent = False
                if impatient:
                    impatient.cancel()
            return message

        async def send_if_open(message: Message) -> None:
            if connection.closing is None:
                if not visit.session_id and message.get("bytes"):
                    _note_session(visit, message["bytes"])
                await send(message)

        try:
            await self.app(_with_visit(scope, visit), receive_and_note, send_if_open)
        finally:
            if impatient:
                impatient.cancel()
            _open.discard(connection)
            loop.call_later(self._kept, _forget, visit)

    def _make_room(self, visit: Visit, cookies: dict[str, str]) -> bool:
        """Return whether a session fits in, if need be in place of one that has done nothing."""
        if any(connection.visit is visit for connection in _open):
            return True  # it comes back before its old connection was seen to be gone
        while (crowd := self._crowd(visit.address)) is not None:
            idle = [one for one in crowd if not has_work(one.visit.person)]
            if not idle or not has_work(cookies.get(PERSON_COOKIE, "")):
                return False
            min(idle, key=lambda one: (not one.silent, one.began)).close()
        return True

    def _crowd(self, address: str) -> list[_Connection] | None:
        """Return the connections of which one must go before one more comes; None if there is room."""
        near = [one for one in _open if one.visit.address == address]
        if len({one.visit for one in near}) >= self._most_of_address:
            return near
        return list(_open) if open_sessions() >= self._most else None

    def _is_full_for(self, scope: Scope) -> bool:
        if self._crowd(address_of(scope)) is None:
            return False
        return not has_work(HTTPConnection(scope).cookies.get(PERSON_COOKIE, ""))


def _newcomer(scope: Scope, cookies: dict[str, str]) -> Visit:
    person, xsrf = cookies.get(PERSON_COOKIE, ""), cookies.get(XSRF_COOKIE, "")
    return Visit(
        address_of(scope), xsrf if len(xsrf) <= LONGEST_XSRF else "", person if has_work(person) else ""
    )


def _forget(visit: Visit) -> None:
    if all(connection.visit is not visit for connection in _open):
        _visits.pop(visit.session_id, None)
        _by_token.pop(visit.token, None)


def _named_session(scope: Scope) -> str:
    """Return the session that a handshake wants back; empty if none."""
    tokens = next((str(value, "latin-1") for name, value in scope["headers"] if name == TOKENS), "")
    return [*tokens.split(","), "", "", ""][2].strip()


def _without_session(scope: Scope) -> Scope:
    """Take the session out of a handshake."""
    headers = [
        (name, b",".join(value.split(b",")[:2]) if name == TOKENS else value)
        for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers}


def _with_visit(scope: Scope, visit: Visit) -> Scope:
    """Tell the middlewares within and, in a header, the page which session it is."""
    headers = [header for header in scope["headers"] if header[0] != VISIT_HEADER.encode()]
    return {**scope, "visit": visit, "headers": [*headers, (VISIT_HEADER.encode(), visit.token.encode())]}


def _note_session(visit: Visit, content: bytes) -> None:
    """Take note of the session's id, if it is told in this message of Streamlit to the browser."""
    message = ForwardMsg.FromString(content)
    if message.HasField("new_session"):
        visit.session_id = message.new_session.initialize.session_id
        _visits[visit.session_id] = visit


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _asks_for_page(scope: Scope) -> bool:
    return scope["type"] == "http" and any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )
