"""Where somebody is, no nearer than the log needs: a network prefix instead of an address."""

from __future__ import annotations

import ipaddress


def prefix(address: str) -> str:
    """The /24 of an IPv4 address, v4-mapped or not, or the /48 of an IPv6 one; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
