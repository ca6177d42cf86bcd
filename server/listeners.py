"""http and https: sockets bound first, one aiohttp application on all of them, the certificate kept fresh."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

import structlog
from aiohttp import web

from server import certificates
from server.addresses import own_addresses, own_names
from server.config import Config
from server.data_dir import TLS, Running
from server.demo import TEACHING_POINTS
from server.door import Door
from server.origins import Origins
from server.sockets import BACKLOG, bind_local, bind_public, hosts_of, port_of

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0
STOP_WITHIN_S = 2.0
HANDSHAKE_WITHIN_S = 10.0
HEADERS_WITHIN_S = 15.0
"""aiohttp's keep-alive limit is also its limit for a request's headers: a slow sender is let go after it."""


class Listeners:
    """The sockets of http and https, and everything that depends on the machine's addresses."""

    def __init__(self, config: Config) -> None:
        """Binds the ports.

        Raises:
            PortTaken: one of them is in use.
        """
        self._config = config
        self.http = bind_local(config.http.host, config.http.port, TEACHING_POINTS if config.demo.enabled else 0)
        try:
            self.https = bind_public(config.https.host, config.https.port) if config.https.enabled else []
        except BaseException:
            _close(self.http)
            raise
        self.origins = Origins()
        self.addresses: tuple[str, ...] = ()
        self.identity: certificates.Identity | None = None
        self._context: ssl.SSLContext | None = None
        self._runner: web.AppRunner | None = None
        self._servers: list[asyncio.Server] = []

    async def prepare(self) -> None:
        """Makes the certificate where one is needed and fills the list of own origins.

        Raises:
            CertificateError: the files in the data directory cannot be used.
        """
        self.addresses = await asyncio.to_thread(own_addresses)
        names = ["localhost", *own_names()]
        everywhere = [*names, *self.addresses, *self._config.media.public_addresses]
        everywhere += [self._config.relay.host] if self._config.relay.host else []
        local = ["localhost", *hosts_of(self.http)]
        listeners = [("http", port_of(self.http), local)]
        if self.https:
            loopback = ["127.0.0.1", "::1"]
            listeners.append(("https", port_of(self.https), [*everywhere, *loopback]))
            await asyncio.to_thread(self._certify, self._config.data_dir / TLS, [*everywhere, *loopback])
        self.origins.replace(listeners, self._config.web.public_origins)

    def _certify(self, folder: Path, names: list[str]) -> None:
        self.identity = certificates.ensure(folder, names, datetime.now(UTC))
        if self._context is None:
            self._context = certificates.server_context(self.identity)
        elif self.identity.renewed:
            certificates.reload(self._context, self.identity)
            log.info("certificate renewed", expires=self.identity.expires.isoformat())

    async def serve(self, app: web.Application) -> None:
        """Accepts connections from now on. The limits are those of RFC 9112's advice against slow and large headers."""
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=HEADERS_WITHIN_S,
            lingering_time=2.0,
            shutdown_timeout=STOP_WITHIN_S,
            max_line_size=8192,
            max_field_size=8192,
            auto_decompress=False,
        )
        await self._runner.setup()
        server = self._runner.server
        assert server is not None, "set up just now"
        loop = asyncio.get_running_loop()

        def door() -> Door:
            return Door(server, lambda: self.addresses)

        for bound in (*self.http, *self.https):
            context = self._context if bound in self.https else None
            within_s = HANDSHAKE_WITHIN_S if context else None
            self._servers.append(
                await loop.create_server(door, sock=bound, backlog=BACKLOG, ssl=context, ssl_handshake_timeout=within_s)
            )

    async def watch(self, changed: Callable[[], None]) -> None:
        """Follows the machine's addresses and renews the certificate in time, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            before, identity = self.addresses, self.identity
            await self.prepare()
            if self.addresses != before:
                log.info("addresses changed", addresses=list(self.addresses))
            if self.addresses != before or self.identity != identity:
                changed()

    def running(self, pid: int, media_port: int | None) -> Running:
        """What other commands on this machine need to know of this server."""
        return Running(
            pid=pid,
            http_hosts=hosts_of(self.http),
            http_port=port_of(self.http),
            https_port=port_of(self.https) if self.https else None,
            media_port=media_port,
            addresses=[*self._config.media.public_addresses, *self.addresses],
            public_origins=list(self._config.web.public_origins),
        )

    async def close(self) -> None:
        """Stops accepting, lets requests in progress finish for two seconds, closes the sockets."""
        for server in self._servers:
            server.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        _close([*self.http, *self.https])


def _close(sockets: list[socket]) -> None:
    for bound in sockets:
        bound.close()
