"""A room on a real server, by Streamlit's own messages: who may do what, and a server that is killed."""

import json
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.dashboard.server.asgi import finish
from tests.support.browser import OFFLINE, Server, start_server
from tests.support.session import Session, connected

LEADER, ANN, BEN = "1" * 32, "a" * 32, "b" * 32
GUESS = "11,22,33,44,55,66"


class Page:
    """A session that presses what it likes, and remembers all that it was ever sent."""

    def __init__(self, session: Session) -> None:
        self.session, self.received, self.sketch = session, b"", ""
        show = session._show

        def look(delta: Delta) -> None:
            show(delta)
            self.received += delta.SerializeToString()
            component = delta.new_element.bidi_component
            if component.component_name == "digit_lab_sketch":
                self.sketch = component.id

        session._show = look  # type: ignore[method-assign]

    async def open(self, query: str) -> "Page":
        self.session.query = f"tab=Learn&{query}"
        await self.session.open()
        return self

    async def press(self, button: str) -> None:
        """Press a button by its label, or by its id where it is somebody else's."""
        await self.session.ask(
            "press", WidgetState(id=self.session.buttons.get(button, button), trigger_value=True)
        )

    async def guess(self, guess: str) -> None:
        while not self.sketch:
            await self.session.ask("look")
        state = {"click": {"value": [int(value) for value in guess.split(",")], "stamp": 1}}
        self.session.keep(WidgetState(id=self.sketch, json_value=json.dumps(state)))
        await self.session.ask("sketch")
        await self.press("This is my guess")

    async def text(self) -> str:
        await self.session.ask("look")
        return self.session.texts


async def come(stack: AsyncExitStack, server: Server, person: str, query: str, resume: str = "") -> Page:
    session = connected(server.address, cookies={"digit_lab_person": person}, resume=resume)
    return await Page(await stack.enter_async_context(session)).open(query)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return OFFLINE | {f"DIGIT_LAB_{name}": str(tmp_path / name) for name in ("HOME", "CACHE")}


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Server]:
    server = start_server(environment)
    yield server
    if not server.log.closed:
        print(server.text())
    server.kill()


@pytest.mark.slow
def test_nobody_leads_sees_or_guesses_for_others_and_a_killed_server_has_lost_nothing(
    server: Server, environment: dict[str, str]
) -> None:
    async def lesson() -> str:
        async with AsyncExitStack() as stack:
            leader = await come(stack, server, LEADER, "learn=room")
            await leader.press("Open a room")
            code = parse_qs(leader.session.query)["room"][0]
            ann, ben = [await come(stack, server, one, f"learn=room&room={code}") for one in (ANN, BEN)]
            for student in (ann, ben):
                await student.press("Join")
            await leader.press("All challenges")
            await leader.press("1 · Where does the learning happen?")
            await ann.guess(GUESS)
            assert "**1 of 2** has guessed" in await leader.text()
            await ben.text()
            for label in ("Show the guesses", "Vote again", "Make a link", "Close it now"):
                assert label not in ben.session.buttons
                await ben.press(leader.session.buttons[label])
            # Another session of Ben's, with an address that a leader would have.
            liar = await come(stack, server, BEN, f"learn=room&room={code}&lead={LEADER}")
            await liar.press("Lead the room")
            assert "Show the guesses" not in liar.session.buttons
            await ben.guess("10,20,30,40,50,60")
            assert "**2 of 2** have guessed" in await leader.text()
            for page in (ben, liar):
                assert GUESS.encode() not in page.received
                assert b"22 % after" not in page.received
            assert b"Nobody sees the guesses" in leader.received
            assert not leader.received.count(b"22 % after")
            await leader.press("Show the guesses")
            await ben.text()
            assert b"2 guesses, by steps" in ben.received
            lost = leader.session.session_id
            back = await come(stack, server, LEADER, f"learn=curve&room={code}", resume=lost)
            assert "Vote again" in back.session.buttons
            return code

    async def after(again: Server, code: str) -> None:
        async with AsyncExitStack() as stack:
            pages = [await come(stack, again, one, f"learn=curve&room={code}") for one in (LEADER, ANN, BEN)]
            assert "Go on to the result" in pages[0].session.buttons
            for page in pages:
                assert b"2 guesses, by steps" in page.received
            assert "Go on to the result" not in pages[1].session.buttons

    code = finish(lesson())
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    again = start_server(environment)
    try:
        finish(after(again, code))
    finally:
        print(again.text())
        again.kill()
