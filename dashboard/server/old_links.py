"""Links from before a tab was renamed: Streamlit ignores a tab that it does not know."""

from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OLD = ("tab", "How it works")
NEW = [("tab", "Learn"), ("learn", "lesson")]


class OldLinks:
    """Middleware that leads old links to what they meant."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app that serves the page."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a connection."""
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1")) if scope["type"] == "http" else []
        if OLD in query:
            new = urlencode([*(pair for pair in query if pair != OLD), *NEW])
            await RedirectResponse(f"?{new}")(scope, receive, send)
        else:
            await self.app(scope, receive, send)
