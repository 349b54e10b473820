"""Attack a server of its own, as a student with a console could: `python benchmarks/hostile.py [NAME ...]`.

Each attack prints what an honest visitor waited or lost and what the server used, beside its bound; the exit
code is 1 where a bound is broken. Names choose attacks; without any, all are made, which takes 15 minutes.
--checkout serves another version, to compare with. --mnist names the folder of the whole data set; without
it the sample is used, with which long runs take seconds.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.attacked_server import (
    GONE,
    HONEST,
    LARGEST,
    LONG,
    STRANGERS,
    TOO_LARGE,
    Lab,
    meanwhile,
    press,
    seconds_of_stroke,
    somebody_draws,
)
from tests.support.browser import ServerError
from tests.support.paths import ROOT
from tests.support.session import connected

CLASS_OF_THIRTY = 570  # MB of the server: benchmarks/sessions.py
SLOWEST = "an honest stroke more than alone, slowest"


class Figure(NamedTuple):
    """Something that was measured, and the most that it may be."""

    what: str
    found: float
    most: float
    unit: str = ""


Attack = Callable[[Lab], AsyncIterator[Figure]]
ATTACKS: dict[str, Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__] = function
    return function


@attack
async def newcomers(lab: Lab) -> AsyncIterator[Figure]:
    """Strangers without a cookie press Train, one after the other, from one address."""
    for _ in range(3):
        await lab.somebody_with_work()
    before = [path for path in lab.home.rglob("*") if path.is_file() and path.suffix != ".lock"]
    admitted = told = 0
    async with somebody_draws(lab) as more:
        for _ in range(200):
            async with connected(lab.address, come_from=STRANGERS) as page:
                await page.open()
                await press(page, "Train")
                admitted += bool(page.person)
                told += any("Very many people" in alert for alert in page.alerts)
    yield Figure("newcomers admitted of 200", admitted, 130)
    yield Figure("of the others not told why", 200 - admitted - told, 0)
    yield Figure("files lost of those before", sum(not path.exists() for path in before), 0)
    yield Figure(SLOWEST, max(more), 2, "s")


@attack
async def log_flood(lab: Lab) -> AsyncIterator[Figure]:
    """One connection sends large ids of files to download; others send origins and requests that are none."""
    operation = BackMsg()
    operation.backend_operation_request.deferred_file.file_id = "\n\x1b[31mforged " + "x" * 1_900_000
    content = operation.SerializeToString()
    async with somebody_draws(lab) as more, lab.page(STRANGERS) as page:
        until = time.perf_counter() + 10
        page.keep(WidgetState(id=page.sliders["Pen width"], int_value=1))  # a slider has a list
        while time.perf_counter() < until:
            with contextlib.suppress(RuntimeError):  # the page's own error
                await page.ask("error")
            await page.socket.send(content)
            await lab.admits("http://[::" + "y" * 5_000)
    yield Figure(SLOWEST, max(more), 2, "s")
    yield Figure("control characters in the log", lab.server.text().count("\x1b"), 0)


@attack
async def uploads(lab: Lab) -> AsyncIterator[Figure]:
    """A session uploads 60 files of 19 MB that no control asked for; 150 others stay unfinished."""
    async with somebody_draws(lab) as more, lab.page(STRANGERS) as page:
        asked = await page.upload_addresses(10)
        made_up = [f"{asked[0].rpartition('/')[0]}/{number:032x}" for number in range(50)]
        for path in [*asked, *made_up]:
            (await asyncio.to_thread(lab.upload, path)).close()
        halves = [await asyncio.to_thread(lab.upload, path, b"") for path in 3 * made_up]
        await asyncio.sleep(2)
        for half in halves:
            half.close()
    yield Figure(SLOWEST, max(more), 2, "s")
    await asyncio.sleep(35)
    yield Figure("temporary files half a minute later", lab.temporary_megabytes(), 1, "MB")


@attack
async def class_of_sixty(lab: Lab) -> AsyncIterator[Figure]:
    """No attack: sixty people behind one address come within half a minute and train, by NAT and a proxy."""
    for name, come_from in (("behind a NAT", ""), ("named by a proxy", STRANGERS)):
        people = [lab.comes_and_trains(come_from, number / 2) for number in range(60)]
        finished = await asyncio.gather(*people)
        yield Figure(f"of sixty {name}, did not finish", 60 - sum(finished), 0)


@attack
async def few_descriptors(lab: Lab) -> AsyncIterator[Figure]:
    """No attack: thirty people come at once to a server started with 256 descriptors, as macOS does."""
    lab.server.kill()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    lab.server = lab.start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    _idle = [socket.create_connection(("127.0.0.1", lab.port)) for _ in range(6 * 30)]  # six for each browser
    finished = await asyncio.gather(*(lab.comes_and_trains(HONEST, 0) for _ in range(30)))
    yield Figure("of thirty, did not finish", 30 - sum(finished), 0)


@attack
async def component_states(lab: Lab) -> AsyncIterator[Figure]:
    """Beside a class of thirty, who train and draw, 60 pages send states of components, of 1.9 or 3.7 MB."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(30):
            page = await stack.enter_async_context(lab.page())
            await page.train()
            await page.draw()
        of_class = lab.memory()
        more = await stack.enter_async_context(somebody_draws(lab))
        for number in range(60):
            page = await stack.enter_async_context(lab.page(f"192.0.2.{number % 2 + 1}"))
            await page.turn_to("Draw")
            with contextlib.suppress(*GONE):
                for size in (1_900_000, 3_700_000)[: 1 + number % 2]:
                    value = json.dumps({"drawing": number * "y" + size * "x"})
                    page.keep(WidgetState(id=page.canvas, json_value=value))
                    await page.ask("state")
        yield Figure(f"memory more than the class's {of_class:.0f} MB", lab.memory() - of_class, 400, "MB")
    yield Figure(SLOWEST, max(more), 2, "s")


