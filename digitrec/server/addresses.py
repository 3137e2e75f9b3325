"""The addresses of clients."""

from ipaddress import IPv6Address, IPv6Network, ip_address


def client_network(address: str | None) -> str:
    """Return the address that identifies a client: an IPv4 address, or the /64 network of an IPv6 address.

    With IPv6, a single client usually has a whole network of 2**64 addresses. None means this machine.
    """
    try:
        parsed = ip_address(address or "127.0.0.1")
    except ValueError:
        return str(address)
    if isinstance(parsed, IPv6Address):
        # A socket that accepts both kinds of addresses shows IPv4 addresses as ::ffff:1.2.3.4.
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)


def is_loopback(address: str | None) -> bool:
    """Return whether only this machine can reach a server that listens on this address. None means all addresses."""
    if address == "localhost":
        return True
    try:
        return ip_address(address or "0.0.0.0").is_loopback
    except ValueError:
        return False
