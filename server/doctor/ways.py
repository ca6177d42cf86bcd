"""Which ways lead to the media port: straight, and through the relay over UDP, TCP and TLS, each really tried."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time

from aioice import stun, turn

from server.config import Config
from server.data_dir import TLS, is_held, read_running
from server.doctor.finding import Finding, fine, note, warn, wrong
from server.turn import credentials, secret_of, urls

WITHIN_S = 3.0
FAILURES = (OSError, TimeoutError, EOFError, stun.TransactionError)


def ways(config: Config) -> list[Finding]:
    """TCP to the media port while the server runs, and an allocation by each of the relay's addresses."""
    found = []
    if is_held(config.data_dir) and (running := read_running(config.data_dir)) and running.media_port:
        found.append(_media_tcp(config.media.host or "127.0.0.1", running.media_port))
    if not config.relay.host:
        return [*found, note("relay", "relay.off")]
    try:
        secret = secret_of(config.data_dir)
    except OSError as error:
        return [*found, wrong("relay", url=config.relay.host, detail=error.strerror or str(error))]
    return [*found, *(asyncio.run(_relayed(config, url, secret)) for url in urls(config.relay))]


def _media_tcp(host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), WITHIN_S).close()
    except OSError as error:
        return wrong("media_tcp", port=port, detail=error.strerror or str(error))
    return fine("media_tcp", port=port)


async def _relayed(config: Config, url: str, secret: str) -> Finding:
    """Whether the relay at `url` takes our credentials and gives an address to send from."""
    relay, tls = config.relay, url.startswith("turns:")
    user, password = credentials(secret, "doctor", time.time())
    try:
        async with asyncio.timeout(WITHIN_S):
            transport, _ = await turn.create_turn_endpoint(
                asyncio.DatagramProtocol,
                server_addr=(relay.host, relay.tls_port if tls else relay.port),
                username=user,
                password=password,
                ssl=_trust(config) if tls else None,
                transport="udp" if url.endswith("udp") else "tcp",
            )
            transport.close()
    except FAILURES as error:
        return warn("relay", url=url, detail=str(error) or type(error).__name__)
    return fine("relay", url=url)


def _trust(config: Config) -> ssl.SSLContext:
    """As the schools' devices check it: by the system's authorities, and by our own where it made the certificate."""
    context = ssl.create_default_context()
    authority = config.data_dir / TLS / "ca.crt"
    if not config.relay.certificate and authority.exists():
        context.load_verify_locations(authority)
    return context
