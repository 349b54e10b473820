"""What is uploaded: who may, how much, how slowly, and for how long it is kept.

Streamlit takes files of anybody who knows a session, under any name and as many as come, and keeps them until
the session ends.
"""

import asyncio
import re
from typing import Any

import streamlit as st
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime

from dashboard.server.sessions import Visit, all_visits, visit_of

PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)/?$")
MOST_OPEN, MOST_KEPT = 10, 20  # files of a session that may be on their way, and that it may have
MOST_OF_SESSION, MOST_OF_ALL = 45_000_000, 200_000_000  # bytes
ENVELOPE = 100_000  # bytes of a request beside its file
WITHOUT_A_BYTE, LONGEST = 10.0, 180.0  # seconds
UNNAMED = 30.0  # seconds that a file is kept that no control of the page holds


class UploadGate:
    """Middleware that bounds uploads; it stands where messages to and from the page have been checked."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        self._most_of_file = int(st.get_option("server.maxUploadSize")) * 2**20 + ENVELOPE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a session."""
        found = PATH.search(scope.get("path", ""))
        if scope["type"] == "websocket" and isinstance(scope.get("visit"), Visit):
            await self._follow(scope["visit"], scope, receive, send)
        elif scope["type"] == "http" and found and scope["method"] not in ("GET", "OPTIONS"):
            await self._take(found[1], found[2], scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _follow(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Take note of the ids that a session is given, and of the files that its page holds."""

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                _note_held_files(visit, message["content"])
            return message

        async def send_and_note(message: Message) -> None:
            if b"upload_file" in (message.get("bytes") or b"")[:2_000]:
                _note_given_ids(visit, message["bytes"])
            await send(message)

        await self.app(scope, receive_and_note, send_and_note)

    async def _take(self, session_id: str, file_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        visit = visit_of(session_id)
        if visit is None or file_id not in visit.uploads:
            await PlainTextResponse("Not asked for", 404)(scope, receive, send)
            return
        if scope["method"] == "DELETE":
            visit.uploads.pop(file_id)
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
        if not length.isdecimal():
            await PlainTextResponse("A length is required", 411)(scope, receive, send)
        elif int(length) > self._most_of_file:
            await PlainTextResponse("File too large", 413)(scope, receive, send)
        elif visit.uploads[file_id] or not _has_room(visit, int(length)):
            await PlainTextResponse("There is no room for this file just now", 507)(scope, receive, send)
        else:
            visit.uploads[file_id] = int(length)
            await self._store(visit, file_id, scope, receive, send)

    async def _store(self, visit: Visit, file_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Streamlit store a file for which there is room, unless it comes too slowly."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        stored = False

        async def receive_in_time() -> Message:
            try:
                return await asyncio.wait_for(receive(), min(WITHOUT_A_BYTE, until - loop.time()))
            except TimeoutError:
                return {"type": "http.disconnect"}

        async def send_and_note(message: Message) -> None:
            nonlocal stored
            stored = stored or message.get("status") == 204
            await send(message)

        try:
            await self.app(scope, receive_in_time, send_and_note)
        except ClientDisconnect:
            answer = PlainTextResponse("The file came too slowly", 408, {"connection": "close"})
            await answer(scope, receive, send)
        finally:
            if stored:
                _plan_to_free(visit, file_id)
            else:
                visit.uploads.pop(file_id, None)


def _has_room(visit: Visit, length: int) -> bool:
    of_session = sum(visit.uploads.values())
    if len([stored for stored in visit.uploads.values() if stored]) >= MOST_KEPT:
        return False
    of_all = sum(sum(other.uploads.values()) for other in all_visits())
    return of_session + length <= MOST_OF_SESSION and of_all + length <= MOST_OF_ALL


def _note_given_ids(visit: Visit, content: bytes) -> None:
    message = ForwardMsg.FromString(content)
    for urls in message.file_urls_response.file_urls:
        visit.uploads[urls.file_id] = 0
    waiting = [file_id for file_id, length in visit.uploads.items() if not length]
    for file_id in waiting[:-MOST_OPEN]:
        del visit.uploads[file_id]


def _note_held_files(visit: Visit, message: BackMsg) -> None:
    if visit.uploads and message.HasField("rerun_script"):
        states = message.rerun_script.widget_states.widgets
        infos = [info for state in states for info in state.file_uploader_state_value.uploaded_file_info]
        visit.held_files = {info.file_id for info in infos}
        for file_id in visit.uploads.keys() - visit.held_files:
            _plan_to_free(visit, file_id)


def _plan_to_free(visit: Visit, file_id: str) -> None:
    if file_id not in visit.freed_soon:
        visit.freed_soon.add(file_id)
        asyncio.get_running_loop().call_later(UNNAMED, _free_unless_held, visit, file_id)


def _free_unless_held(visit: Visit, file_id: str) -> None:
    visit.freed_soon.discard(file_id)
    if visit.uploads.get(file_id) and file_id not in visit.held_files:
        del visit.uploads[file_id]
        if Runtime.exists():
            files: Any = Runtime.instance()._uploaded_file_mgr
            files.remove_file(visit.session_id, file_id)
