"""Memory goes back to the system after a session."""

import asyncio
import weakref
from pathlib import Path

import pytest
import torch
from starlette.types import Message, Receive, Scope, Send

from dashboard.server import free_memory
from dashboard.server.free_memory import FreeMemory, give_back_memory
from tests.dashboard.server.asgi import ask, finish

STATUS = Path("/proc/self/status")


class _Ring:
    """An object that refers to itself, so that only a collection finds it."""

    def __init__(self) -> None:
        self.itself = self


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})


def _megabytes() -> int:
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
    before = _megabytes()
    give_back_memory()
    assert before - _megabytes() > 100
    assert len(kept) == 30


def test_it_is_given_back_once_for_sessions_that_end_together_and_not_for_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []
    monkeypatch.setattr(free_memory, "give_back_memory", lambda: given.append(1))
    app = FreeMemory(_page, delay=0.01)
    ask(app)

    async def sessions() -> None:
        for _ in range(3):
            await app({"type": "websocket", "path": "/_stcore/stream"}, _receive, _send)
        while not given:
            await asyncio.sleep(0.01)

    finish(sessions())
    assert given == [1]


async def _receive() -> Message:
    return {"type": "websocket.disconnect"}


async def _send(_: Message) -> None:
    pass
