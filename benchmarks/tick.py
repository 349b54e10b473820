"""Time the page's periodic updates at the server: send a browser's messages, but without its rendering."""

import time
from collections.abc import Iterator

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect


def ticks(address: str, query: str, count: int) -> list[float]:
    """Open the page of a run that is learning, and time updates from the request to the end of the answer."""
    seconds: list[float] = []
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(stream, subprotocols=[Subprotocol("streamlit")], max_size=None) as page:
        fragment = None
        while fragment is None:  # the first answer may only correct the address
            _ask(page, query)
            for message in _answers(page):
                fragment = message.auto_rerun if message.HasField("auto_rerun") else fragment
        while len(seconds) < count:
            time.sleep(fragment.interval)
            asked = time.perf_counter()
            _ask(page, query, fragment.fragment_id)
            for _ in _answers(page):
                pass
            seconds.append(time.perf_counter() - asked)
    return seconds


def _ask(page: ClientConnection, query: str, fragment: str = "") -> None:
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.fragment_id = fragment
    page.send(message.SerializeToString())


def _answers(page: ClientConnection) -> Iterator[ForwardMsg]:
    for data in page:
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        yield message
        if message.WhichOneof("type") == "script_finished":
            return
