"""How a packet of a route is laid out in bytes: header, if wanted one extension block, payload."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import Any

from server.media.plane import RouteSpec
from server.media.rtp import EXTENSION_BIT, RTP_VERSION

PLAIN_BYTES = 12
EXTENDED_BYTES = 20
PLAIN = RTP_VERSION
EXTENDED = RTP_VERSION | EXTENSION_BIT
"""The first byte of a packet without and with the extension block."""


@lru_cache(maxsize=4096)
def layout(extended_header: bool, payload_bytes: int) -> Any:
    """`pack_into` of a whole packet: header, if wanted one 8-byte extension block (RFC 8285), payload."""
    return Struct(f"!BBHIIQ{payload_bytes}s" if extended_header else f"!BBHII{payload_bytes}s").pack_into


def extension_of(spec: RouteSpec) -> int | None:
    """The one 8-byte extension block (RFC 8285) without what changes: transport-wide number, or abs-send-time."""
    if spec.transport_sequence_id is not None:
        return 0xBEDE0001 << 32 | (spec.transport_sequence_id << 4 | 1) << 24
    return None if spec.abs_send_time_id is None else 0xBEDE0001 << 32 | (spec.abs_send_time_id << 4 | 2) << 24