@attack
async def foreign_origins(lab: Lab) -> AsyncIterator[Figure]:
    """A page elsewhere, or on another port of this host, opens websockets; the way out is silent."""
    admitted, slowest = 0, 0.0
    for origin in 3 * ["http://evil.example", f"http://127.0.0.1:{lab.port + 1}", "null", "http://[::"]:
        began = time.perf_counter()
        task = asyncio.ensure_future(lab.admits(origin))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(lab.ask_for_health)
        slowest = max(slowest, time.perf_counter() - began)
        admitted += await task
    yield Figure("foreign websockets admitted of 12", admitted, 0)
    yield Figure("slowest other request meanwhile", slowest, 2, "s")
    yield Figure("own origin refused", not await lab.admits(lab.address), 0)


@attack
async def silent_sessions(lab: Lab) -> AsyncIterator[Figure]:
    """One address opens 250 websockets and says nothing; 30 people who have work here reload."""
    people = [await lab.somebody_with_work() for _ in range(5)]
    async with contextlib.AsyncExitStack() as stack:
        opened = back = 0
        for _ in range(250):
            with contextlib.suppress(*GONE):
                await stack.enter_async_context(connected(lab.address, come_from=STRANGERS))
                opened += 1
        for number in range(30):
            cookies = {"digit_lab_person": people[number % len(people)]}
            with contextlib.suppress(*GONE):
                page = await stack.enter_async_context(
                    connected(lab.address, come_from=STRANGERS, cookies=cookies)
                )
                await page.ask("page")
                back += 1
        yield Figure("silent sessions at a time", opened, 100)
        yield Figure("people with work who did not get in", 30 - back, 0)


@attack
async def long_runs(lab: Lab) -> AsyncIterator[Figure]:
    """Ten newcomers press Train on long runs for 40 s and leave; somebody trains a run of half a second."""
    alone = await lab.seconds_of_run()
    until = time.perf_counter() + 40
    strangers = [lab.train_long_runs(f"192.0.2.{number % 2 + 1}", until) for number in range(10)]
    begun, threads = sum(await asyncio.gather(*strangers)), lab.process.num_threads()
    yield Figure("long runs that were not begun, of 40", max(0, 40 - begun), 0)
    yield Figure("a run more than alone", await lab.seconds_of_run() - alone, 2, "s")
    yield Figure("threads of the server", threads, 150)


