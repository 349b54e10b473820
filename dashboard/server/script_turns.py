"""Pages take turns at the server's cores: a few scripts at a time, next that of whoever has had the least.

A script is what Streamlit runs for each message of a page, such as a stroke that is to be read. All at once
would make all of them slow: beside sixty pages that send large drawings, a stroke was answered after 29 s.
"""

import asyncio
import os
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.lab.fair_order import FairOrder, Who
from dashboard.server.sessions import Visit

LONGEST = 2.0  # seconds of a turn: a script may wait for something, and others need not


@dataclass(eq=False)
class _Page:
    """A session, and its turn while it has one."""

    who: Who
    came: asyncio.Future[None] | None = None  # while it waits
    began: float | None = None  # while it has a turn, by the loop's clock
    end: asyncio.TimerHandle | None = field(default=None, repr=False)


class ScriptTurns:
    """Middleware that holds messages back which ask for a script, until it is the page's turn."""

    def __init__(self, app: ASGIApp, *, slots: int | None = None) -> None:
        """Wrap the app that serves the page; by default twice as many scripts run as there are cores."""
        self.app = app
        self._slots = slots or max(4, 2 * (os.cpu_count() or 1))
        self._order = FairOrder()
        self._waiting: list[_Page] = []
        self._running: set[_Page] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a session."""
        visit = scope.get("visit")
        if scope["type"] != "websocket" or not isinstance(visit, Visit):
            await self.app(scope, receive, send)
            return
        page = _Page(Who(visit.address, visit.person))

        async def receive_in_turn() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and page.began is None and _asks_for_script(message):
                page.who = Who(visit.address, visit.person or visit.session_id)
                await self._take(page)
            return message

        async def send_and_note(message: Message) -> None:
            if page.began is not None and _says_finished(message):
                self._give_back(page)
            await send(message)

        try:
            await self.app(scope, receive_in_turn, send_and_note)
        finally:
            if page in self._waiting:
                self._waiting.remove(page)
            self._give_back(page)

    async def _take(self, page: _Page) -> None:
        page.came = asyncio.get_running_loop().create_future()
        self._waiting.append(page)
        self._grant()
        await page.came

    def _give_back(self, page: _Page) -> None:
        if page.began is None or page.end is None:
            return
        page.end.cancel()
        self._running.discard(page)
        self._order.note(page.who, asyncio.get_running_loop().time() - page.began)
        page.began = None
        self._grant()

    def _grant(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._running) < self._slots:
            page = min(self._waiting, key=lambda one: self._order.rank(one.who))
            self._waiting.remove(page)
            self._running.add(page)
            page.began, page.end = loop.time(), loop.call_later(LONGEST, self._give_back, page)
            if page.came and not page.came.done():
                page.came.set_result(None)


def _asks_for_script(message: Message) -> bool:
    return bool(message["content"].HasField("rerun_script"))


def _says_finished(message: Message) -> bool:
    content = message.get("bytes") or b""
    return 0 < len(content) < 2_000 and ForwardMsg.FromString(content).HasField("script_finished")
