"""Says on the local network that the server is here, by multicast DNS: `_https._tcp`, "Tongke" (RFC 6762, RFC 6763).

Multicast DNS stays on its link: routers do not forward 224.0.0.251 and ff02::fb. Only private addresses are told, on
their own interfaces alone; a server with none says nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from zeroconf import BadTypeInNameException, Error, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

log = structlog.get_logger(__name__)

SERVICE: Final = "_https._tcp.local."
NAME: Final = "Tongke"
PROPERTIES: Final = {"app": "tongke", "path": "/"}
"""By `app` a classroom's box tells this server from a printer with a web page."""
LOOK_EVERY_S: Final = 30.0


class Announcement:
    """Tells what `addresses` gives, and again when that changes. host: the name the addresses have, `school.local`."""

    def __init__(self, host: str, port: int, addresses: Callable[[], Sequence[str]]) -> None:
        self._host, self._port, self._addresses = host, port, addresses
        self._told: tuple[str, ...] = ()
        self._zeroconf: AsyncZeroconf | None = None

    async def run(self) -> None:
        """Announces until cancelled, then says goodbye."""
        try:
            while True:
                await self._follow()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._stop()

    async def _follow(self) -> None:
        """Announces anew if the machine has other addresses than were told; what fails is tried the next time."""
        wanted = tellable(self._addresses())
        if wanted == self._told:
            return
        await self._stop()
        if not wanted:
            return
        try:
            self._zeroconf = AsyncZeroconf(interfaces=list(wanted), ip_version=IPVersion.V4Only)
            info = AsyncServiceInfo(
                SERVICE,
                f"{NAME}.{SERVICE}",
                parsed_addresses=list(wanted),
                port=self._port,
                properties=dict(PROPERTIES),
                server=f"{self._host}.",
            )
            await (await self._zeroconf.async_register_service(info, allow_name_change=True))
        except (OSError, Error, BadTypeInNameException) as error:
            log.info("not announced on the local network", error=str(error) or type(error).__name__)
            await self._stop()
            return
        self._told = wanted
        log.info("announced on the local network", addresses=list(wanted), port=self._port)

    async def _stop(self) -> None:
        zeroconf, self._zeroconf, self._told = self._zeroconf, None, ()
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()


def tellable(addresses: Sequence[str]) -> tuple[str, ...]:
    """The private IPv4 addresses among these (RFC 1918, and loopback), in their order."""
    return tuple(one for one in addresses if ":" not in one and ipaddress.ip_address(one).is_private)