@attack
async def large_drawings(lab: Lab) -> AsyncIterator[Figure]:
    """Sixty pages of one address send drawings as large as is allowed, and larger ones; somebody draws."""
    async with lab.page() as honest:
        await honest.train()
        await honest.turn_to("Draw")
        alone = max([await seconds_of_stroke(honest) for _ in range(5)])
        sizes = 30 * [LARGEST, TOO_LARGE]
        async with meanwhile(*[lambda size=size: lab.send_drawings(STRANGERS, size) for size in sizes]):
            await asyncio.sleep(15)
            beside, until = [0.0], time.perf_counter() + 40
            while len(beside) < 8 and time.perf_counter() < until:
                beside.append(await seconds_of_stroke(honest))
    yield Figure(SLOWEST, max(beside) - alone, 2, "s")


@attack
async def idle_connections(lab: Lab) -> AsyncIterator[Figure]:
    """A thousand connections say nothing, and a thousand a part of a request."""
    sockets = [socket.create_connection(("127.0.0.1", lab.port)) for _ in range(2_000)]
    for one in sockets[::2]:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    began = time.perf_counter()
    await asyncio.to_thread(lab.ask_for_health)
    yield Figure("a request meanwhile", time.perf_counter() - began, 2, "s")
    await asyncio.sleep(22)
    mine = [one for one in lab.process.net_connections("tcp") if one.laddr.port == lab.port and one.raddr]
    yield Figure("connections left after 22 s", sum(one.status == "ESTABLISHED" for one in mine), 5)
    for one in sockets:
        one.close()


@attack
async def stolen_session(lab: Lab) -> AsyncIterator[Figure]:
    """Somebody has seen a session's id, but has no cookie; its owner comes back with theirs."""
    async with lab.page() as owner:
        await owner.train()
        await owner.ask("cookie")
        yield Figure("sessions taken over", await lab.gets(owner.session_id, ""), 0)
        refused = not await lab.gets(owner.session_id, owner.person)
        yield Figure("owners who did not get theirs back", refused, 0)


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
    yield Figure("presses lost of 4", lost, 0)


