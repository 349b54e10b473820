"""Which pages may talk to this server: its own, and those whose whole origin the operator has allowed.

A page on another port of the same host is another origin, although it shares this host's cookies. Streamlit
takes its own host for any port, and asks a server on the internet for its external address before it refuses.
"""

import logging
import re

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

# https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin, without "null"
ORIGIN = re.compile(r"(?i)https?://((?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?)")
REFUSED = 1008  # policy violation

_log = logging.getLogger(__name__)


class OriginGate:
    """Middleware that refuses websockets of foreign pages, and tells Streamlit that the others are its own.

    A connection without an origin is admitted: no browser opens one for a page. The origin of a request is
    told to Streamlit only if it is allowed.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        self._allowed = {origin.strip().lower() for origin in st.get_option("server.corsAllowedOrigins")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        others = [header for header in scope["headers"] if header[0].lower() != b"origin"]
        if not origins:
            await self.app(scope, receive, send)
        elif len(origins) == 1 and self._is_allowed(origins[0], headers.get("host", "")):
            own = origins[0] if scope["type"] == "http" else f"http://{headers.get('host')}"
            headers_with_own = [*others, (b"origin", own.encode("latin-1"))]
            await self.app({**scope, "headers": headers_with_own}, receive, send)
        elif scope["type"] == "http":
            await self.app({**scope, "headers": others}, receive, send)
        else:
            _log.warning("Refused a connection from a page of another origin")
            await receive()
            await send({"type": "websocket.close", "code": REFUSED})

    def _is_allowed(self, origin: str, host: str) -> bool:
        found = ORIGIN.fullmatch(origin)
        return found is not None and (found[1].lower() == host.lower() or origin.lower() in self._allowed)
