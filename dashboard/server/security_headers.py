"""What browsers may do with the page, in the headers of every response."""

import os
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything comes from this server. Plotly and Streamlit's components need the exceptions: plotly builds
# functions from strings, components come as inline scripts and blobs, pictures as data.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self'",
    "frame-ancestors": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
ORIGIN = re.compile(r"(https?://)?(\*\.)?[\w.\[\]-]+(:(\d+|\*))?|https?:")  # what may stand in a policy
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",  # the address names the run that is shown
}


def frame_ancestors() -> str:
    """Return who may frame the page besides itself, from DIGIT_LAB_FRAME_ANCESTORS; empty for nobody.

    ValueError if one of them is no origin, such as https://course.example.org.
    """
    asked = os.environ.get("DIGIT_LAB_FRAME_ANCESTORS", "").split()
    for origin in asked:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(
                f"DIGIT_LAB_FRAME_ANCESTORS: {origin} is no origin, as https://example.org is one"
            )
    return " ".join(asked)


class SecurityHeaders:
    """Middleware that adds headers to every response, and replaces those of the same name.

    If other sites may frame the page, cookies become those of a frame: a browser keeps them for each site
    that frames it apart, and sends them there alone.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        self._framed = frame_ancestors()
        policy = {**POLICY, "frame-ancestors": f"'self' {self._framed}".strip()}
        whole = "; ".join(f"{what} {where}" for what, where in policy.items())
        self._headers = {**HEADERS, b"content-security-policy": whole.encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [
                    (name, _of_a_frame(value) if self._framed and name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                    if name.lower() not in self._headers
                ]
                message = {**message, "headers": [*others, *self._headers.items()]}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _of_a_frame(cookie: bytes) -> bytes:
    """Replace what a cookie says of sites by what a framed page needs. Streamlit sets no Partitioned."""
    parts = [part.strip() for part in cookie.split(b";")]
    kept = [part for part in parts if not re.match(rb"(samesite=|secure$|partitioned$)", part, re.IGNORECASE)]
    return b"; ".join([*kept, b"SameSite=None", b"Secure", b"Partitioned"])
