"""What a run of the script sends last is shown although something else is asked for as the run ends."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.support.browser import served
from tests.support.session import connected

PAGE = Path(__file__).with_name("late_request_page.py")


@pytest.mark.slow
def test_a_request_that_comes_as_a_run_ends_takes_nothing_from_its_answer() -> None:
    async def open_page(address: str) -> list[str]:
        async with connected(address) as page:
            await page.ask("page")
            first = page.texts
            await page.ask("the same page")  # reads on, with what was asked for meanwhile
            return [first, page.texts]

    with served({}, PAGE) as address:
        first, second = asyncio.run(open_page(address))
    assert first.split("\n") == ["part 1", "the end of the page", ""]
    assert re.fullmatch(r"(part [23]\n)+", second)  # both requests in one run, or one after the other
