"""Refuse what Streamlit accepts from anybody and the page does not use: paths, messages, and large values.

A session holds the values that its page sent last, so their size is what a page can cost.
"""

import logging
import os

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Protobuf
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.server.sessions import Visit

METRICS, AGENTS = "/_stcore/metrics/", "/_stcore/agent/"
LOGIN = ("/auth/login/", "/auth/logout/", "/oauth2callback/")

# What a browser may send: each kind of message with its fields. Everything else is refused, also what a new
# version of Streamlit adds: some messages clear everybody's caches, or reveal the server's folders.
ALLOWED = {
    "BackMsg": "rerun_script stop_script app_heartbeat file_urls_request",
    "ClientState": "query_string widget_states page_script_hash page_name fragment_id is_auto_rerun "
    "is_history_navigation cached_message_hashes context_info",
    "ContextInfo": "timezone timezone_offset locale url is_embedded color_scheme",
    "WidgetStates": "widgets",
    "WidgetState": "id trigger_value bool_value double_value int_value string_value double_array_value "
    "int_array_value string_array_value json_value bytes_value file_uploader_state_value "
    "string_trigger_value json_trigger_value",
    "DoubleArray": "data",
    "SInt64Array": "data",
    "StringArray": "data",
    "StringTriggerValue": "data",
    "FileURLsRequest": "request_id file_names session_id",
    "FileUploaderState": "uploaded_file_info",
    "UploadedFileInfo": "name size file_id file_urls",
    "FileURLs": "file_id upload_url delete_url",
}
ALLOWED_FIELDS = frozenset(f"{kind}.{field}" for kind, fields in ALLOWED.items() for field in fields.split())
MOST_PARTS = 2_000  # in one message, where a page usually sends a hundred; they take 3 ms to check
BOARDS = ("-board", "-break-paper")  # how the ids of the boards end, whose values are drawings
LONGEST_ID = 300  # characters
MOST_OF_DRAWING, MOST_OF_VALUE, MOST_OF_MESSAGE = 512_000, 64_000, 700_000  # bytes
TOO_LARGE = "What this page sent was too large, so it was left out. Clear the board and draw it again."

_log = logging.getLogger(__name__)


class BlockUnusedEndpoints:
    """Middleware that answers 404 for unused paths and ignores unused messages.

    Of each kind of message, the first that is ignored is logged. A message that cannot be read ends the
    connection. `DIGIT_LAB_METRICS=1` opens the metrics, for a proxy that keeps them from the public.
    Streamlit's `server.enableAgentApi` opens the API through which programs drive the page.
    """

    def __init__(self, app: ASGIApp, *, agents: bool = False) -> None:
        """Wrap the app that serves the page."""
        self.app = app
        self._blocked = list(LOGIN)
        if not agents:
            self._blocked.append(AGENTS)
        if os.environ.get("DIGIT_LAB_METRICS") != "1":
            self._blocked.append(METRICS)
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a connection."""

        async def receive_allowed() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                try:
                    sent = BackMsg.FromString(message["bytes"])
                except (DecodeError, KeyError, TypeError):  # the last two: it is text
                    return {"type": "websocket.disconnect", "code": 1002}  # protocol error
                reason, visit = _reason_to_refuse(sent), scope.get("visit")
                if reason is None and _empty_large_values(sent):
                    if visit:
                        visit.too_large = True
                    message = {**message, "bytes": sent.SerializeToString()}
                if reason is None and len(message["bytes"]) > MOST_OF_MESSAGE:
                    reason = f"more than {MOST_OF_MESSAGE:,} bytes"
                if reason is None:
                    if visit and _note_first(visit, sent):
                        message = {**message, "bytes": sent.SerializeToString()}
                    return {**message, "content": sent}  # what stands behind this need not read it again
                self._log_once(reason)

        if scope["type"] == "http" and any(path in f"{scope['path']}/" for path in self._blocked):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self.app(scope, receive_allowed if scope["type"] == "websocket" else receive, send)

    def _log_once(self, reason: str) -> None:
        if reason not in self._logged:
            self._logged.add(reason)
            _log.warning("Refused a message with %s. Others like it are not logged.", reason)


def _reason_to_refuse(message: Protobuf) -> str | None:
    """Say what keeps a message from being let through, if anything: a field at any depth, or its size."""
    if not message.ListFields():
        return "no field"
    parts, seen = [message], 1
    while parts:
        for field, value in parts.pop().ListFields():
            if field.full_name not in ALLOWED_FIELDS:
                return f"the field {field.full_name}, which is not in ALLOWED"
            if field.message_type:
                inner = [value] if isinstance(value, Protobuf) else value
                seen += len(inner)
                if seen > MOST_PARTS:
                    return f"more than {MOST_PARTS:,} parts"
                parts.extend(inner)
    return None


def _note_first(visit: Visit, message: BackMsg) -> bool:
    """Take note of what the first message of a session presses; return whether the message was changed.

    The whole script answers it: Streamlit drops what asks for a fragment that the session does not know yet.
    """
    if visit.asked or not message.HasField("rerun_script"):
        return False
    visit.asked, first = True, message.rerun_script
    visit.pressed_before = [one.id for one in first.widget_states.widgets if one.trigger_value]
    asks_for_fragment = bool(first.fragment_id)
    first.ClearField("fragment_id")
    return asks_for_fragment


def _empty_large_values(message: BackMsg) -> bool:
    """Replace values that are too large by empty ones of their kind; return whether there were any.

    If all are too large together, the largest go first.
    """
    widgets = message.rerun_script.widget_states.widgets
    large = [widget for widget in widgets if widget.ByteSize() > _most(widget.id)]
    for widget in large:
        _empty(widget)
    if message.ByteSize() > MOST_OF_MESSAGE:
        for widget in sorted(widgets, key=lambda one: -one.ByteSize()):
            large.append(widget)
            _empty(widget)
            if message.ByteSize() <= MOST_OF_MESSAGE:
                break
    return bool(large)


def _most(widget_id: str) -> int:
    return MOST_OF_DRAWING if widget_id.endswith(BOARDS) else MOST_OF_VALUE


def _empty(widget: WidgetState) -> None:
    kind, name = widget.WhichOneof("value"), widget.id
    widget.Clear()
    widget.id = name if len(name) <= LONGEST_ID else ""
    if kind in ("json_value", "json_trigger_value"):
        setattr(widget, kind, "{}")
    elif kind and widget.DESCRIPTOR.fields_by_name[kind].message_type:
        getattr(widget, kind).SetInParent()
    elif kind:
        setattr(widget, kind, widget.DESCRIPTOR.fields_by_name[kind].default_value)
