"""A class on one server: `python benchmarks/sessions.py [--sessions 30] [--seconds 60] [--mnist FOLDER]`.

Opens sessions on a server of its own, on this machine alone, with Streamlit's own messages and no browser.
Within ten seconds each begins a default run; afterwards it draws, changes tabs and trains again, with a
person's pauses. Prints response times, errors, memory and threads beside the goals, and exits with 1 where
one is missed. The goals are for two idle cores: see how many the server had.
"""

import argparse
import asyncio
import base64
import io
import json
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.browser import environment
from tests.support.browser import start_server

MOST_SESSIONS, MOST_SECONDS = 200, 900
BEGIN_WITHIN = 10.0  # seconds
PAUSE = (1.0, 5.0)  # seconds between two acts of a person
LIMIT = 120.0  # seconds for an answer
TABS = ("Train", "Draw", "Compare", "Look inside", "Learn")
GOALS = {  # seconds: median, 95th percentile or last
    "stroke": (0.4, 1.5),
    "run": (20.0, 40.0),
}
MEGABYTES_PER_SESSION = 5.0


class Session:
    """One page, as a browser would hold it: what is on it, and what its controls say."""

    def __init__(self, socket: ClientConnection, took: dict[str, list[float]]) -> None:
        self._socket, self._took = socket, took
        self._query, self._states = "", dict[str, WidgetState]()
        self.buttons, self.tabs, self.headline = dict[str, str](), "", ""
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
        if self.canvas:
            drawing = {"raw": {"objects": []}, "data": _picture()}
            state = WidgetState(id=self.canvas, json_value=json.dumps({"drawing": drawing}))
            self._states[self.canvas] = state
            await self.ask("stroke", fragment=self.canvas_fragment)

    async def ask(self, what: str, trigger: WidgetState | None = None, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.fragment_id = fragment
        states = [*self._states.values(), *([trigger] if trigger else [])]
        message.rerun_script.widget_states.widgets.extend(states)
        if not fragment:
            self.fragments = {}
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(LIMIT):
            while not self._take(ForwardMsg.FromString(await self._socket.recv(decode=False))):
                pass
        self._took[what].append(time.perf_counter() - began)

    def _take(self, message: ForwardMsg) -> bool:
        """Take note of a message; return whether it is the last of an answer."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._show(message.delta)
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
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
            self.headline, self.headline_fragment = element.progress.text, delta.fragment_id
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
async def opened(address: str, took: dict[str, list[float]]) -> AsyncIterator[Session]:
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    protocol = Subprotocol("streamlit")
    async with connect(stream, subprotocols=[protocol], max_size=None, proxy=None) as socket:
        page = Session(socket, took)
        await page.open()
        await page.train("run")
        yield page


async def visit(address: str, until: float, delay: float, took: dict[str, list[float]]) -> str:
    """Be one person until the given time; return what went wrong, or nothing."""
    await asyncio.sleep(delay)
    try:
        async with opened(address, took) as page:
            while time.perf_counter() < until:
                await asyncio.sleep(random.uniform(*PAUSE))
                act = random.random()
                if act < 0.6:
                    await page.draw()
                elif act < 0.9:
                    await page.turn_to(random.choice(TABS))
                else:
                    await page.train()
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.200}"
    return ""


async def warm_up(address: str) -> None:
    """Use everything once: the digits are loaded then, all modules are imported, and the caches are full."""
    async with opened(address, defaultdict(list)) as page:
        for tab in TABS:
            await page.turn_to(tab)
        await page.draw()


class Status(NamedTuple):
    """What a server uses: its own megabytes, those that its processes add, and all threads."""

    server: float
    processes: float
    threads: int


def status(process_id: int) -> Status:
    """Look at a server."""
    server, *processes = _family(process_id)
    added, threads = 0.0, server.num_threads()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            added += process.memory_full_info().uss / 1e6  # without what they share, such as torch's code
            threads += process.num_threads()
    return Status(server.memory_info().rss / 1e6, added, threads)


def processor_seconds(process_id: int) -> float:
    """Return how long a server and its processes have computed, on all cores together."""
    return sum(sum(process.cpu_times()[:2]) for process in _family(process_id))


def _family(process_id: int) -> list[psutil.Process]:
    server = psutil.Process(process_id)
    return [server, *server.children()]


async def hold_class(address: str, process_id: int, sessions: int, seconds: float) -> bool:
    took: dict[str, list[float]] = defaultdict(list)
    await warm_up(address)
    before = status(process_id)
    began, used = time.perf_counter(), processor_seconds(process_id)
    until = began + seconds
    delays = [random.uniform(0, BEGIN_WITHIN) for _ in range(sessions)]
    people = [asyncio.create_task(visit(address, until, delay, took)) for delay in delays]
    seen = [before]
    while not all(person.done() for person in people):
        seen.append(status(process_id))
        await asyncio.sleep(0.5)
    cores = (processor_seconds(process_id) - used) / (time.perf_counter() - began)
    print(f"The server had {cores:.2f} cores.")
    errors = [error for error in (person.result() for person in people) if error]
    return report(took, errors, before, Status(*map(max, zip(*seen, strict=True))), sessions)


def report(
    took: dict[str, list[float]], errors: Sequence[str], before: Status, most: Status, sessions: int
) -> bool:
    print(f"{'seconds':24}{'count':>7}{'median':>9}{'95 %':>9}{'last':>9}")
    grown = (most.server - before.server) / sessions
    met = not errors and grown <= MEGABYTES_PER_SESSION
    for what, seconds in sorted(took.items()):
        ordered = sorted(seconds)
        median, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
        line = f"{what:24}{len(ordered):7}{median:9.2f}{p95:9.2f}{ordered[-1]:9.2f}"
        if goal := GOALS.get(what):
            within = median <= goal[0] and (ordered[-1] if what == "run" else p95) <= goal[1]
            line += f"   goal {goal[0]:g} and {goal[1]:g}: {'met' if within else 'missed'}"
            met &= within
        print(line)
    print(
        f"Memory: {before.server:.0f} MB with one session, {grown:.1f} MB more each, goal "
        f"{MEGABYTES_PER_SESSION:g}, and {most.processes:.0f} MB for the processes in which runs learn"
    )
    print(f"At most {most.threads} threads. Errors: {len(errors)}")
    for error in errors:
        print(f"  {error}")
    return met


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=30, choices=range(1, MOST_SESSIONS + 1), metavar="N")
    parser.add_argument("--seconds", type=int, default=60, choices=range(1, MOST_SECONDS + 1), metavar="S")
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = start_server(environment(Path(home), options.mnist))
        try:
            work = hold_class(server.address, server.process.pid, options.sessions, options.seconds)
            met = asyncio.run(work)
        finally:
            server.kill()
    sys.exit(not met)


if __name__ == "__main__":
    main()
