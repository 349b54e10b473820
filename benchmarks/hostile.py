"""Attack a server of its own, as a student with a console could: `python benchmarks/hostile.py [NAME ...]`.

Each attack prints what an honest visitor waited or lost and what the server used, beside its bound; the exit
code is 1 where a bound is broken. Names choose attacks; without any, all are made, which takes ten minutes.
--app serves another checkout, such as the version before: `--app ../before/streamlit_app.py`. --mnist names
the folder of the whole data set; without it the sample is used. Strangers come from addresses that a trusted
proxy on this machine would name.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil
from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from mnist_core.storage.file_store import new_id
from mnist_core.storage.image_file import read_image
from tests.support.browser import Server, ServerError, start_server
from tests.support.paths import APP
from tests.support.session import Session, connected

STRANGERS, HONEST = "192.0.2.1", "198.51.100.1"
LONG = "batch_size=1&epochs=50"  # settings of a run that takes minutes
GONE = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)
MEGABYTE = 1_000_000


PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
END = b"\r\n--b--\r\n"


class Figure(NamedTuple):
    """Something that was measured, and the most that it may be."""

    what: str
    found: float
    most: float
    unit: str = "s"


Attack = Callable[["Lab"], AsyncIterator[Figure]]
ATTACKS: dict[str, Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__] = function
    return function


class Lab:
    """A server, its home and its temporary folder."""

    def __init__(self, folder: Path, app: Path, environment: dict[str, str]) -> None:
        self.home, self.temporary = folder / "home", folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.app, self.environment = app, environment
        self.server = self.start()

    def start(self) -> Server:
        folders = {"DIGIT_LAB_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        environment = {"PYTHONPATH": str(self.app.parent), **folders, **self.environment}
        return start_server(environment, self.app, cwd=self.app.parent)

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def memory(self) -> float:
        """Megabytes of the server alone."""
        return float(psutil.Process(self.server.process.pid).memory_info().rss / MEGABYTE)

    def logged(self) -> int:
        return self.server.log.seek(0, os.SEEK_END)

    def temporary_megabytes(self) -> float:
        """Megabytes in the temporary folder, with files that are open but have no name any more."""
        named = sum(path.stat().st_size for path in self.temporary.rglob("*") if path.is_file())
        unnamed = 0
        for descriptor in Path(f"/proc/{self.server.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()).startswith(str(self.temporary)):
                    unnamed += descriptor.stat().st_size
        return (named + unnamed) / MEGABYTE

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


async def press(page: Session, label: str) -> None:
    await page.ask(label, WidgetState(id=page.buttons[label], trigger_value=True))


async def seconds_of_stroke(page: Session) -> float:
    began = time.perf_counter()
    await page.draw()
    return time.perf_counter() - began


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


@attack
async def newcomers(lab: Lab) -> AsyncIterator[Figure]:
    """Strangers without a cookie press Train, one after the other, from one address."""
    for _ in range(3):
        await lab.somebody_with_work()
    before = {path: path.stat().st_size for path in lab.home.rglob("*") if path.is_file()}
    admitted = told = 0
    for _ in range(200):
        async with connected(lab.address, come_from=STRANGERS) as page:
            await page.open()
            await press(page, "Train")
            admitted += bool(page.person)
            told += any("Very many people" in alert for alert in page.alerts)
    yield Figure("newcomers admitted of 200", admitted, 130, "")
    yield Figure("of the others not told why", 200 - admitted - told, 0, "")
    lost = [path for path in before if path.suffix != ".lock" and not path.exists()]
    yield Figure("files lost of those before", len(lost), 0, "")


@attack
async def log_flood(lab: Lab) -> AsyncIterator[Figure]:
    """One connection sends large ids of files to download; others send origins and requests that are none."""
    operation = BackMsg()
    operation.backend_operation_request.deferred_file.file_id = "\n\x1b[31mforged " + "x" * 1_900_000
    content, before, until = operation.SerializeToString(), lab.logged(), time.perf_counter() + 10
    async with lab.page() as honest:
        async with lab.page(STRANGERS) as page:
            page.keep(WidgetState(id=page.sliders["Pen width"], int_value=1))  # a slider has a list
            while time.perf_counter() < until:
                with contextlib.suppress(RuntimeError):  # the page's own error
                    await page.ask("error")
                await page.socket.send(content)
                with contextlib.suppress(*GONE):
                    async with connected(lab.address, origin="http://[::" + "y" * 5_000, come_from=STRANGERS):
                        pass
        yield Figure("an honest stroke after it", await after_turning_to_draw(honest), 2.5)
    yield Figure("log in 10 s", (lab.logged() - before) / MEGABYTE, 0.17, "MB")
    yield Figure("control characters in the log", lab.server.text().count("\x1b"), 0, "")


async def after_turning_to_draw(page: Session) -> float:
    await page.turn_to("Draw")
    return await seconds_of_stroke(page)


@attack
async def uploads(lab: Lab) -> AsyncIterator[Figure]:
    """A session uploads 60 files of 19 MB that no control asked for; 150 others stay unfinished."""
    await lab.somebody_with_work()
    before, biggest = lab.memory(), 0.0
    async with lab.page(STRANGERS) as page:
        asked = await page.upload_addresses(10)
        made_up = [f"{asked[0].rpartition('/')[0]}/{number:032x}" for number in range(50)]
        for path in [*asked, *made_up]:
            await asyncio.to_thread(upload, lab, path, 19 * MEGABYTE)
            biggest = max(biggest, lab.memory() - before)
        yield Figure("memory for files", biggest, 400, "MB")
        halves = [await asyncio.to_thread(begin_upload, lab, path) for path in [*made_up, *made_up, *made_up]]
        yield Figure("temporary files", lab.temporary_megabytes(), 200, "MB")
        for half in halves:
            half.close()
    await asyncio.sleep(35)
    yield Figure("temporary files half a minute later", lab.temporary_megabytes(), 1, "MB")


@attack
async def class_of_sixty(lab: Lab) -> AsyncIterator[Figure]:
    """No attack: sixty people behind one address come within a minute and train, by NAT and a proxy."""
    for name, come_from in (("behind a NAT", ""), ("named by a proxy", STRANGERS)):
        finished = await asyncio.gather(*(comes_and_trains(lab, come_from, number) for number in range(60)))
        yield Figure(f"of sixty {name}, did not finish", 60 - sum(finished), 0, "")


async def comes_and_trains(lab: Lab, come_from: str, number: int) -> bool:
    await asyncio.sleep(number / 2)
    try:
        async with lab.page(come_from) as page:
            await page.train()
            return True
    except GONE:
        return False


@attack
async def few_descriptors(lab: Lab) -> AsyncIterator[Figure]:
    """No attack: thirty people come at once to a server started with 256 descriptors, as macOS does."""
    lab.server.kill()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    lab.server = lab.start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    idle = [socket.create_connection(("127.0.0.1", lab.port)) for _ in range(6 * 30)]  # six for each browser
    finished = await asyncio.gather(*(comes_and_trains(lab, HONEST, 0) for _ in range(30)))
    yield Figure("of thirty, did not finish", 30 - sum(finished), 0, "")
    for one in idle:
        one.close()


def token(lab: Lab) -> str:
    with urlopen(f"{lab.address}/_stcore/health") as answer:
        found = re.search("_streamlit_xsrf=([^;]+)", answer.headers["Set-Cookie"])
    assert found
    return found[1]


def begin_upload(lab: Lab, path: str, size: int = 19 * MEGABYTE) -> HTTPConnection:
    xsrf = token(lab)
    connection = HTTPConnection(urlsplit(lab.address).netloc, timeout=30)
    connection.putrequest("PUT", path)
    for name, value in {
        "X-Xsrftoken": xsrf,
        "Cookie": f"_streamlit_xsrf={xsrf}",
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(len(PART) + size + len(END)),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    with contextlib.suppress(OSError):
        connection.send(PART + size * b"x")
    return connection


def upload(lab: Lab, path: str, size: int) -> None:
    connection = begin_upload(lab, path, size)
    with contextlib.suppress(OSError):
        connection.send(END)
        connection.getresponse().read()
    connection.close()


@attack
async def component_states(lab: Lab) -> AsyncIterator[Figure]:
    """60 pages send 1.9 MB each as the state of a component."""
    before = lab.memory()
    async with contextlib.AsyncExitStack() as stack:
        for number in range(60):
            page = await stack.enter_async_context(lab.page(f"192.0.2.{number % 2 + 1}"))
            await page.turn_to("Draw")
            page.keep(WidgetState(id=page.canvas, json_value=json.dumps({"drawing": "x" * 1_900_000})))
            with contextlib.suppress(*GONE):
                await page.ask("state")
        yield Figure("memory for their states and pages", lab.memory() - before, 60 * 6 + 60, "MB")


@attack
async def foreign_origins(lab: Lab) -> AsyncIterator[Figure]:
    """A page elsewhere, or on another port of this host, opens websockets; the way out is silent."""
    admitted, slowest = 0, 0.0
    origins = ["http://evil.example", f"http://127.0.0.1:{lab.port + 1}", "null", "http://[::"]
    for origin in origins * 3:
        began = time.perf_counter()
        task = asyncio.ensure_future(is_admitted(lab, origin))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(health, lab)
        slowest = max(slowest, time.perf_counter() - began)
        admitted += await task
    yield Figure("foreign websockets admitted", admitted, 0, "")
    yield Figure("slowest other request meanwhile", slowest, 2)
    yield Figure("own origin refused", not await is_admitted(lab, lab.address), 0, "")


async def is_admitted(lab: Lab, origin: str) -> bool:
    try:
        async with connected(lab.address, origin=origin) as page:
            await page.ask("page")
            return True
    except GONE:
        return False


def health(lab: Lab) -> None:
    with urlopen(Request(f"{lab.address}/_stcore/health"), timeout=30):
        pass


@attack
async def silent_sessions(lab: Lab) -> AsyncIterator[Figure]:
    """One address opens 250 websockets and says nothing; 30 people who have work here reload."""
    people = [await lab.somebody_with_work() for _ in range(5)]
    async with contextlib.AsyncExitStack() as stack:
        opened = 0
        for _ in range(250):
            with contextlib.suppress(*GONE):
                await stack.enter_async_context(connected(lab.address, come_from=STRANGERS))
                opened += 1
        back = 0
        for number in range(30):
            person = people[number % len(people)]
            with contextlib.suppress(*GONE):
                page = await stack.enter_async_context(
                    connected(lab.address, come_from=STRANGERS, cookies={"digit_lab_person": person})
                )
                await page.ask("page")
                back += 1
        yield Figure("silent sessions at a time", opened, 100, "")
        yield Figure("people with work who did not get in", 30 - back, 0, "")


@attack
async def long_runs(lab: Lab) -> AsyncIterator[Figure]:
    """Ten newcomers press Train on long runs for 20 s and leave; somebody trains a run of half a second."""
    alone = await seconds_of_run(lab)
    until = time.perf_counter() + 20
    await asyncio.gather(*(train_long_runs(lab, f"192.0.2.{n % 2 + 1}", until) for n in range(10)))
    yield Figure(
        "long runs that were not begun, of 20", max(0, 20 - len(list(lab.home.glob("lists/*")))), 0, ""
    )
    threads = psutil.Process(lab.server.process.pid).num_threads()
    yield Figure("a run more than alone", await seconds_of_run(lab) - alone, 2)
    yield Figure("threads of the server", threads, 150, "")


async def train_long_runs(lab: Lab, come_from: str, until: float) -> None:
    while time.perf_counter() < until:  # each time as somebody new, so that no run is stopped by the next
        async with lab.page(come_from, query=LONG) as page:
            await press(page, "Train")


async def seconds_of_run(lab: Lab) -> float:
    async with lab.page() as page:
        began = time.perf_counter()
        await page.train()
        return time.perf_counter() - began


@attack
async def large_drawings(lab: Lab) -> AsyncIterator[Figure]:
    """Sixty pages send the largest drawings that are allowed, again and again; somebody draws."""
    async with lab.page() as honest:
        await honest.train()
        await honest.turn_to("Draw")
        alone = max([await seconds_of_stroke(honest) for _ in range(5)])
        drawing = large_drawing()
        strangers = [lambda: send_drawings(lab, drawing) for _ in range(60)]
        async with meanwhile(*strangers):
            await asyncio.sleep(15)
            beside = [await seconds_of_stroke(honest) for _ in range(8)]
    yield Figure("an honest stroke more than alone, median", sorted(beside)[4] - alone, 2)
    yield Figure("an honest stroke more than alone, slowest", max(beside) - alone, 4)


def large_drawing() -> str:
    from base64 import b64encode

    image = Image.new("RGBA", (1_120, 1_120), "white")
    ImageDraw.Draw(image).line([(200, 200), (900, 300), (300, 900)], "black", 80)
    file = io.BytesIO()
    image.save(file, "PNG")
    url = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    return json.dumps({"drawing": {"raw": {"objects": []}, "data": url}})


async def send_drawings(lab: Lab, drawing: str) -> None:
    async with lab.page(STRANGERS) as page:
        await page.turn_to("Draw")
        count = 0
        while True:
            count += 1  # another drawing each time
            page.keep(WidgetState(id=page.canvas, json_value=drawing[:-1] + f', "n": {count}}}'))
            await page.ask("drawing", fragment=page.canvas_fragment)


@attack
async def idle_connections(lab: Lab) -> AsyncIterator[Figure]:
    """A thousand connections say nothing, and a thousand a part of a request."""
    before, where = lab.logged(), ("127.0.0.1", lab.port)
    sockets = [socket.create_connection(where) for _ in range(2_000)]
    for one in sockets[::2]:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    began = time.perf_counter()
    await asyncio.to_thread(health, lab)
    yield Figure("a request meanwhile", time.perf_counter() - began, 2)
    await asyncio.sleep(22)
    yield Figure("connections left after 22 s", connections_of(lab), 5, "")
    yield Figure("log meanwhile", (lab.logged() - before) / MEGABYTE, 0.4, "MB")
    for one in sockets:
        one.close()


def connections_of(lab: Lab) -> int:
    found = psutil.Process(lab.server.process.pid).net_connections("tcp")
    mine = [connection for connection in found if connection.laddr.port == lab.port and connection.raddr]
    return sum(connection.status == "ESTABLISHED" for connection in mine)


@attack
async def stolen_session(lab: Lab) -> AsyncIterator[Figure]:
    """Somebody has seen a session's id, but has no cookie; its owner comes back with theirs."""
    async with lab.page() as owner:
        await owner.train()
        await owner.ask("cookie")
        yield Figure("sessions taken over", await gets(lab, owner.session_id, ""), 0, "")
        refused = not await gets(lab, owner.session_id, owner.person)
        yield Figure("owners who got theirs not back", refused, 0, "")


