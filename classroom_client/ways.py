"""Which way the next media connection takes: straight to the media port, or through a relay (docs/protocol.md, P9)."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from signaling.messages import IceServer

TLS: Final = "turns:"
TCP: Final = "transport=tcp"
"""UDP to the relay is not tried: a network that blocks it to the media port blocks it to the relay."""


class Relayed(Struct, frozen=True):
    """Through a relay. `tls` checks its certificate; None: the system's authorities do."""

    server: IceServer
    tls: ssl.SSLContext | None


Way = Relayed | None
"""None: straight."""


class Ways:
    """What worked last is tried first; what did not gives way to the next, straight after every relay, for ever."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._relays: list[Relayed] = []
        self._at = 0

    def learn(self, servers: Sequence[IceServer]) -> None:
        """What the latest welcome said: the relays' addresses, and fresh credentials. TLS comes first."""
        told = [(url, server) for server in servers for url in server.urls if TCP in url]
        self._relays = [
            Relayed(IceServer(urls=[url], username=server.username, credential=server.credential), self._tls)
            for url, server in sorted(told, key=lambda one: not one[0].startswith(TLS))
        ]

    @property
    def now(self) -> Way:
        """The way to try."""
        return self._all()[self._at % len(self._all())]

    @property
    def has_relay(self) -> bool:
        """Whether there is another way than straight."""
        return bool(self._relays)

    @property
    def relays(self) -> list[Relayed]:
        """The relay's addresses, TLS first."""
        return list(self._relays)

    def failed(self) -> None:
        """That way did not work."""
        self._at = (self._at + 1) % len(self._all())

    def _all(self) -> list[Way]:
        ways: list[Way] = []
        for relay in self._relays:
            ways += [None, relay]
        return ways or [None]
