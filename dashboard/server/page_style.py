"""The style sheets of the page and its board, in the HTML that the browser gets first.

What st.html adds to the page arrives after the first elements are on screen, and moves them.
"""

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DASHBOARD = Path(__file__).parents[1]
STYLES = (DASHBOARD / "page.css", DASHBOARD / "draw" / "draw.css", DASHBOARD / "print.css")


class PageStyle:
    """Middleware that adds the style sheets to the end of HTML pages, where they override Streamlit's own."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        style = "".join(file.read_text(encoding="utf-8") for file in STYLES)
        self._element = f"<style>{style}</style></body>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; only the answers to requests for HTML are changed."""
        headers = scope.get("headers", [])
        if scope["type"] != "http" or not any(k == b"accept" and b"text/html" in v for k, v in headers):
            await self.app(scope, receive, send)
            return
        # The style sheets can only be added to a page that is sent uncompressed and whole.
        dropped = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
        scope = {**scope, "headers": [header for header in headers if header[0] not in dropped]}
        await self.app(scope, receive, _Answer(send, self._element).send)


class _Answer:
    """Holds the answer back until it is complete, then sends it with the element added."""

    def __init__(self, send: Send, element: bytes) -> None:
        self._send, self._element = send, element
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if kind.startswith(b"text/html"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            body = self._body.replace(b"</body>", self._element, 1)
            others = [
                header for header in self._start["headers"] if header[0] not in (b"content-length", b"etag")
            ]
            length = (b"content-length", str(len(body)).encode())
            await self._send({**self._start, "headers": [*others, length]})
            await self._send({"type": "http.response.body", "body": body})
