"""Under which address others in the same network reach this computer."""

import socket
from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "")
NOWHERE = ("192.0.2.1", 9)  # an address for documentation (RFC 5737); nothing is sent to it


def is_local(host: str) -> bool:
    """Whether only the computer itself knows this name."""
    return host in LOCAL or host.endswith(".localhost")


def own_address() -> str:
    """Return the address of this computer in its network; empty if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)  # only asks the system which way a packet would go
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def address_for_others(page: str, listens_on: str | None) -> str:
    """Return the address of the page under which others reach it; empty if they cannot.

    Args:
        page: the address as this browser has it.
        listens_on: the address that the server was told to listen on; None or empty for all.
    """
    asked = urlsplit(page)
    if not is_local(asked.hostname or ""):
        return page
    if listens_on and is_local(listens_on) and listens_on not in ("0.0.0.0", "::"):
        return ""
    host = listens_on if listens_on and not is_local(listens_on) else own_address()
    if not host or is_local(host):
        return ""
    port = f":{asked.port}" if asked.port else ""
    return asked._replace(netloc=f"{host}{port}").geturl()
