"""What Streamlit serves to anybody, and no page of ours asks for: metrics, the agents' API, some messages."""

import os

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

METRICS, AGENTS = "/_stcore/metrics", "/_stcore/agent/"

# Others clear everybody's caches, or tell the server's folders.
MESSAGES = {"rerun_script", "app_heartbeat", "file_urls_request", "stop_script", "backend_operation_request"}
OPERATIONS = {"deferred_file", "dataframe_chunk"}  # others install files on the server


class BlockUnusedEndpoints:
    """Middleware that answers 404 for closed paths, and drops messages that no page of ours sends.

    `DIGIT_LAB_METRICS=1` opens the metrics, for a proxy that shows them to nobody else. The agents' API opens
    with Streamlit's `server.enableAgentApi`.
    """

    def __init__(self, app: ASGIApp, *, agents: bool = False) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        self._agents = agents
        self._metrics = os.environ.get("DIGIT_LAB_METRICS") == "1"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a connection."""

        async def receive_expected() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or _is_expected(message.get("bytes")):
                    return message

        if scope["type"] == "http" and self._is_closed(scope["path"]):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self.app(scope, receive_expected if scope["type"] == "websocket" else receive, send)

    def _is_closed(self, path: str) -> bool:
        return (path.rstrip("/").endswith(METRICS) and not self._metrics) or (
            AGENTS in path and not self._agents
        )


def _is_expected(content: bytes | None) -> bool:
    """Whether a page of ours sends such a message; one that cannot be read is left to Streamlit."""
    message = BackMsg()
    try:
        message.ParseFromString(content or b"")
    except Exception:
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind is None or kind in MESSAGES
