"""A server of its own for `hostile.py`, and what its visitors do there, honest ones and strangers."""

import asyncio
import io
import json
import os
import re
import threading
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil
from PIL import Image, ImageDraw
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.browser import Server, start_server
from tests.support.session import Session, connected

STRANGERS, HONEST = "192.0.2.1", "198.51.100.1"  # addresses that a proxy names
LONG = "batch_size=1&epochs=50"  # settings of a run that takes minutes
LARGEST, TOO_LARGE = 1_120, 2_400  # px, sides of drawings: the first is just allowed
GONE = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)
BEFORE_FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
AFTER_FILE = b"\r\n--b--\r\n"


class Lab:
    """A server, its home and its temporary folder, and the most that it has used."""

    def __init__(self, folder: Path, checkout: Path, environment: dict[str, str]) -> None:
        self.home, self.temporary = folder / "home", folder / "tmp"
        self.temporary.mkdir()
        folders = {"DIGIT_LAB_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        self._environment = {"PYTHONPATH": str(checkout), **folders, **environment}
        self._checkout = checkout
        self.most_memory = self.most_temporary = self.most_log = 0.0  # MB, the last in a minute
        self.server = self.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self) -> Server:
        return start_server(self._environment, self._checkout / "streamlit_app.py", cwd=self._checkout)

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.server.process.pid)

    def memory(self) -> float:
        """Megabytes of the server alone."""
        return float(self.process.memory_info().rss / 1e6)

    def temporary_megabytes(self) -> float:
        """Megabytes in the temporary folder, with files that are open but have no name any more."""
        total = 0
        for path in self.temporary.rglob("*"):
            with suppress(OSError):
                total += path.stat().st_size if path.is_file() else 0
        for descriptor in Path(f"/proc/{self.server.process.pid}/fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()).startswith(str(self.temporary)):
                    total += descriptor.stat().st_size
        return total / 1e6

    def _watch(self) -> None:
        logged = [(time.monotonic(), 0.0)]
        while True:
            with suppress(psutil.Error, OSError, ValueError):  # it is ending, or starting again
                self.most_memory = max(self.most_memory, self.memory())
                self.most_temporary = max(self.most_temporary, self.temporary_megabytes())
                logged.append((time.monotonic(), os.fstat(self.server.log.fileno()).st_size / 1e6))
                logged = [one for one in logged if one[0] > logged[-1][0] - 60]
                self.most_log = max(self.most_log, logged[-1][1] - logged[0][1])
            time.sleep(0.2)

    def ask_for_health(self) -> None:
        urlopen(f"{self.address}/_stcore/health", timeout=30).close()

    @asynccontextmanager
    async def page(
        self, come_from: str = HONEST, *, query: str = "", person: str = ""
    ) -> AsyncIterator[Session]:
        """Open a page and wait until Train can be pressed."""
        cookies = {"digit_lab_person": person} if person else None
        async with connected(self.address, come_from=come_from, cookies=cookies) as page:
            page.query = query
            await page.open()
            yield page

    async def somebody_with_work(self) -> str:
        """Train a short run; return the id of the person."""
        async with self.page() as page:
            await page.train()
            await page.ask("cookie")
            return page.person

    async def admits(self, origin: str) -> bool:
        """Whether a websocket from a page of this origin is opened, and served."""
        try:
            async with connected(self.address, origin=origin, come_from=STRANGERS) as page:
                await page.ask("page")
                return True
        except GONE:
            return False

    async def gets(self, session_id: str, person: str) -> bool:
        """Whether somebody gets a session back of which they know the id."""
        cookies = {"digit_lab_person": person} if person else None
        async with connected(self.address, resume=session_id, cookies=cookies) as page:
            await page.ask("page")
            return page.session_id == session_id

    async def seconds_of_run(self) -> float:
        async with self.page() as page:
            began = time.perf_counter()
            await page.train()
            return time.perf_counter() - began

    async def comes_and_trains(self, come_from: str, after: float) -> bool:
        """Whether somebody who comes after some seconds can train a run to its end."""
        await asyncio.sleep(after)
        try:
            async with self.page(come_from) as page:
                await page.train()
                return True
        except (*GONE, RuntimeError):  # the latter is an error that the page shows
            return False

    async def train_long_runs(self, come_from: str, until: float) -> int:
        """Press Train and leave, each time as somebody new; return how many runs began or wait."""
        begun = 0
        while time.perf_counter() < until:
            async with self.page(come_from, query=LONG) as page:
                await press(page, "Train")
                begun += bool(page.headline) and "Not trained" not in page.headline
        return begun

    async def send_drawings(self, come_from: str, size: int) -> None:
        """Send a large drawing again and again, each time another one."""
        async with self.page(come_from) as page:
            await page.turn_to("Draw")
            for number in count():
                page.keep(WidgetState(id=page.canvas, json_value=large_drawing(size, number % 8)))
                await page.ask("drawing", fragment=page.canvas_fragment)

    async def seconds_of_map(self) -> tuple[float, float]:
        """Return the seconds until a small map is complete, and its first cell; about 90 if they are not."""
        first = 0.0
        async for done, cells, seconds in self._cells_of_map(HONEST, 2):
            first = first or (seconds if done else 0.0)
            if done == cells or seconds > 90:
                break
        return seconds, first or seconds

    async def draw_map(self, come_from: str, epochs: int) -> None:
        async for _ in self._cells_of_map(come_from, epochs):
            pass

    async def _cells_of_map(self, come_from: str, epochs: int) -> AsyncIterator[tuple[int, int, float]]:
        """Begin a map and look at it: how many cells are done, of how many, after how many seconds."""
        async with self.page(come_from, query="tab=Compare&map=new") as page:
            await page.turn_to("Compare")
            state = WidgetState(id=page.sliders["Epochs"])
            state.double_array_value.data.append(epochs)
            page.keep(state)
            await page.ask("epochs")
            began = time.perf_counter()
            await press(page, "Draw the map")
            while True:
                if found := re.search(r"(\d+) of (\d+) cells", page.texts):
                    yield int(found[1]), int(found[2]), time.perf_counter() - began
                await asyncio.sleep(0.5)
                await page.ask("look")

    def upload(self, path: str, end: bytes = AFTER_FILE) -> HTTPConnection:
        """Send a file of 19 MB, as a whole or without its end."""
        file = BEFORE_FILE + 19_000_000 * b"x"
        with urlopen(f"{self.address}/_stcore/health") as answer:
            found = re.search("_streamlit_xsrf=([^;]+)", answer.headers["Set-Cookie"])
        assert found
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        connection.putrequest("PUT", path)
        for name, value in {
            "X-Xsrftoken": found[1],
            "Cookie": f"_streamlit_xsrf={found[1]}",
            "Content-Type": "multipart/form-data; boundary=b",
            "Content-Length": str(len(file + AFTER_FILE)),
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        with suppress(OSError):
            connection.send(file + end)
            if end:
                connection.getresponse().read()
        return connection


async def press(page: Session, label: str) -> None:
    await page.ask(label, WidgetState(id=page.buttons[label], trigger_value=True))


async def seconds_of_stroke(page: Session) -> float:
    began = time.perf_counter()
    await page.stroke()
    return time.perf_counter() - began


@lru_cache
def large_drawing(size: int, number: int) -> str:
    image = Image.new("RGBA", (size, size), "white")
    ImageDraw.Draw(image).line([(200, 200), (900, 300), (300, 900 + number)], "black", 80)
    file = io.BytesIO()
    image.save(file, "PNG")
    url = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    return json.dumps({"drawing": {"raw": {"objects": []}, "data": url}})


@asynccontextmanager
async def somebody_draws(lab: Lab) -> AsyncIterator[list[float]]:
    """Have somebody draw a stroke each second beside the block; what each took more than alone, in s."""
    more, ended = list[float](), asyncio.Event()

    async def draw(page: Session, alone: float) -> None:
        while not ended.is_set():
            more.append(await seconds_of_stroke(page) - alone)
            await asyncio.sleep(1)

    async with lab.page() as page:
        await page.train()
        await page.turn_to("Draw")
        alone = median([await seconds_of_stroke(page) for _ in range(5)])
        drawing = asyncio.create_task(draw(page, alone))
        try:
            yield more
        finally:
            ended.set()
            await drawing


@asynccontextmanager
async def meanwhile(*works: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """Have coroutines run beside the block, whatever becomes of them."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    await asyncio.sleep(1)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
