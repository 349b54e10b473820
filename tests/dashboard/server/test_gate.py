"""The gate before Streamlit, by messages to a real server: strangers fail where owners succeed."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from urllib.request import Request, urlopen

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import InvalidStatus

from dashboard.server.block_unused_endpoints import MOST_OF_DRAWING, TOO_LARGE
from dashboard.server.connections import PATIENCE
from dashboard.server.uploads import WITHOUT_A_BYTE
from tests.dashboard.server.asgi import finish
from tests.support.browser import OFFLINE, Server, start_server
from tests.support.session import Session, connected

pytestmark = pytest.mark.slow
ALLOWED = "https://allowed.example:8443"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("gate")
    folders = {"DIGIT_LAB_HOME": str(home / "home"), "DIGIT_LAB_CACHE": str(home / "cache")}
    server = start_server({**OFFLINE, **folders, "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": ALLOWED})
    yield server
    server.kill()


async def _is_admitted(server: Server, origin: str | None) -> bool:
    try:
        async with connected(server.address, origin=origin) as page:
            await page.ask("page")
            return True
    except InvalidStatus:
        return False


def test_only_pages_of_the_same_or_an_allowed_origin_may_connect(server: Server) -> None:
    host = server.address.removeprefix("http://")
    port = int(host.rpartition(":")[2])
    for origin in (server.address, f"https://{host}", ALLOWED, None):
        assert finish(_is_admitted(server, origin)), origin
    foreign = (
        f"http://127.0.0.1:{port + 1}",  # shares this host's cookies
        "http://127.0.0.1",
        f"http://localhost:{port}",
        ALLOWED.rpartition(":")[0],
        "null",
        "http://[::",
        f"{server.address}/",
        f"http://user@{host}",
    )
    began = time.monotonic()
    for origin in foreign:
        assert not finish(_is_admitted(server, origin)), origin
    assert time.monotonic() - began < 8  # nothing is looked up, which takes 2 s each


def test_a_foreign_page_is_not_told_what_a_request_answers(server: Server) -> None:
    for origin, told in (("http://evil.example", None), (ALLOWED, ALLOWED)):
        with urlopen(Request(f"{server.address}/_stcore/health", headers={"Origin": origin})) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == told


def test_a_session_is_given_back_only_to_the_browser_that_began_it(server: Server) -> None:
    async def try_it() -> None:
        async with connected(server.address) as owner:
            await owner.open()
            await owner.train()
            await owner.ask("cookie")
            for stranger in ({}, {"digit_lab_person": "0" * 32}, {"_streamlit_xsrf": "2|00|00|1"}):
                assert not await _gets(server, owner.session_id, stranger)
            await owner.ask("still here")
            assert await _gets(server, owner.session_id, {"digit_lab_person": owner.person})
        assert not await _gets(server, owner.session_id, {})  # nor after it was closed
        assert await _gets(server, owner.session_id, {"digit_lab_person": owner.person})

    finish(try_it())


def test_a_browser_is_known_by_streamlit_s_own_cookie_before_it_has_any_work(server: Server) -> None:
    cookie = {"_streamlit_xsrf": _xsrf(server)}

    async def try_it() -> None:
        async with connected(server.address, cookies=cookie) as owner:
            await owner.ask("page")
        assert not await _gets(server, owner.session_id, {"_streamlit_xsrf": _xsrf(server)})
        assert await _gets(server, owner.session_id, cookie)

    finish(try_it())


async def _gets(server: Server, session_id: str, cookies: dict[str, str]) -> bool:
    async with connected(server.address, resume=session_id, cookies=cookies) as page:
        await page.ask("page")
        return page.session_id == session_id


def _xsrf(server: Server) -> str:
    with urlopen(f"{server.address}/_stcore/health") as answer:
        found = re.search("_streamlit_xsrf=([^;]+)", answer.headers["Set-Cookie"])
    assert found
    return found[1]


async def _with_a_board(page: Session) -> None:
    await page.open()
    await page.turn_to("Draw")


def test_a_value_that_is_too_large_is_left_out_and_the_page_says_so(server: Server) -> None:
    async def try_it() -> None:
        async with connected(server.address) as page:
            await _with_a_board(page)
            await page.draw()
            assert page.alerts == []
            drawing = json.dumps({"drawing": {"raw": {}, "data": "x" * MOST_OF_DRAWING}})
            page.keep(WidgetState(id=page.canvas, json_value=drawing))
            await page.ask("too large", fragment=page.canvas_fragment)
            assert set(page.alerts) == {TOO_LARGE}

    finish(try_it())


def test_what_strangers_send_fills_no_log_and_forges_no_line(server: Server) -> None:
    before = len(server.text())
    operation = BackMsg()
    operation.backend_operation_request.deferred_file.file_id = "\nforged \x1b[31m" + "x" * 1_000_000

    async def flood() -> None:
        async with connected(server.address) as page:
            for _ in range(20):
                await page.socket.send(operation.SerializeToString())
            await page.ask("still answered")
        for _ in range(30):
            assert not await _is_admitted(server, "http://[::" + "y" * 1000)
        port = int(server.address.rpartition(":")[2])
        for _ in range(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x1b[31m no request\r\n\r\n")
            await reader.read()
            writer.close()

    finish(flood())
    logged = server.text()[before:]
    assert "forged" not in logged
    assert "\x1b" not in logged
    assert len(logged) < 10_000


def test_the_first_press_after_a_restart_of_the_server_counts(server: Server) -> None:
    async def try_it() -> None:
        async with connected(server.address) as before:
            await before.open()
        async with connected(server.address, resume="of-the-former-server") as page:
            await page.ask("Train", WidgetState(id=before.buttons["Train"], trigger_value=True))
            while "Finished" not in page.headline:
                await page.ask("look at the run")

    finish(try_it())


class Upload:
    """A request that brings a file, in parts, with the token that a browser has."""

    def __init__(self, server: Server, path: str, size: int, *, length: bool = True) -> None:
        head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
        self._body, token = head + size * b"x" + b"\r\n--b--\r\n", _xsrf(server)
        self._connection = HTTPConnection(server.address.removeprefix("http://"), timeout=60)
        self._connection.putrequest("PUT", path)
        headers = {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
        headers["Content-Type"] = "multipart/form-data; boundary=b"
        if length:
            headers["Content-Length"] = str(len(self._body))
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    def status(self, *, complete: bool = True) -> int:
        """Send all of it, or half, and return the status of the answer."""
        with closing(self._connection):
            with suppress(OSError):  # the server may have answered and gone
                self._connection.send(self._body if complete else self._body[: len(self._body) // 2])
            with self._connection.getresponse() as answer:
                return answer.status


def test_files_are_taken_only_where_the_session_asked_and_within_its_room(server: Server) -> None:
    async def try_it() -> None:
        async with connected(server.address) as page:
            await page.open()
            addresses = await page.upload_addresses(12)
            elsewhere = addresses[-1][:-4] + "0000"
            assert Upload(server, elsewhere, 10).status() == 404
            assert Upload(server, addresses[0], 10).status() == 404  # only ten are open at a time
            assert Upload(server, addresses[-1], 10, length=False).status() == 411
            assert Upload(server, addresses[-1], 30_000_000).status() == 413
            megabytes = [Upload(server, address, 15_000_000).status() for address in addresses[2:6]]
            assert megabytes == [204, 204, 507, 507]
            assert Upload(server, addresses[2], 10).status() == 507  # it is there already

    finish(try_it())


def test_the_first_press_after_a_restart_counts_although_it_names_a_part_of_the_page_from_before(
    server: Server,
) -> None:
    async def try_it() -> None:
        async with connected(server.address) as page:
            page.query = "tab=Compare&map=new"
            await page.open()
            await page.turn_to("Compare")
            pressed = WidgetState(id=page.buttons["Draw the map"], trigger_value=True)
        async with connected(server.address) as same_page:
            same_page.query, same_page.tabs = "tab=Compare&map=new", page.tabs
            same_page.keep(WidgetState(id=page.tabs, string_value="Compare"))
            await same_page.ask("press", pressed, fragment="0" * 32)
            await same_page.ask("look")
            assert re.search(r"\d+ of 63 cells", same_page.texts)
            await same_page.ask("cancel", WidgetState(id=same_page.buttons["Cancel"], trigger_value=True))
            assert "cells, stopped" in same_page.texts

    finish(try_it())


def test_what_sends_nothing_for_ten_seconds_is_refused_or_closed(server: Server) -> None:
    where = ("127.0.0.1", int(server.address.rpartition(":")[2]))

    async def try_it() -> None:
        async with connected(server.address) as page:
            await page.open()
            (address,) = await page.upload_addresses(1)
            began = time.monotonic()
            upload = Upload(server, address, 1_000)
            with socket.create_connection(where) as slow, socket.create_connection(where) as idle:
                slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                status, *closed = await asyncio.gather(
                    asyncio.to_thread(upload.status, complete=False),
                    *(asyncio.to_thread(_seconds_to_close, connection) for connection in (slow, idle)),
                )
            assert status == 408
            assert time.monotonic() - began < 2 * WITHOUT_A_BYTE
            assert all(PATIENCE - 1 < seconds < 2 * PATIENCE for seconds in closed)

    finish(try_it())


def _seconds_to_close(connection: socket.socket) -> float:
    began = time.monotonic()
    connection.settimeout(3 * PATIENCE)
    with suppress(ConnectionResetError):
        assert connection.recv(1) == b""
    return time.monotonic() - began
