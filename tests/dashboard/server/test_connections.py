"""How many connections an address may have; how long they may wait is in test_gate.py."""

import asyncio
from types import SimpleNamespace
from unittest.mock import Mock

from uvicorn.middleware.proxy_headers import _TrustedHosts

from dashboard.server.connections import Connections
from tests.dashboard.server.asgi import finish


class Connection:
    """As much of one of uvicorn's as is looked at."""

    def __init__(self, address: str, *, answering: bool = False) -> None:
        self.client, self.transport = (address, 1), Mock()
        self.cycle = SimpleNamespace(response_complete=False) if answering else None


def test_of_too_many_connections_of_an_address_one_goes_that_waits_for_a_request() -> None:
    async def connect(address: str) -> list[bool]:
        connections = Connections(_TrustedHosts("192.0.2.9"), most=2)
        opened = [
            Connection(address, answering=True),
            Connection(address),
            Connection("192.0.2.2"),
            Connection(address),
        ]
        for connection in opened:
            connections.add(connection)
            await asyncio.sleep(0)
        return [connection.transport.abort.called for connection in opened]

    answering, *waiting = finish(connect("192.0.2.1"))
    assert not answering
    assert waiting in ([True, False, False], [False, False, True])
    assert finish(connect("192.0.2.9")) == [False] * 4  # a proxy that is trusted