async def gets(lab: Lab, session_id: str, person: str) -> bool:
    cookies = {"digit_lab_person": person} if person else None
    async with connected(lab.address, resume=session_id, cookies=cookies) as page:
        await page.ask("page")
        return page.session_id == session_id


@attack
async def first_press(lab: Lab) -> AsyncIterator[Figure]:
    """The server is started again, and the first thing that a page sends is a press of Train."""
    lost = 0
    for _ in range(4):
        async with lab.page() as page:
            button, session = page.buttons["Train"], page.session_id
        lab.server.stop(signal.SIGTERM)
        lab.server = lab.start()
        async with connected(lab.address, resume=session) as page:
            await page.ask("Train", WidgetState(id=button, trigger_value=True))
            await page.ask("look")
            lost += "Not trained" in page.headline or not page.headline
    yield Figure("presses lost of 4", lost, 0, "")


@attack
async def many_drawings(lab: Lab) -> AsyncIterator[Figure]:
    """Seven people with 500 kept drawings each open their pages."""
    from mnist_core.storage.drawings_zip import Drawing, store_drawings

    os.environ["DIGIT_LAB_HOME"] = str(lab.home)
    import torch

    people = [new_id() for _ in range(7)]
    image = torch.zeros(356, 356, dtype=torch.uint8)
    drawings = []
    for number in range(500):
        image = image.clone()
        image[number % 300, 20 : 200 + number // 300] = 255
        drawings.append(Drawing(image, number % 10))
    for person in people:
        store_drawings(person, drawings)
    async with lab.page() as warm:
        await warm.train()
        await warm.turn_to("Draw")
        before = lab.memory()
        async with contextlib.AsyncExitStack() as stack:
            for person in people:
                page = await stack.enter_async_context(lab.page(person=person))
                await page.turn_to("Draw")
            await asyncio.sleep(5)
            yield Figure("memory a person, with the page", (lab.memory() - before) / 7, 20, "MB")


@attack
async def maps(lab: Lab) -> AsyncIterator[Figure]:
    """Thirty newcomers from one address have large maps drawn; somebody elsewhere has a small one drawn."""
    alone, _ = await seconds_of_map(lab)
    async with meanwhile(*[lambda: draw_map(lab, STRANGERS, 50) for _ in range(30)]):
        await asyncio.sleep(10)
        beside, first = await seconds_of_map(lab)
    yield Figure("its first cell", first, 5)
    yield Figure("the map, in times alone", beside / alone, 3, "")


async def seconds_of_map(lab: Lab) -> tuple[float, float]:
    """Return the seconds until a small map is complete, and until its first cell is."""
    began, first = time.perf_counter(), 0.0
    async with asyncio.timeout(300):
        async for done, cells in draw_map_and_look(lab, HONEST, 2):
            if done and not first:
                first = time.perf_counter() - began
            if done == cells:
                break
    return time.perf_counter() - began, first


async def draw_map(lab: Lab, come_from: str, epochs: int) -> None:
    async for _ in draw_map_and_look(lab, come_from, epochs):
        pass


async def draw_map_and_look(lab: Lab, come_from: str, epochs: int) -> AsyncIterator[tuple[int, int]]:
    async with lab.page(come_from, query="tab=Compare&map=new") as page:
        await page.turn_to("Compare")
        state = WidgetState(id=page.sliders["Epochs"])
        state.double_array_value.data.append(epochs)
        page.keep(state)
        await page.ask("epochs")
        await press(page, "Draw the map")
        while True:
            await asyncio.sleep(0.5)
            await page.ask("look")
            if found := re.search(r"(\d+) of (\d+) cells", page.texts):
                yield int(found[1]), int(found[2])


@attack
async def killed_in_a_map(lab: Lab) -> AsyncIterator[Figure]:
    """The server and its processes are killed while a map is drawn, and started again."""
    async with meanwhile(lambda: draw_map(lab, HONEST, 10)):
        until = time.perf_counter() + 60
        while not lab.temporary_megabytes() and time.perf_counter() < until:
            await asyncio.sleep(0.2)
        if not lab.temporary_megabytes():
            raise RuntimeError("no map was being drawn")
        family = [psutil.Process(lab.server.process.pid)]
        for process in [*family[0].children(recursive=True), *family]:
            process.kill()
    lab.server.process.wait()
    lab.server = lab.start()
    await asyncio.sleep(2)
    yield Figure("temporary files left", lab.temporary_megabytes(), 1, "MB")


@attack
async def hung_processes(lab: Lab) -> AsyncIterator[Figure]:
    """All processes in which runs learn hang; runs go on, and SIGTERM ends the server."""
    async with lab.page(query=LONG) as one, lab.page(query=LONG) as other:
        for page in (one, other):
            await press(page, "Train")
        await asyncio.sleep(15)  # until the processes are ready, and learn
        hung = psutil.Process(lab.server.process.pid).children()
        for process in hung:
            process.suspend()
        yield Figure("processes that did not hang of 2", 2 - len(hung), 0, "")
        epochs = [page.headline for page in (one, other)]
        began = time.perf_counter()
        for page, before in zip((one, other), epochs, strict=True):
            changes = 0
            while changes < 3 and time.perf_counter() < began + 90:
                seen = page.headline
                await asyncio.sleep(0.5)
                await page.ask("look")
                changes += page.headline not in (seen, before)
        yield Figure("both runs go on after", time.perf_counter() - began, 30)
    for process in psutil.Process(lab.server.process.pid).children():
        process.suspend()
    began = time.perf_counter()
    lab.server.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        lab.server.process.wait(45)
    yield Figure("SIGTERM ends the server within", time.perf_counter() - began, 5)
    lab.server.kill()
    lab.server = lab.start()


@attack
async def hostile_pictures(lab: Lab) -> AsyncIterator[Figure]:
    """A JPEG with 300,000 comments, and one with a colour profile of 15 MB."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((400, 400, 3), np.uint8)).save(file, "JPEG")
    plain = file.getvalue()
    began = time.perf_counter()
    with contextlib.suppress(ValueError):
        read_image(plain[:2] + 300_000 * (b"\xff\xfe\x00\x3c" + 58 * b"x") + plain[2:])
    yield Figure("to refuse 300,000 comments", time.perf_counter() - began, 1)
    file = io.BytesIO()
    Image.open(io.BytesIO(plain)).save(file, "JPEG", icc_profile=7_500_000 * b"\xff\xda")
    yield Figure("colour profiles taken for scans", not read_image(file.getvalue()).any(), 0, "")


@attack
async def home_deleted(lab: Lab) -> AsyncIterator[Figure]:
    """The home folder is deleted, and somebody starts a second server on it."""
    shutil.rmtree(lab.home)
    await asyncio.sleep(3)
    try:
        second = lab.start()
        second.kill()
        started = 1
    except ServerError:
        started = 0
    yield Figure("second servers that started", started, 0, "")


@contextmanager
def silent_proxy() -> Iterator[str]:
    """Accept connections and never answer, as a way out that is blocked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def run(function: Attack, lab: Lab) -> bool:
    print(f"\n{(function.__doc__ or '').strip()}")
    met = True
    async for figure in function(lab):
        kept = figure.found <= figure.most
        met &= kept
        print(
            f"  {figure.what:44}{figure.found:10.2f} {figure.unit:3} at most {figure.most:g}"
            + ("" if kept else "   BROKEN"),
            flush=True,
        )
    return met


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*ATTACKS, []], metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--app", type=Path, default=APP)
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, hard), hard))  # this program opens thousands
    broken = []
    with silent_proxy() as proxy:
        for name in options.names or ATTACKS:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                environment = {
                    "MNIST_ROOT": str(options.mnist.resolve() if options.mnist else ""),
                    "DIGIT_LAB_CACHE": f"{folder}/cache",
                    "https_proxy": "http://127.0.0.1:9" if name != "foreign_origins" else proxy,
                    "http_proxy": "http://127.0.0.1:9" if name != "foreign_origins" else proxy,
                    "no_proxy": "",
                }
                lab = Lab(Path(folder), options.app.resolve(), environment)
                try:
                    if not asyncio.run(run(ATTACKS[name], lab)):
                        broken.append(name)
                except Exception as error:
                    print(f"  {type(error).__name__}: {error!s:.300}   BROKEN")
                    broken.append(name)
                finally:
                    lab.server.kill()
    print(f"\nBroken: {', '.join(broken) or 'nothing'}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
