"""How many sessions may be open at once. Later visitors see a page that tries again until there is room."""

import os

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

DEFAULT = 100  # sessions, of a few MB each
STREAM = "/_stcore/stream"  # the websocket of a session
RETRY = 20  # seconds
FULL = f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{RETRY}">
<title>Digit Lab is full</title>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em">
<h1>Digit Lab is full</h1>
<p>It is open in as many browsers as this computer can serve well. This page tries again every {RETRY} seconds
and opens Digit Lab as soon as there is room.</p>
</html>
"""


_open = 0  # sessions of this process


def open_sessions() -> int:
    """Count the sessions that are open."""
    return _open


class SessionLimit:
    """Middleware that admits at most `DIGIT_LAB_SESSIONS` sessions at a time, by default 100."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        asked = os.environ.get("DIGIT_LAB_SESSIONS", "")
        self._most = int(asked) if asked.isdecimal() else DEFAULT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a session."""
        global _open
        if scope["type"] == "websocket" and scope["path"].endswith(STREAM):
            if _open >= self._most:
                await receive()
                await send({"type": "websocket.close", "code": 1013})  # try again later
                return
            _open += 1
            try:
                await self.app(scope, receive, send)
            finally:
                _open -= 1
        elif _open >= self._most and _asks_for_page(scope):
            answer = HTMLResponse(FULL, 503, {"retry-after": str(RETRY), "cache-control": "no-store"})
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _asks_for_page(scope: Scope) -> bool:
    return scope["type"] == "http" and any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )
