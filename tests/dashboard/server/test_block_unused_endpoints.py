"""Paths and messages of Streamlit that our page does not use."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest

from dashboard.server.block_unused_endpoints import BlockUnusedEndpoints
from tests.dashboard.server.asgi import ask, talk

PAGE = PlainTextResponse("the page")
METRICS = "/_stcore/metrics"
AGENTS = ["/_stcore/agent/interact", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json"]


class Server:
    """Collects the messages that reach it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.receive":
                self.received.append(message["bytes"])


@pytest.mark.parametrize("path", [METRICS, *AGENTS])
@pytest.mark.parametrize("prefix", ["", "/class"])
def test_metrics_and_the_agents_api_are_not_found(path: str, prefix: str) -> None:
    assert ask(BlockUnusedEndpoints(PAGE), prefix + path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/static/js/index.js"])
def test_all_else_is_served(path: str) -> None:
    assert ask(BlockUnusedEndpoints(PAGE), path)[2] == "the page"


def test_they_are_served_if_the_operator_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_METRICS", "1")
    doors = BlockUnusedEndpoints(PAGE, agents=True)
    assert [ask(doors, path)[0] for path in (METRICS, *AGENTS)] == [200] * 4


def _operation(name: str) -> BackMsg:
    message = BackMsg()
    getattr(message.backend_operation_request, name).SetInParent()
    return message


UNUSED = [
    BackMsg(clear_cache=True),
    BackMsg(load_git_info=True),
    BackMsg(set_run_on_save=True),
    BackMsg(debug_shutdown_runtime=True),
    BackMsg(debug_disconnect_websocket=True),
    _operation("install_skills"),
    _operation("dismiss_skills_nudge"),
]
USED = [
    BackMsg(rerun_script=ClientState(query_string="run=1")),
    BackMsg(app_heartbeat=True),
    BackMsg(file_urls_request=FileURLsRequest(request_id="1")),
    _operation("deferred_file"),
]


def test_messages_that_no_page_sends_are_dropped_and_the_others_arrive_in_order() -> None:
    server = Server()
    sent = [*UNUSED, USED[0], *UNUSED, *USED[1:]]
    talk(BlockUnusedEndpoints(server), [message.SerializeToString() for message in sent])
    assert server.received == [message.SerializeToString() for message in USED]


def test_a_message_that_cannot_be_read_is_left_to_streamlit() -> None:
    server = Server()
    talk(BlockUnusedEndpoints(server), [b"\xff\xff\xff"])
    assert server.received == [b"\xff\xff\xff"]
