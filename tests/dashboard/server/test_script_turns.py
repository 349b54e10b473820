"""Pages take turns: whoever has had the least comes next, however many others wait."""

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.lab.fair_order import FairOrder, Who
from dashboard.server import script_turns
from dashboard.server.script_turns import ScriptTurns
from dashboard.server.sessions import Visit
from tests.dashboard.server.asgi import finish

FINISHED = ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString()
RERUN = BackMsg()
RERUN.rerun_script.query_string = "again"


class Server:
    """Runs a script for each message, until the test lets it end."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["visit"].person
        self.ends[name] = asyncio.Event()
        while (await receive())["type"] == "websocket.receive":
            self.began.append(name)
            await self.ends[name].wait()
            self.ends[name].clear()
            await send({"type": "websocket.send", "bytes": FINISHED})


class Page:
    def __init__(self, app: ScriptTurns, address: str, person: str) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        scope: Any = {"type": "websocket", "visit": Visit(address, person=person)}
        self.task = asyncio.ensure_future(app(scope, self._messages.get, self._send))

    async def _send(self, _: Message) -> None:
        pass

    def say(self, message: BackMsg) -> None:
        self._messages.put_nowait({"type": "websocket.receive", "content": message})

    async def leave(self) -> None:
        self._messages.put_nowait({"type": "websocket.disconnect"})
        await self.task


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_an_honest_page_comes_before_a_flood_from_one_address_and_all_are_served() -> None:
    async def flood() -> list[str]:
        server = Server()
        app = ScriptTurns(server, slots=2)
        strangers = [Page(app, "192.0.2.1", f"stranger {n}") for n in range(6)]
        await _settle()
        for stranger in strangers:
            stranger.say(RERUN)
        await _settle()
        assert server.began == ["stranger 0", "stranger 1"]
        honest = Page(app, "192.0.2.2", "honest")
        honest.say(RERUN)
        await asyncio.sleep(0.01)
        server.ends["stranger 0"].set()
        await _settle()
        assert server.began[2] == "honest"
        for end in server.ends.values():
            end.set()
        while len(server.began) < 7:
            await asyncio.sleep(0)
            for name in server.began:
                server.ends[name].set()
        for page in (*strangers, honest):
            await page.leave()
        return server.began

    assert sorted(finish(flood())) == ["honest", *(f"stranger {n}" for n in range(6))]


def test_a_script_that_waits_for_something_keeps_nobody_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr(script_turns, "LONGEST", 0.01)

    async def wait() -> list[str]:
        server = Server()
        app = ScriptTurns(server, slots=1)
        one, other = Page(app, "192.0.2.1", "one"), Page(app, "192.0.2.1", "other")
        for page in (one, other):
            page.say(RERUN)
        await asyncio.sleep(0.1)
        for end in server.ends.values():
            end.set()
        for page in (one, other):
            await page.leave()
        return server.began

    assert finish(wait()) == ["one", "other"]


def test_what_asks_for_no_script_is_not_held_back_and_leaving_gives_the_turn_back() -> None:
    async def come_and_go() -> list[str]:
        server = Server()
        app = ScriptTurns(server, slots=1)
        busy, beating, last = (Page(app, "192.0.2.1", name) for name in ("busy", "beating", "last"))
        busy.say(RERUN)
        await _settle()
        beating.say(BackMsg(app_heartbeat=True))
        last.say(RERUN)
        await _settle()
        assert server.began == ["busy", "beating"]
        busy.task.cancel()
        await _settle()
        for end in server.ends.values():
            end.set()
        await beating.leave()
        await last.leave()
        return server.began

    assert finish(come_and_go()) == ["busy", "beating", "last"]


def test_an_address_comes_before_a_person_and_what_was_long_ago_counts_little() -> None:
    now = [0.0]
    order = FairOrder(lambda: now[0])
    greedy, neighbour, other = Who("a", "greedy"), Who("a", "neighbour"), Who("b", "other")
    order.note(greedy, 8.0)
    order.note(other, 2.0)
    assert sorted([greedy, neighbour, other], key=order.rank) == [other, neighbour, greedy]
    now[0] = 600.0
    order.note(other, 1.0)
    assert sorted([other, greedy], key=order.rank) == [greedy, other]
