"""What browsers may do with the page, in the headers of every response."""

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
HEADERS = {
    b"content-security-policy": "; ".join(f"{what} {where}" for what, where in POLICY.items()).encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",  # the address names the run that is shown
}


class SecurityHeaders:
    """Middleware that adds headers to every response, and replaces those of the same name."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [header for header in message["headers"] if header[0].lower() not in HEADERS]
                message = {**message, "headers": [*others, *HEADERS.items()]}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
