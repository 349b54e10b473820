"""All that a run of the script says is shown although a part of the page is asked for meanwhile."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import served
from tests.support.session import connected

pytestmark = pytest.mark.slow
PAGE = Path(__file__).with_name("late_request_page.py")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served({}, PAGE) as address:
        yield address


@pytest.mark.parametrize("when", ["runs", "ends"])
def test_a_run_loses_nothing_to_a_part_that_is_asked_for_while_it(address: str, when: str) -> None:
    async def open_page() -> list[str]:
        async with connected(address) as page:
            page.query = when
            await page.ask("page")
            first = page.texts
            await page.ask("the same page")  # reads on, with what was asked for meanwhile
            return [first, page.texts]

    first, second = asyncio.run(open_page())
    assert first == "part 1\nthe end of the page\n"
    assert re.match(r"(part [23]\n)+", second)  # both requests in one run, or one after the other
