"""A class in a room: `python benchmarks/room.py [--students 30] [--mnist FOLDER]`.

The leader is in Chromium, the students are sessions with Streamlit's own messages that look at the room as
often as the server tells them to. All guess within five seconds, then one run is watched by everybody. Prints
how long it takes until each guess is on the leader's page, and how long after the leader's page the run draws
on the others, beside the goals; exits with 1 where one is missed or anything fails.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.async_api import Page, async_playwright
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.browser import environment, print_row
from tests.support.browser import FLAGS, start_server
from tests.support.session import Session, connected

GOAL = 2.0  # seconds, for each of them
GUESS_WITHIN = 5.0  # seconds
PATIENCE = 60.0  # seconds
GUESSED = "([0-9]+) of [0-9]+ ha"
# Notes when each count of guesses, and the curve of the run, is first on the leader's page.
OBSERVER = """() => {
    window.seen = {};
    setInterval(() => {
        const learn = document.querySelector(".st-key-learn");
        const count = learn?.innerText.match(/GUESSED/)?.[1];
        const curve = [...document.querySelectorAll("polyline.result")].some(
            (one) => one.getClientRects().length
        );
        for (const what of [count, curve ? "run" : undefined])
            if (what !== undefined) window.seen[what] ??= Date.now() / 1000;
    }, 20);
}""".replace("GUESSED", GUESSED)


class Student:
    """A member of the room: a session, with what it knows of the sketch, and when it first saw the run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sketch = ""
        self._fresh: dict[str, float] = {}
        self.saw_run = self.guessed = 0.0
        take, show = session._take, session._show

        def take_note(message: ForwardMsg) -> bool:
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._fresh.clear()
            elif kind == "auto_rerun":
                self._fresh[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                session.fragments = dict(self._fresh)  # the whole page is new: others are no longer there
            return take(message)

        def look(delta: Delta) -> None:
            show(delta)
            element = delta.new_element
            if element.WhichOneof("type") != "bidi_component":
                return
            if element.bidi_component.component_name == "digit_lab_sketch":
                self.sketch = element.bidi_component.id
            elif b'polyline class="result"' in element.bidi_component.bytes and not self.saw_run:
                self.saw_run = time.time()

        session._take, session._show = take_note, look  # type: ignore[method-assign]

    async def press(self, label: str) -> None:
        await self.session.ask(label, WidgetState(id=self.session.buttons[label], trigger_value=True))

    async def join(self, code: str) -> None:
        self.session.query = f"tab=Learn&learn=room&room={code}"
        await self.session.open()
        await self.press("Join")

    async def look(self) -> None:
        """Wait as long as the server says, and look whether the room has anything new."""
        fragments = self.session.fragments
        if not fragments:
            await asyncio.sleep(0.5)
            return
        fragment = min(fragments, key=fragments.__getitem__)
        await asyncio.sleep(fragments[fragment])
        await self.session.ask("look", fragment=fragment)

    async def guess(self, count: int) -> None:
        while not self.sketch:
            await self.look()
        values = sorted(random.choice((10, 30, 60, 80, 90)) for _ in range(count))
        state = {"click": {"value": values, "stamp": time.time()}}
        self.session.keep(WidgetState(id=self.sketch, json_value=json.dumps(state)))
        await self.session.ask("sketch")
        await self.press("This is my guess")
        self.guessed = time.time()


async def lead(page: Page, address: str) -> str:
    """Open a room; return its code."""
    await page.goto(f"{address}/?tab=Learn&learn=room")
    await page.get_by_role("button", name="Open a room").click()
    code = await page.locator(".room-code").inner_text()
    await page.evaluate(OBSERVER)
    return code.replace(" ", "")


async def teach(page: Page, students: Sequence[Student]) -> bool:
    """Go through a challenge; return whether the goals are met."""
    await page.get_by_role("button", name="All challenges").click()
    await page.get_by_role("button", name="1 · Where does the learning happen?").click()
    await page.get_by_text("have guessed").wait_for()
    points = 6 if "sample" in await page.evaluate("document.body.innerText") else 9

    async def take_part(student: Student, delay: float) -> None:
        until = time.time() + delay
        while time.time() < until or not student.sketch:
            await student.look()
        await student.guess(points)
        began = time.time()
        while not student.saw_run and time.time() - began < PATIENCE:
            await student.look()
        for _ in range(3):
            await student.look()

    tasks = [asyncio.create_task(take_part(one, random.uniform(0, GUESS_WITHIN))) for one in students]
    await page.get_by_text(f"{len(students)} of {len(students)} have guessed").wait_for(
        timeout=1000 * PATIENCE
    )
    await page.locator(
        ".st-key-slow_motion label"
    ).click()  # so that the run is still learning when it is seen
    for name in ("Show the guesses", "Go on to the result", "Train with these settings"):
        await page.get_by_role("button", name=name).click()
    await asyncio.gather(*tasks)
    seen: dict[str, float] = await page.evaluate("window.seen")
    guesses = sorted(student.guessed for student in students)
    shown = [min(then for count, then in seen.items() if count != "run" and int(count) >= number)
             for number in range(1, len(guesses) + 1)]  # fmt: skip
    print(f"{'seconds':36}{'least':>9}{'median':>9}{'most':>9}{'goal':>9}")
    waits = [max(0.0, then - sent) for sent, then in zip(guesses, shown, strict=True)]
    draws = [student.saw_run - seen["run"] for student in students]
    print_row("a guess on the leader's page", waits, GOAL)
    print_row("the run on a student's page", draws, GOAL)
    return max(waits) <= GOAL and max(draws) <= GOAL


async def hold_lesson(address: str, count: int) -> bool:
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 720})
        code = await lead(page, address)
        sessions = [await stack.enter_async_context(connected(address)) for _ in range(count)]
        students = [Student(session) for session in sessions]
        for student in students:
            await student.join(code)
        met = await teach(page, students)
        await browser.close()
        return met


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=30, choices=range(1, 61), metavar="N")
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = start_server(environment(Path(home), options.mnist))
        try:
            met = asyncio.run(hold_lesson(server.address, options.students))
        finally:
            server.kill()
    sys.exit(not met)


if __name__ == "__main__":
    main()
