"""The configurations in deploy/, run by their proxies: behind each holds what docs/server.md promises.

Skipped where Caddy or nginx is missing; both are in Debian.
"""

import asyncio
import getpass
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing, suppress
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.dashboard.server.asgi import finish
from tests.support.browser import LIMIT, OFFLINE, start_server
from tests.support.paths import ROOT
from tests.support.session import Session, connected

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
DEPLOY = ROOT / "deploy"
UNCHECKED = ssl.create_default_context()  # the certificates are made for the tests
UNCHECKED.check_hostname, UNCHECKED.verify_mode = False, ssl.CERT_NONE
FOR_TESTS = "{\n\tskip_install_trust\n\tauto_https disable_redirects\n\tadmin off\n}\n"


def caddy(folder: Path, port: int, app: str) -> list[str]:
    """Write the configuration for this port and this app, and return the command."""
    text = (DEPLOY / "Caddyfile").read_text().replace("app:8501", app)
    (folder / "Caddyfile").write_text(FOR_TESTS + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def nginx(folder: Path, port: int, app: str) -> list[str]:
    """Write the configuration for this port and this app, with a certificate, and return the command."""
    make = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout digits.key -out digits.pem"
    subprocess.run(["openssl", *make.split()], cwd=folder, check=True, capture_output=True)
    text = (DEPLOY / "nginx.conf").read_text()
    for before, after in {
        "listen 443": f"listen {port}",
        "digits.example.org": "localhost",
        "/etc/ssl": str(folder),
        "127.0.0.1:8501": app,
    }.items():
        assert before in text
        text = text.replace(before, after)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    frame = f"user {getpass.getuser()}; daemon off; pid {folder}/pid; error_log stderr; events {{}}"
    (folder / "nginx.conf").write_text(f"{frame}\nhttp {{ access_log off; {own}\n{text}}}\n")
    return ["nginx", "-e", "stderr", "-c", str(folder / "nginx.conf")]


@pytest.fixture(params=[caddy, nginx], ids=["caddy", "nginx"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a site: a proxy, and behind it an app with room for four pages."""
    if shutil.which(request.param.__name__) is None:
        pytest.skip(f"{request.param.__name__} is not installed")
    settings = {
        "DIGIT_LAB_HOME": str(tmp_path / "home"),
        "DIGIT_LAB_CACHE": str(tmp_path / "cache"),
        "DIGIT_LAB_SESSIONS": "4",
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "localhost",
    }
    app = start_server({**OFFLINE, **settings})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = request.param(tmp_path, port, urlsplit(app.address).netloc)
    names = {
        "DIGIT_LAB_DOMAIN": f"localhost:{port}",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    with (tmp_path / "log").open("wb") as log:
        proxy = subprocess.Popen(command, env={**os.environ, **names}, stdout=log, stderr=log)
    try:
        _wait(f"https://localhost:{port}", proxy, tmp_path / "log")
        yield f"https://localhost:{port}"
    finally:
        proxy.terminate()
        proxy.wait(LIMIT)
        app.kill()


def _wait(site: str, proxy: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline and proxy.poll() is None:
        with suppress(OSError):
            if _ask(site, "GET", "/_stcore/health")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def _ask(site: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    """Return the status of an answer, and the cookies that it sets."""
    connection = HTTPSConnection(urlsplit(site).netloc, context=UNCHECKED, timeout=60)
    with closing(connection):
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, "; ".join(answer.headers.get_all("Set-Cookie", []))


def _come(site: str, source: str = "127.0.0.1", **options: Any) -> AbstractAsyncContextManager[Session]:
    """Open a page as a browser at an address of this machine does."""
    return connected(site, **{"origin": site, "ssl": UNCHECKED, "local_addr": (source, 0), **options})


async def _is_admitted(stack: AsyncExitStack, page: AbstractAsyncContextManager[Session]) -> bool:
    try:
        await (await stack.enter_async_context(page)).ask("page")
    except (ConnectionClosed, InvalidStatus):
        return False
    return True


def test_a_page_trains_uploads_and_gets_its_session_back_with_its_cookie_alone(site: str) -> None:
    async def try_it() -> None:
        async with _come(site) as page:
            await page.open()
            await page.train()
            await page.ask("cookie")
            assert len(page.person) == 32
            small, large = await page.upload_addresses(2)
            assert await asyncio.to_thread(_upload, site, small, 19_000_000) == 204
            assert await asyncio.to_thread(_upload, site, large, 30_000_000) == 413
        mine = {"digit_lab_person": page.person}
        async with _come(site, resume=page.session_id, cookies=mine) as again:
            await again.ask("page")
            assert (again.session_id, "Finished" in again.headline) == (page.session_id, True)
        async with _come(site, resume=page.session_id) as stranger:
            await stranger.ask("page")
            assert (stranger.session_id != page.session_id, stranger.person) == (True, "")
        async with AsyncExitStack() as stack:
            for foreign in ("https://evil.example", "https://localhost", site.replace("https", "http")[:-1]):
                assert not await _is_admitted(stack, _come(site, origin=foreign))

    finish(try_it())


def _upload(site: str, path: str, size: int) -> int:
    _, cookie = _ask(site, "GET", "/_stcore/health")
    token = cookie.partition("_streamlit_xsrf=")[2].partition(";")[0]
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n' + size * b"x"
    headers = {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
    headers["Content-Type"] = "multipart/form-data; boundary=b"
    try:
        return _ask(site, "PUT", path, body + b"\r\n--b--\r\n", **headers)[0]
    except (BrokenPipeError, ConnectionError, ssl.SSLError):  # refused before all of it was sent
        return 413


def test_an_address_is_the_visitors_own_whatever_they_say_it_is(site: str) -> None:
    """Of the four sessions two are for one address."""

    async def try_it() -> None:
        async with AsyncExitStack() as stack:
            admitted = [
                await _is_admitted(stack, _come(site, "127.0.0.2", come_from=f"203.0.113.{number}"))
                for number in range(4)
            ]
            assert admitted == [True, True, False, False]
            assert await _is_admitted(stack, _come(site, "127.0.0.3"))

    finish(try_it())
