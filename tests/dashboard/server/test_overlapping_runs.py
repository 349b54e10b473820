"""What is lost in Streamlit where runs of the script overlap: what a page is told, and what it offers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard.server.overlapping_runs import KEPT, protect_overlapping_runs
from tests.dashboard.server.asgi import finish
from tests.support.browser import served
from tests.support.session import connected

PAGE = Path(__file__).with_name("overlapping_runs_page.py")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served({}, PAGE) as address:
        yield address


@pytest.mark.slow
@pytest.mark.parametrize("when", ["runs", "ends"])
def test_a_run_loses_nothing_to_a_part_that_is_asked_for_while_it(address: str, when: str) -> None:
    async def open_page() -> list[str]:
        async with connected(address) as page:
            page.query = when
            await page.ask("page")
            first = page.texts
            await page.ask("the same page")  # reads on, with what was asked for meanwhile
            return [first, page.texts]

    first, second = finish(open_page())
    assert first == "part 1\nthe end of the page\n"
    assert re.match(r"(part [23]\n)+", second)  # both requests in one run, or one after the other


def test_a_file_outlives_the_ends_of_others_runs_while_its_page_is_rendered_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = MediaFileManager._get_inactive_file_ids
    monkeypatch.setattr(MediaFileManager, "_get_inactive_file_ids", before)  # is put back after the test
    protect_overlapping_runs()
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    files = MediaFileManager(MemoryMediaFileStorage("/media"))

    def offer() -> str:
        return files.add(b"a model", "application/octet-stream", "1", is_for_static_download=True)

    file_id = Path(offer()).stem
    for _ in range(3):
        files.clear_session_refs()  # the page's script begins
        for _ in range(3):  # those of others end
            files.remove_orphaned_files()
        assert files.read_file(file_id)
        offer()
        now += KEPT
        files.remove_orphaned_files()
    files.clear_session_refs()
    for _ in range(3):
        files.remove_orphaned_files()
        now += KEPT
    assert not files.read_file(file_id)
