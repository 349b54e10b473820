"""Paths and messages of Streamlit that the page does not use."""

from collections.abc import Iterator
from unittest.mock import MagicMock

import pytest
from google.protobuf.descriptor import Descriptor
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes

from dashboard.server import block_unused_endpoints
from dashboard.server.block_unused_endpoints import ALLOWED_FIELDS, MOST_PARTS, BlockUnusedEndpoints
from dashboard.server.sessions import STREAM
from tests.dashboard.server.asgi import ask, talk

PAGE = PlainTextResponse("the page")
METRICS = "/_stcore/metrics"
AGENTS = ["/_stcore/agent/interact", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json"]
LOGIN = ["/auth/login", "/auth/logout", "/oauth2callback"]
SERVED = {
    "",  # the page and its scripts
    "/_stcore/bidi-components/{path:path}",
    "/_stcore/health",
    "/_stcore/host-config",
    STREAM,
    "/_stcore/upload_file/{session_id}/{file_id}",
    "/component/{path:path}",
    "/media/{file_id:path}",
}
REFUSED = {
    "BackMsg.backend_operation_request",  # for downloads and tables of a kind that the page does not use
    "BackMsg.clear_cache",  # everybody's
    "BackMsg.debug_disconnect_websocket",
    "BackMsg.debug_shutdown_runtime",
    "BackMsg.load_git_info",  # reveals folders of the server
    "BackMsg.set_run_on_save",
    "WidgetState.arrow_value",
    "WidgetState.chat_input_value",
}


class Server:
    """Collects what reaches it."""

    def __init__(self) -> None:
        self.received: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            self.received.append(await receive())
            if self.received[-1]["type"] == "websocket.disconnect":
                return

    @property
    def messages(self) -> list[bytes]:
        return [message["bytes"] for message in self.received if message["type"] == "websocket.receive"]


def test_each_route_of_streamlit_is_either_served_or_blocked() -> None:
    routes = create_streamlit_routes(MagicMock())
    blocked = {METRICS, *AGENTS, *LOGIN}
    assert {route.path for route in routes} == SERVED | blocked  # type: ignore[attr-defined]
    for prefix in ("", "/class"):
        assert {path for path in SERVED | blocked if _status(prefix + path) == 404} == blocked
        assert {_status(f"{prefix}{path}/") for path in blocked} == {404}


def _status(path: str) -> int:
    return ask(BlockUnusedEndpoints(PAGE), path)[0]


def test_the_session_has_the_only_websocket_and_at_the_path_where_sessions_are_counted() -> None:
    routes = create_streamlit_routes(MagicMock())
    assert [route.path for route in routes if isinstance(route, WebSocketRoute)] == [STREAM]


def test_metrics_and_the_agents_api_are_served_if_the_operator_asks_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGIT_LAB_METRICS", "1")
    app = BlockUnusedEndpoints(PAGE, agents=True)
    assert [ask(app, path)[0] for path in (METRICS, *AGENTS)] == [200] * 4


def _fields(kind: Descriptor) -> Iterator[str]:
    """Find the fields of a kind of message, and of what those fields contain that are let through."""
    for field in kind.fields:
        yield field.full_name
        if field.message_type and field.full_name in ALLOWED_FIELDS:
            yield from _fields(field.message_type)


def test_allowed_and_refused_together_are_all_fields_that_streamlit_knows() -> None:
    assert set(_fields(BackMsg.DESCRIPTOR)) == ALLOWED_FIELDS | REFUSED
    assert not ALLOWED_FIELDS & REFUSED


def _page_state(*widgets: WidgetState) -> BackMsg:
    state = ClientState(query_string="run=1")
    state.widget_states.widgets.extend(widgets)
    return BackMsg(rerun_script=state)


CHAT = WidgetState(id="chat")
CHAT.chat_input_value.data = "hello"
OPERATION = BackMsg()
OPERATION.backend_operation_request.install_skills.SetInParent()
UNUSED = [
    BackMsg(),
    BackMsg(clear_cache=True),
    BackMsg(load_git_info=True),
    BackMsg(set_run_on_save=True),
    BackMsg(debug_shutdown_runtime=True),
    BackMsg(debug_disconnect_websocket=True),
    OPERATION,
    _page_state(CHAT),
    _page_state(*[WidgetState(id="many")] * MOST_PARTS),
]
USED = [
    _page_state(WidgetState(id="button", trigger_value=True), WidgetState(id="board", json_value="{}")),
    _page_state(*[WidgetState(id="many")] * (MOST_PARTS - 3)),
    BackMsg(app_heartbeat=True),
    BackMsg(file_urls_request=FileURLsRequest(request_id="1")),
]


def test_unused_messages_are_ignored_and_the_others_arrive_in_order() -> None:
    server = Server()
    sent = [*UNUSED, USED[0], *UNUSED, *USED[1:]]
    talk(BlockUnusedEndpoints(server), [message.SerializeToString() for message in sent])
    assert server.messages == [message.SerializeToString() for message in USED]


@pytest.mark.parametrize("new", ["BackMsg.app_heartbeat", "WidgetState.string_value"])
def test_a_field_that_is_new_in_streamlit_is_refused_and_logged_once(
    new: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(block_unused_endpoints, "ALLOWED_FIELDS", ALLOWED_FIELDS - {new})
    server = Server()
    sent = [BackMsg(app_heartbeat=True), _page_state(WidgetState(id="seed", string_value="7"))]
    app = BlockUnusedEndpoints(server)
    for _ in range(3):
        talk(app, [message.SerializeToString() for message in sent])
    assert len(server.messages) == 3
    assert [new in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize("content", [b"\xff\xff\xff", "text"])
def test_a_message_that_cannot_be_read_ends_the_connection(content: bytes | str) -> None:
    server = Server()
    talk(BlockUnusedEndpoints(server), [content, USED[0].SerializeToString()])
    assert server.received[1:] == [{"type": "websocket.disconnect", "code": 1002}]
