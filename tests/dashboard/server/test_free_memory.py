"""Memory goes back to the system after a session."""

import asyncio
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionInfo

from dashboard.server import free_memory
from dashboard.server.free_memory import FreeMemory, give_back_memory
from tests.dashboard.server.asgi import ask, finish
from tests.support.paths import ROOT

STATUS = Path("/proc/self/status")


class _Ring:
    """An object that refers to itself, so that only a collection finds it."""

    def __init__(self) -> None:
        self.itself = self


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})


def megabytes() -> int:
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) // 1024


def test_what_only_a_collection_finds_is_freed() -> None:
    ring = weakref.ref(_Ring())
    give_back_memory()
    assert ring() is None


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the memory of a process")
def test_memory_between_what_is_in_use_goes_back_to_the_system() -> None:
    if not give_back_memory():
        pytest.skip("this C library gives memory back in its own way, or not")
    blocks = [torch.ones(16_000) for _ in range(3_000)]  # 64 kB each, 190 MB: too small to be mapped alone
    kept = blocks[::100]
    del blocks
    before = megabytes()
    give_back_memory()
    assert before - megabytes() > 100
    assert len(kept) == 30


def test_large_blocks_go_back_at_once_after_the_largest_was_freed() -> None:
    """In a process of its own, for the limit cannot be taken back."""
    program = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
import torch
from dashboard.server.free_memory import map_large_blocks
from tests.dashboard.server.test_free_memory import megabytes

if not map_large_blocks():
    sys.exit("not glibc")
kept = []
before = megabytes()
for _ in range(4):
    large = torch.ones(5_000_000)  # 20 MB
    kept.append(torch.ones(25_000))  # 100 kB: too small to be mapped alone, and in the way of the next ones
    del large
print(megabytes() - before)
"""
    work = subprocess.run(
        [sys.executable, "-c", program.format(root=str(ROOT))], capture_output=True, text=True, check=False
    )
    if "not glibc" in work.stderr:
        pytest.skip("this C library gives memory back in its own way, or not")
    assert int(work.stdout) < 10, work.stderr


def test_streamlit_drops_a_session_that_ended_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "_instance", None)
    files = MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("/uploads")
    storage = MemorySessionStorage(ttl_seconds=0)
    Runtime(RuntimeConfig("page.py", *files, session_storage=storage))
    session: Any = _Ring()
    session.id = "one"
    storage.save(SessionInfo(client=None, session=session))
    ended = weakref.ref(session)
    del session
    gc.collect()
    assert ended() is not None
    give_back_memory()
    assert ended() is None


def test_it_is_given_back_once_for_sessions_that_end_together_and_not_for_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []
    monkeypatch.setattr(free_memory, "give_back_memory", lambda: given.append(1))
    app = FreeMemory(_page, kept=0, margin=0.1)
    ask(app)

    async def sessions() -> None:
        for _ in range(3):
            await app({"type": "websocket", "path": "/_stcore/stream"}, _receive, _send)
        while not given:
            await asyncio.sleep(0.01)

    finish(sessions())
    assert given == [1]


def test_it_is_given_back_again_for_a_session_that_ends_later(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    kept = 0.2  # seconds
    app = FreeMemory(_page, kept=kept, margin=0)

    async def sessions() -> float:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(free_memory, "give_back_memory", lambda: given.append(loop.time()))
        await app({"type": "websocket", "path": "/_stcore/stream"}, _receive, _send)
        await asyncio.sleep(kept / 2)
        await app({"type": "websocket", "path": "/_stcore/stream"}, _receive, _send)
        ended = loop.time()
        while len(given) < 2:
            await asyncio.sleep(0.01)
        return ended

    ended = finish(sessions())
    assert given[-1] > ended + kept - 0.01  # a loop may be early by the resolution of its clock


async def _receive() -> Message:
    return {"type": "websocket.disconnect"}


async def _send(_: Message) -> None:
    pass
