"""Where a visitor comes from, as far as limits are concerned."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope


def address_of(scope: Scope) -> str:
    """Return the address of a request or a connection; of IPv6 the first 64 bits, which one household has.

    Behind a proxy it is the one that the proxy names, if uvicorn trusts that proxy: see FORWARDED_ALLOW_IPS.
    """
    client = scope.get("client")
    return canonical(client[0]) if client else ""


@lru_cache(4096)
def canonical(host: str) -> str:
    """Write the address of a machine, or of an IPv6 network, always in the same way."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))
