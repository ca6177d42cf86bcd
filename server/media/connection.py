"""One participant's connection to the media server, from its offer to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from server.media.dtls import DtlsServer
from server.media.side_channel import SideChannel
from signaling.messages import Layer, Source

ClosedReason = Literal["closed", "left", "consent", "handshake", "failed"]
"""By us; by the peer's goodbye; no sign of life for 30 s; no handshake within 15 s; a wrong certificate or keys."""


class Connection:
    """What its owner needs: `answer` for the client, ids for switching, and three callbacks to set.

    sources: plane source id by (source, rid), rid "" where not simulcast. routes: (audio route, video route) by slot.
    side: its data channel, if the client has one. before: the connection that it replaces, until it has. on_connected
    is called once media can flow; on_closed once, with the reason; on_beside with each message of the data channel, and
    whether that is packed: it says False where that was nothing that a client says.
    """

    def __init__(
        self,
        connection_id: int,
        answer: str,
        sources: dict[tuple[Source, Layer | Literal[""]], int],
        routes: list[tuple[int, int]],
        dtls: DtlsServer,
        opened_ns: int,
    ) -> None:
        self.id = connection_id
        self.answer = answer
        self.sources = sources
        self.routes = routes
        self.connected = False
        self.on_connected: Callable[[], None] = _nothing
        self.on_closed: Callable[[ClosedReason], None] = _whatever_reason
        self.on_beside: Callable[[bytes, bool], bool] = _nothing_beside
        self.dtls = dtls
        self.side: SideChannel | None = None
        self.before: Connection | None = None
        self.opened_ns = opened_ns
        self.retransmission: asyncio.TimerHandle | None = None


def _nothing() -> None:
    """Nobody listens."""


def _whatever_reason(_: ClosedReason) -> None:
    """Nobody listens."""


def _nothing_beside(message: bytes, packed: bool) -> bool:
    """Nobody listens."""
    return True
