"""The listening sockets for http and https, bound before anything else so that a taken port is known at once."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

BACKLOG = 512


class PortTaken(Exception):
    """Somebody else listens there. `host` is empty for every address."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"{host or '*'}:{port}: {reason}")
        self.host = host
        self.port = port


def bind_local(host: str, port: int, more: int) -> list[socket.socket]:
    """Sockets for plain http: `host`, and if it is 127.0.0.1 also ::1 and the next `more` loopback addresses.

    A browser keeps one set of cookies per address: on one machine, each demo participant gets an address of its own.
    Only the first address must succeed.

    Raises:
        PortTaken: `host` and `port` are in use or not ours.
    """
    first = _bind(host, port)
    found = [first]
    if host == "127.0.0.1":
        others = ["::1", *(f"127.0.0.{2 + n}" for n in range(more))]
        found += _bind_where_possible(others, first.getsockname()[1])
    return found


def bind_public(host: str, port: int) -> list[socket.socket]:
    """Sockets for https: one address, or all of them, IPv4 and where there is IPv6.

    Raises:
        PortTaken: `host` and `port` are in use or not ours.
    """
    if host:
        return [_bind(host, port)]
    first = _bind("0.0.0.0", port)  # noqa: S104 every address is what the operator asked for
    return [first, *_bind_where_possible(["::"], first.getsockname()[1])]


def port_of(sockets: list[socket.socket]) -> int:
    """The port all of them share."""
    return int(sockets[0].getsockname()[1])


def hosts_of(sockets: list[socket.socket]) -> list[str]:
    """The addresses they are bound to."""
    return [str(bound.getsockname()[0]) for bound in sockets]


def _bind_where_possible(hosts: Iterable[str], port: int) -> list[socket.socket]:
    found = []
    for host in hosts:
        try:
            found.append(_bind(host, port))
        except PortTaken:
            continue
    return found


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or "") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise PortTaken("" if host in ("0.0.0.0", "::") else host, port, error.strerror or "") from error  # noqa: S104
    return bound
