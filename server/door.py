"""Who may open another connection: a limit for each address and one for all, checked before a byte is read."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Collection

from aiohttp import web

from server.limiter import subnet

CONNECTIONS = 1024
CONNECTIONS_PER_ADDRESS = 64
"""A school of four rooms behind one address needs some thirty: a socket and up to six downloads for each screen."""


class Door(asyncio.Protocol):
    """Lets a connection in to the web server, or drops it."""

    def __init__(self, server: web.Server, exempt: Callable[[], Collection[str]]) -> None:
        """`exempt` tells the addresses without a limit of their own: this machine's and trusted proxies'."""
        self._server = server
        self._exempt = exempt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hands the connection to the web server, which is its protocol from now on."""
        assert isinstance(transport, asyncio.Transport)
        if not self._welcome(_address(transport)):
            transport.abort()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)

    def _welcome(self, address: str) -> bool:
        open_now = [_address(handler.transport) for handler in self._server.connections if handler.transport]
        if len(open_now) >= CONNECTIONS:
            return False
        if ipaddress.ip_address(address).is_loopback or address in self._exempt():
            return True
        counts = Counter(map(subnet, open_now))
        return counts[subnet(address)] < CONNECTIONS_PER_ADDRESS


def _address(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]).partition("%")[0] if peer else "::1"
