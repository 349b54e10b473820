"""How long a connection may keep the server waiting for a request, and how many an address may have.

uvicorn closes a connection that is idle after an answer, but waits for ever for the first request, and for
the end of one that comes slowly. A few hundred such connections use up the file descriptors of the process.
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import _TrustedHosts

from dashboard.server.addresses import canonical

PATIENCE = 10.0  # seconds for a request to come
LONGEST_ANSWER = 300.0  # seconds for an answer to be sent, and for an upload, which has limits of its own
MOST_OF_FRAME = 2_000_000  # bytes: of a message that is larger than allowed, the page can be told
MOST = 600  # connections of one address: six for each browser of a class, and its websocket


class Connections(set[Any]):
    """uvicorn's set of open connections, which closes those that are slow or too many as they are added."""

    def __init__(self, trusted: _TrustedHosts, *, patience: float = PATIENCE, most: int = MOST) -> None:
        """Begin without any; a trusted proxy may have as many connections as it likes."""
        super().__init__()
        self._trusted, self._patience, self._most = trusted, patience, most

    def add(self, connection: Any) -> None:
        """Take note of a new connection, or of one that has become a websocket."""
        super().add(connection)
        loop = asyncio.get_running_loop()
        loop.call_soon(self._count, connection)  # uvicorn gives it its transport after this
        if hasattr(connection, "cycle"):  # a websocket has none
            loop.call_later(self._patience, self._look, connection, None, 1)

    def _count(self, connection: Any) -> None:
        if connection.client is None or connection.client[0] in self._trusted:
            return
        address = _address(connection)
        near = [other for other in self if _address(other) == address]
        if len(near) > self._most:
            waiting = [other for other in near if hasattr(other, "cycle") and not _is_answering(other)]
            (waiting or [connection])[0].transport.abort()

    def _look(self, connection: Any, before: object, looks: int) -> None:
        """Close a connection that has finished no request since the last look."""
        if connection not in self:
            return
        if connection.cycle is not before:
            looks = 1
        elif not _is_answering(connection) or looks * self._patience >= LONGEST_ANSWER:
            connection.transport.abort()
            return
        later = asyncio.get_running_loop().call_later
        later(self._patience, self._look, connection, connection.cycle, looks + 1)


def limit_connections(server: uvicorn.Server) -> None:
    """Have a server that is starting limit its connections, and what one may send at a time."""
    server.config.ws_max_size = MOST_OF_FRAME
    server.server_state.connections = Connections(_TrustedHosts(server.config.forwarded_allow_ips))


def _is_answering(connection: Any) -> bool:
    return connection.cycle is not None and not connection.cycle.response_complete


def _address(connection: Any) -> str:
    return canonical(connection.client[0]) if connection.client else ""
