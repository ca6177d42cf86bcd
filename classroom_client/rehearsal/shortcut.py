"""The short way of RTP between a socket and us, past aiortc's and aioice's queues and tasks.

Through them every datagram costs a queue, a task switch and four coroutines; forty participants on one machine cannot
afford that. STUN, DTLS and RTCP, which are few, still go that way. Uses `RTCDtlsTransport._rx_srtp`, `_tx_srtp` and
`_state`, and `aioice.Connection._nominated` and `data_received` (aiortc 1.16, aioice 0.13).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import pylibsrtp
import structlog
from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from aiortc.rtp import is_rtcp

log = structlog.get_logger(__name__)

LEAST: Final = 12
"""Bytes of the smallest RTP packet."""


def rtp_sender(transport: RTCDtlsTransport) -> Callable[[bytes], bool]:
    """What protects and sends an RTP packet at once; it answers False once the transport is closed."""
    connection = transport.transport._connection
    protect = transport._tx_srtp.protect

    def send(packet: bytes) -> bool:
        pair = connection._nominated.get(1)
        if pair is None or transport._state is not State.CONNECTED:
            return False
        pair.protocol.transport.sendto(protect(packet), pair.remote_addr)
        return True

    return send


def take_rtp(transport: RTCDtlsTransport, arrived: Callable[[bytes, int], None]) -> None:
    """From now on `arrived(packet, now_ns)` is called for every RTP packet that is authentic."""
    connection: Any = transport.transport._connection
    onward = connection.data_received

    def data_received(data: bytes, component: int) -> None:
        if len(data) < LEAST or not 128 <= data[0] < 192 or is_rtcp(data) or transport._rx_srtp is None:
            onward(data, component)
            return
        try:
            packet = transport._rx_srtp.unprotect(data)
        except (pylibsrtp.Error, ValueError) as error:
            log.debug("packet not authentic", error=str(error))
            return
        arrived(packet, time.monotonic_ns())

    connection.data_received = data_received
