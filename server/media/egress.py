"""What the plane sends through: datagrams out of one shared buffer, to flows known by number."""

from __future__ import annotations

from typing import Protocol

from server.media.srtp import PacketBuffer

MAX_RUN_BYTES = 60_000
"""Bytes of one run of datagrams: below the 65507 that one UDP send can carry, cut up or not."""


class Egress(Protocol):
    """Where packets leave. Sending never waits and never raises: what cannot leave is dropped and counted."""

    buffer: PacketBuffer
    """The packets to send are written here, one after another from the start; at least MAX_RUN_BYTES + 2048."""

    def send_run(self, flow: int, size: int, datagram: int) -> None:
        """Sends the first `size` bytes of `buffer`, as datagrams of `datagram` bytes each; the last may be shorter."""

    def send(self, flow: int, data: bytes) -> None:
        """Sends one datagram."""

    def forget(self, flow: int) -> None:
        """Nothing will be sent to this flow again."""