@attack
async def many_drawings(lab: Lab) -> AsyncIterator[Figure]:
    """Seven people with 500 kept drawings each open their pages."""
    import torch

    from mnist_core.storage.drawings_zip import Drawing, store_drawings

    os.environ["DIGIT_LAB_HOME"] = str(lab.home)
    image, drawings = torch.zeros(356, 356, dtype=torch.uint8), []
    for number in range(500):
        image = image.clone()
        image[number % 300, 20 : 200 + number // 300] = 255
        drawings.append(Drawing(image, number % 10))
    people = [secrets.token_hex(16) for _ in range(7)]
    for person in people:
        store_drawings(person, drawings)
    async with lab.page() as warm, contextlib.AsyncExitStack() as stack:
        await warm.train()
        await warm.turn_to("Draw")
        before = lab.memory()
        for person in people:
            page = await stack.enter_async_context(lab.page(person=person))
            await page.turn_to("Draw")
        await asyncio.sleep(5)
        yield Figure("memory a person, with the page", (lab.memory() - before) / 7, 20, "MB")


@attack
async def maps(lab: Lab) -> AsyncIterator[Figure]:
    """Thirty newcomers from one address have large maps drawn; somebody elsewhere has a small one drawn."""
    alone, _ = await lab.seconds_of_map()
    async with meanwhile(*30 * [lambda: lab.draw_map(STRANGERS, 20)]):
        await asyncio.sleep(10)
        beside, first = await lab.seconds_of_map()
    yield Figure("its first cell", first, 5, "s")
    yield Figure("the map, in times alone", beside / alone, 3)


@attack
async def killed_in_a_map(lab: Lab) -> AsyncIterator[Figure]:
    """The server and its processes are killed while a map is drawn, and started again."""
    async with meanwhile(lambda: lab.draw_map(HONEST, 10)):
        until = time.perf_counter() + 60
        while not lab.temporary_megabytes() and time.perf_counter() < until:
            await asyncio.sleep(0.2)
        if not lab.temporary_megabytes():
            raise RuntimeError("no map was being drawn")
        for process in [*lab.process.children(recursive=True), lab.process]:
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
        await asyncio.sleep(20)  # until the processes are ready, and learn
        hung = lab.process.children()
        for process in hung:
            process.suspend()
        yield Figure("processes that did not hang of 2", 2 - len(hung), 0)
        epochs = [page.headline for page in (one, other)]
        began = time.perf_counter()
        for page, before in zip((one, other), epochs, strict=True):
            changes = 0
            while changes < 3 and time.perf_counter() < began + 90:
                seen = page.headline
                await asyncio.sleep(0.5)
                await page.ask("look")
                changes += page.headline not in (seen, before)
        yield Figure("both runs go on after", time.perf_counter() - began, 30, "s")
    for process in lab.process.children():
        process.suspend()
    began = time.perf_counter()
    lab.server.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        lab.server.process.wait(45)
    yield Figure("SIGTERM ends the server within", time.perf_counter() - began, 5, "s")


@attack
async def hostile_pictures(lab: Lab) -> AsyncIterator[Figure]:
    """A JPEG with 300,000 comments, and one with a colour profile of 15 MB."""
    from mnist_core.storage.image_file import read_image

    file = io.BytesIO()
    Image.fromarray(np.zeros((400, 400, 3), np.uint8)).save(file, "JPEG")
    plain = file.getvalue()
    began = time.perf_counter()
    with contextlib.suppress(ValueError):
        read_image(plain[:2] + 300_000 * (b"\xff\xfe\x00\x3c" + 58 * b"x") + plain[2:])
    yield Figure("to refuse 300,000 comments", time.perf_counter() - began, 1, "s")
    file = io.BytesIO()
    Image.open(io.BytesIO(plain)).save(file, "JPEG", icc_profile=7_500_000 * b"\xff\xda")
    lost = True
    with contextlib.suppress(ValueError):
        lost = not read_image(file.getvalue()).any()
    yield Figure("pictures lost for a colour profile", lost, 0)


@attack
async def home_deleted(lab: Lab) -> AsyncIterator[Figure]:
    """The home folder is deleted, and somebody starts a second server on it."""
    shutil.rmtree(lab.home)
    await asyncio.sleep(3)
    started = 0
    with contextlib.suppress(ServerError):
        lab.start().kill()
        started = 1
    yield Figure("second servers that started", started, 0)


async def run(function: Attack, lab: Lab) -> bool:
    print(f"\n{(function.__doc__ or '').strip()}")
    met = [show(figure) async for figure in function(lab)]
    used = (
        Figure("most log in a minute", lab.most_log, 1, "MB"),
        Figure("most memory of the server", lab.most_memory, CLASS_OF_THIRTY + 400, "MB"),
        Figure("most temporary files", lab.most_temporary, 200, "MB"),
    )
    return all([*met, *map(show, used)])


def show(figure: Figure) -> bool:
    kept = figure.found <= figure.most
    row = f"  {figure.what:44}{figure.found:10.2f} {figure.unit:3} at most {figure.most:g}"
    print(row + ("" if kept else "   BROKEN"), flush=True)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*ATTACKS, []], metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--checkout", type=Path, default=ROOT)
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    sys.path.insert(0, str(checkout))  # for the attacks that use mnist_core themselves
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, hard), hard))  # this program opens thousands
    broken = []
    for name in options.names or ATTACKS:
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            socket.create_server(("127.0.0.1", 0)) as silent,
        ):
            port = silent.getsockname()[1] if name == "foreign_origins" else 9  # a way out that never answers
            environment = {
                "MNIST_ROOT": str(options.mnist.resolve() if options.mnist else ""),
                "DIGIT_LAB_CACHE": f"{folder}/cache",
                "https_proxy": f"http://127.0.0.1:{port}",
                "http_proxy": f"http://127.0.0.1:{port}",
                "no_proxy": "",
            }
            lab = Lab(Path(folder), checkout, environment)
            try:
                if not asyncio.run(run(ATTACKS[name], lab)):
                    broken.append(name)
            except Exception as error:
                print(f"  {type(error).__name__}: {error!s:.300}   BROKEN")
                broken.append(name)
            finally:
                with contextlib.suppress(psutil.Error):
                    for process in lab.process.children(recursive=True):
                        process.kill()
                lab.server.kill()
    print(f"\nBroken: {', '.join(broken) or 'nothing'}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
