"""Memory goes back to the system after a session."""

import asyncio
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
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

from dashboard.lab import shared
from dashboard.server import free_memory
from dashboard.server.free_memory import FreeMemory, give_back_memory
from dashboard.server.sessions import STREAM, SessionGate
from tests.dashboard.server.asgi import ask, finish
from tests.support.paths import ROOT

STATUS = Path("/proc/self/status")
SESSION = {"type": "websocket", "path": STREAM, "headers": []}


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


@pytest.mark.slow
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


def _in_a_process_of_its_own(program: str) -> str:
    """Run a program after `keep_memory_small`, which cannot be taken back; return what it prints."""
    before = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from dashboard.server.free_memory import keep_memory_small

if not keep_memory_small():
    sys.exit("not glibc")
"""
    work = subprocess.run(
        [sys.executable, "-c", before + program], capture_output=True, text=True, check=False
    )
    if "not glibc" in work.stderr:
        pytest.skip("this C library gives memory back in its own way, or not")
    assert work.returncode == 0, work.stderr
    return work.stdout


@pytest.mark.slow
def test_large_blocks_go_back_at_once_after_the_largest_was_freed() -> None:
    grown = _in_a_process_of_its_own("""
import torch
from tests.dashboard.server.test_free_memory import megabytes

kept = []
before = megabytes()
for _ in range(4):
    large = torch.ones(5_000_000)  # 20 MB
    kept.append(torch.ones(25_000))  # 100 kB: too small to be mapped alone, and in the way of the next ones
    del large
print(megabytes() - before)
""")
    assert int(grown) < 10


def test_threads_that_run_at_the_same_time_take_memory_from_one_place() -> None:
    told = _in_a_process_of_its_own("""
import ctypes
import threading

threads = 8
barrier = threading.Barrier(threads)

def take() -> None:
    barrier.wait()
    kept = [bytes(2_000) for _ in range(1_000)]  # larger than what Python takes from a pool of its own
    barrier.wait()

every = [threading.Thread(target=take) for _ in range(threads)]
for one in every: one.start()
for one in every: one.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
""")
    assert told.count("<heap nr=") == 1


@pytest.mark.slow
def test_streamlit_drops_a_session_that_ended_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "_instance", None)
    files = MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("/uploads")
    storage = MemorySessionStorage(ttl_seconds=0)
    Runtime(RuntimeConfig("page.py", *files, session_storage=storage))
    session: Any = _Ring()
    session.id = "one"
    shut_down: list[str] = []
    session.shutdown = lambda: shut_down.append("one")
    storage.save(SessionInfo(client=None, session=session))
    ended = weakref.ref(session)
    del session
    gc.collect()
    assert ended() is not None

    async def another_ends() -> None:
        await FreeMemory(_page, kept=0, margin=0)(SESSION, _receive, _send)
        await _until(lambda: ended() is None)

    finish(another_ends())
    assert shut_down == ["one"]


async def _until(done: Callable[[], bool]) -> None:
    while not done():
        await asyncio.sleep(0.01)


@pytest.mark.slow
def test_a_server_answers_others_while_it_collects_the_garbage_of_a_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    longest, whole = map(
        float,
        _in_a_process_of_its_own("""
import asyncio, gc, time
import streamlit_app  # prepares the server
from dashboard.server.free_memory import FreeMemory

collected = []
gc.callbacks.append(lambda phase, info: collected.append(info["generation"]) if phase == "stop" else None)

async def session(*_): pass

async def longest_pause():
    collected.clear()
    await FreeMemory(session, kept=0, margin=0)({"type": "websocket", "path": "/_stcore/stream"}, None, None)
    longest, before = 0, time.perf_counter()
    while 2 not in collected or longest == 0:
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return longest

def time_of_a_collection():
    began = time.perf_counter()
    gc.collect()
    return time.perf_counter() - began

print(min(asyncio.run(longest_pause()) for _ in range(5)))
gc.unfreeze()
print(min(time_of_a_collection() for _ in range(5)))
""").splitlines()[-2:],
    )
    assert longest < whole / 4


def test_it_is_given_back_once_for_sessions_that_end_together_and_again_for_a_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float] = []
    kept = 0.2  # seconds
    app = FreeMemory(_page, kept=kept, margin=kept / 4)
    ask(app)  # a request is no session

    async def sessions() -> float:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(free_memory, "give_back_memory", lambda: given.append(loop.time()))
        for _ in range(3):
            await app(SESSION, _receive, _send)
        await asyncio.sleep(kept / 2)
        await app(SESSION, _receive, _send)
        ended = loop.time()
        await _until(lambda: len(given) == 2)
        return ended

    ended = finish(sessions())
    assert given[-1] > ended + kept - 0.01  # a loop may be early by the resolution of its clock


def test_what_is_idle_is_released_only_when_nobody_has_the_page_open(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(shared, "release_idle", lambda: done.append("idle"))
    monkeypatch.setattr(free_memory, "give_back_memory", lambda: done.append("memory"))

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async def sessions() -> None:
        leave = asyncio.Event()

        async def stay() -> Message:
            await leave.wait()
            return await _receive()

        app = SessionGate(FreeMemory(page, kept=0, margin=0))
        staying = asyncio.create_task(app(SESSION, stay, _send))
        await asyncio.sleep(0)  # it begins
        await app(SESSION, _receive, _send)
        await _until(lambda: done == ["memory"])
        leave.set()
        await staying
        await _until(lambda: len(done) == 3)

    finish(sessions())
    assert done == ["memory", "idle", "memory"]


async def _receive() -> Message:
    return {"type": "websocket.disconnect"}


async def _send(_: Message) -> None:
    pass
