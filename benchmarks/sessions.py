"""A class on one server: `python benchmarks/sessions.py [--sessions 30] [--seconds 60] [--mnist FOLDER]`.

Opens sessions on a server of its own, on this machine alone, with Streamlit's own messages and no browser.
Within ten seconds each begins a default run; afterwards it draws, changes tabs and trains again, with a
person's pauses. With `--room` all of them join a room first, whose leader's page looks at it as a browser's;
each sends a guess in a challenge, and comes back to it between two acts. Prints response times, errors,
memory and threads beside the goals, and exits with 1 where one is missed. The goals are for two idle cores:
see how many the server had.
"""

import argparse
import asyncio
import random
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.browser import environment
from tests.support.browser import start_server
from tests.support.paths import ROOT
from tests.support.session import Session, connected

MOST_SESSIONS, MOST_SECONDS = 200, 900
BEGIN_WITHIN = 10.0  # seconds
PAUSE = (1.0, 5.0)  # seconds between two acts of a person
TABS = ("Train", "Draw", "Compare", "Look inside", "Learn")
GOALS = {  # seconds: median, 95th percentile or last
    "stroke": (0.4, 1.5),
    "run": (20.0, 40.0),
    "guess to leader": (2.0, 2.0),
}
LOOK_AT_ROOM = 0.8  # seconds, unless the server asks for more
CHALLENGE = "3 · Too fast"  # its slider stands somewhere, so that one press is a guess
MEGABYTES_PER_SESSION = 5.0


@asynccontextmanager
async def opened(address: str, took: dict[str, list[float]], code: str = "") -> AsyncIterator[Session]:
    async with connected(address, took=took) as page:
        page.query = f"tab=Learn&learn=room&room={code}" if code else ""
        await page.open()
        if code:
            await press(page, "Join", "join")
        await page.train("run")
        yield page


async def press(page: Session, button: str, what: str) -> None:
    """Press a button by its label."""
    await page.ask(what, WidgetState(id=page.buttons[button], trigger_value=True))


class ClassRoom:
    """A room, the page of its leader, and when guesses were sent and seen there."""

    def __init__(self, leader: Session) -> None:
        self.leader, self.code = leader, ""
        self.sent, self.seen = list[float](), list[float]()

    async def open(self) -> None:
        """Open the room, and bring whoever joins to a challenge."""
        self.leader.query = "tab=Learn&learn=room"
        await self.leader.open()
        await press(self.leader, "Open a room", "open a room")
        self.code = parse_qs(self.leader.query)["room"][0]
        await press(self.leader, "All challenges", "open the list")
        await press(self.leader, CHALLENGE, "open a challenge")

    async def lead(self, until: float) -> None:
        """Look at the room until the given time."""
        while time.perf_counter() < until:
            fragment, seconds = next(iter(self.leader.fragments.items()), ("", LOOK_AT_ROOM))
            await asyncio.sleep(seconds)
            self.leader.texts = ""
            await self.leader.ask("leader's look", fragment=fragment)
            for guessed in re.findall(r"\*\*(\d+) of \d+\*\*", self.leader.texts):
                self.seen += [time.perf_counter()] * (int(guessed) - len(self.seen))

    async def take_part(self, page: Session) -> None:
        """Guess, or look whether there is anything new."""
        await page.turn_to("Learn")
        if "Your guess is in" not in page.texts:
            self.sent.append(time.perf_counter())
            await press(page, "This is my guess", "guess")
        else:
            await page.ask("look at the room", fragment=next(iter(page.fragments), ""))

    def delays(self) -> list[float]:
        """Return how long each guess took to the leader's page; what is not there yet is left out."""
        return [seen - sent for sent, seen in zip(self.sent, self.seen, strict=False)]


async def visit(
    address: str, until: float, delay: float, took: dict[str, list[float]], room: ClassRoom | None
) -> str:
    """Be one person until the given time; return what went wrong, or nothing."""
    await asyncio.sleep(delay)
    try:
        async with opened(address, took, room.code if room else "") as page:
            while time.perf_counter() < until:
                pause = random.uniform(*PAUSE)
                if room:
                    await room.take_part(page)
                await asyncio.sleep(pause)
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


async def draw_together(address: str, process_id: int, sessions: int, seconds: float) -> bool:
    """Let everybody draw; print what a drawing costs the server."""
    took: dict[str, list[float]] = defaultdict(list)
    await warm_up(address)
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(connected(address, took=took)) for _ in range(sessions)]
        for page in pages:
            await page.open()
            await page.turn_to("Draw")
        took.clear()
        used, until = processor_seconds(process_id), time.perf_counter() + seconds

        async def draws(page: Session) -> None:
            while time.perf_counter() < until:
                await asyncio.sleep(random.uniform(*PAUSE))
                await page.stroke()

        await asyncio.gather(*map(draws, pages))
    count = len(took["stroke"])
    cost = 1000 * (processor_seconds(process_id) - used) / max(count, 1)
    print(f"{sessions} people drew {count} times: {cost:.0f} ms of the processor each")
    return count > 0


async def hold_class(
    address: str, process_id: int, sessions: int, seconds: float, *, in_room: bool = False
) -> bool:
    took: dict[str, list[float]] = defaultdict(list)
    await warm_up(address)
    stack = AsyncExitStack()
    room = ClassRoom(await stack.enter_async_context(connected(address, took=took))) if in_room else None
    if room:
        await room.open()
    before = status(process_id)
    began, used = time.perf_counter(), processor_seconds(process_id)
    until = began + seconds
    delays = [random.uniform(0, BEGIN_WITHIN) for _ in range(sessions)]
    people = [asyncio.create_task(visit(address, until, delay, took, room)) for delay in delays]
    leading = asyncio.create_task(room.lead(until)) if room else None
    seen = [before]
    while not all(person.done() for person in people):
        seen.append(status(process_id))
        await asyncio.sleep(0.5)
    if room and leading:
        await leading
        took["guess to leader"] = room.delays()
        print(f"{len(room.sent)} guesses were sent, {len(room.seen)} are on the leader's page.")
    await stack.aclose()
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
    parser.add_argument("--draw", action="store_true", help="let all draw at once, and nothing else")
    parser.add_argument("--room", action="store_true", help="have everybody join a room before they begin")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="of another version, to compare with")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = options.checkout.resolve()
        surroundings = environment(Path(home), options.mnist) | {"PYTHONPATH": str(folder)}
        server = start_server(surroundings, folder / "streamlit_app.py", cwd=folder)
        try:
            hold = partial(hold_class, in_room=options.room)
            work = (draw_together if options.draw else hold)(
                server.address, server.process.pid, options.sessions, options.seconds
            )
            met = asyncio.run(work)
        finally:
            server.kill()
    sys.exit(not met)


if __name__ == "__main__":
    main()
