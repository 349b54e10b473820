"""A page as its server sees it: Streamlit's own messages, and no browser."""

import asyncio
import base64
import io
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Origin, Subprotocol
from websockets.asyncio.client import ClientConnection, connect

LIMIT = 120.0  # seconds for an answer


class Session:
    """One page, as a browser would hold it: what is on it, and what its controls say."""

    def __init__(self, socket: ClientConnection, took: dict[str, list[float]] | None = None) -> None:
        self.socket, self._took = socket, defaultdict(list) if took is None else took
        self.session_id = self.person = ""  # the latter once the page asks for a cookie
        self.query, self._states = "", dict[str, WidgetState]()
        self.buttons, self.tabs, self.headline = dict[str, str](), "", ""
        self.alerts: list[str] = []
        self.sliders: dict[str, str] = {}  # their ids, by their labels
        self.texts = ""  # what the last answer says in text
        self.canvas, self.canvas_fragment = "", ""  # a stroke asks for the fragment that the canvas is in
        self.headline_fragment = ""
        self.fragments: dict[str, float] = {}  # seconds between two looks

    async def open(self) -> None:
        await self.ask("page")
        while "Train" not in self.buttons:  # disabled while the digits are loaded
            await asyncio.sleep(1)
            await self.ask("page while loading")

    async def train(self, name: str = "later run") -> None:
        began = time.perf_counter()
        await self.ask("click on Train", WidgetState(id=self.buttons["Train"], trigger_value=True))
        while "Finished" not in self.headline:
            await asyncio.sleep(self.fragments.get(self.headline_fragment, 1.0))
            await self.ask("look at the run", fragment=self.headline_fragment)
            if time.perf_counter() - began > LIMIT:
                raise TimeoutError(self.headline)
        self._took[name].append(time.perf_counter() - began)

    async def turn_to(self, tab: str) -> None:
        self._states[self.tabs] = WidgetState(id=self.tabs, string_value=tab)
        await self.ask(f"tab {tab}")

    async def draw(self) -> None:
        await self.turn_to("Draw")
        await self.stroke()

    async def stroke(self) -> None:
        """Draw on the board that is there, as its fragment alone."""
        if self.canvas:
            drawing = {"raw": {"objects": []}, "data": _picture()}
            state = WidgetState(id=self.canvas, json_value=json.dumps({"drawing": drawing}))
            self._states[self.canvas] = state
            await self.ask("stroke", fragment=self.canvas_fragment)

    def keep(self, state: WidgetState) -> None:
        """Have a control say something from now on."""
        self._states[state.id] = state

    async def upload_addresses(self, count: int) -> list[str]:
        """Ask for the addresses under which files may be uploaded, as a control does."""
        message = BackMsg()
        message.file_urls_request.request_id = "1"
        message.file_urls_request.session_id = self.session_id
        message.file_urls_request.file_names.extend(["photo.png"] * count)
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self.socket.recv(decode=False))
            if answer.HasField("file_urls_response"):
                return [urls.upload_url for urls in answer.file_urls_response.file_urls]

    async def ask(self, what: str, trigger: WidgetState | None = None, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = fragment
        states = [*self._states.values(), *([trigger] if trigger else [])]
        message.rerun_script.widget_states.widgets.extend(states)
        if not fragment:
            self.fragments, self.texts = {}, ""
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(LIMIT):
            while not self._take(ForwardMsg.FromString(await self.socket.recv(decode=False))):
                pass
        self._took[what].append(time.perf_counter() - began)

    def _take(self, message: ForwardMsg) -> bool:
        """Take note of a message; return whether it is the last of an answer."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._show(message.delta)
        elif kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            raise RuntimeError(message.session_event.script_compilation_exception.message)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _show(self, delta: Delta) -> None:
        if delta.HasField("add_block") and delta.add_block.HasField("tab_container"):
            self.tabs = delta.add_block.tab_container.id
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(f"{element.exception.type}: {element.exception.message}")
        if kind == "button" and not element.button.disabled:
            self.buttons[element.button.label] = element.button.id
        elif kind == "progress":
            self.texts += element.progress.text + "\n"
            self.headline, self.headline_fragment = element.progress.text, delta.fragment_id
        elif kind == "bidi_component" and "person_cookie" in element.bidi_component.component_name:
            self.person = json.loads(element.bidi_component.json)["person"]
        elif kind == "slider":
            self.sliders[element.slider.label] = element.slider.id
        elif kind == "markdown":
            self.texts += element.markdown.body + "\n"
        elif kind == "alert":
            self.alerts.append(element.alert.body)
        elif kind == "bidi_component" and "drawable" in element.bidi_component.component_name:
            self.canvas, self.canvas_fragment = element.bidi_component.id, delta.fragment_id


def _picture() -> str:
    image = Image.new("RGBA", (280, 280), "white")
    points = [(random.uniform(60, 220), random.uniform(40, 240)) for _ in range(4)]
    ImageDraw.Draw(image).line(points, "black", 20)
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@asynccontextmanager
async def connected(
    address: str,
    *,
    cookies: dict[str, str] | None = None,
    origin: str | None = None,
    resume: str = "",
    come_from: str = "",
    took: dict[str, list[float]] | None = None,
    **options: Any,
) -> AsyncIterator[Session]:
    """Open a websocket as a browser would that has these cookies.

    `resume` is the id of a session that it wants back. `come_from` is an address that a proxy on this machine
    would name. The options are those of `websockets.connect`.
    """
    names = ["streamlit", *(["token", resume] if resume else [])]
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    if come_from:
        headers["X-Forwarded-For"] = come_from
    async with connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol(name) for name in names],
        additional_headers={name: value for name, value in headers.items() if value},
        max_size=None,
        proxy=None,
        **options,
    ) as socket:
        yield Session(socket, took)
