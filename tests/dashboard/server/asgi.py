"""Requests and connections to an ASGI app, without a server."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message

Result = TypeVar("Result")


def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, in a thread: after a browser test, Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def ask(app: ASGIApp, path: str = "/", query: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    """Send a GET request; return the status, the headers and the body of the answer."""
    answer: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    finish(_call(app, scope, receive, send))
    start, *bodies = answer
    sent = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], sent, b"".join(body.get("body", b"") for body in bodies).decode()


def talk(app: ASGIApp, messages: Iterable[bytes | str], path: str = "/_stcore/stream") -> list[Message]:
    """Open a websocket, send messages, and close it; return what the app sent."""
    answer: list[Message] = []
    incoming: Iterator[Message] = iter(
        [
            {"type": "websocket.connect"},
            *(
                {"type": "websocket.receive", "text" if isinstance(content, str) else "bytes": content}
                for content in messages
            ),
            {"type": "websocket.disconnect", "code": 1000},
        ]
    )

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        answer.append(message)

    finish(_call(app, {"type": "websocket", "path": path, "headers": []}, receive, send))
    return answer


async def _call(app: ASGIApp, scope: Message, receive: object, send: object) -> None:
    await app(scope, receive, send)  # type: ignore[arg-type]
