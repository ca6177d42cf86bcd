"""Finds the server on the local network when nobody gave its address: multicast DNS, `_https._tcp` with `app=tongke`.

Whoever answers is only asked for a page: what it is, its certificate proves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_https._tcp.local."
LISTENS_S: Final = 4.0
RESOLVES_MS: Final = 2_000


async def servers(listens_s: float = LISTENS_S, interfaces: Sequence[str] = ()) -> list[str]:
    """The addresses of all servers that answer on this link within `listens_s`, `https://10.0.0.5:8443`, sorted.

    interfaces: own addresses to ask from; all without any.

    Raises:
        OSError: there is no network to ask.
    """
    zeroconf = AsyncZeroconf(interfaces=list(interfaces)) if interfaces else AsyncZeroconf()
    names: set[str] = set()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            names.add(name)

    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[heard])
    try:
        await asyncio.sleep(listens_s)
        found = await asyncio.gather(*(_address(zeroconf, name) for name in sorted(names)))
        return sorted({address for address in found if address is not None})
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()


async def _address(zeroconf: AsyncZeroconf, name: str) -> str | None:
    """The address of a service, if it is one of ours and has an address."""
    info = AsyncServiceInfo(SERVICE, name)
    if not await info.async_request(zeroconf.zeroconf, RESOLVES_MS) or info.properties.get(b"app") != b"tongke":
        return None
    addresses = [address for address in info.parsed_addresses() if ":" not in address]
    return f"https://{addresses[0]}:{info.port}" if addresses else None
