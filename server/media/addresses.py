"""Under which addresses this machine can be reached."""

from __future__ import annotations

import ipaddress
import socket

import psutil  # type: ignore[import-untyped]

MAX_ADDRESSES = 8


def local_addresses(ipv6: bool) -> tuple[str, ...]:
    """Addresses of this machine's interfaces that are up: IPv4 first, loopback last, no link-local ones."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    wanted = {socket.AF_INET, socket.AF_INET6} if ipv6 else {socket.AF_INET}
    found = [
        ipaddress.ip_address(one.address.split("%")[0])
        for name, addresses in psutil.net_if_addrs().items()
        if name in up
        for one in addresses
        if one.family in wanted
    ]
    usable = [one for one in found if not (one.is_link_local or one.is_unspecified)]
    ordered = sorted(usable, key=lambda one: (one.is_loopback, one.version))
    return tuple(dict.fromkeys(str(one) for one in ordered))[:MAX_ADDRESSES] or ("127.0.0.1",)
