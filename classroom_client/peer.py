"""The one peer connection of this client: a fixed set of lines, one offer and one answer in its whole life.

The lines are those of every offer in the system (signaling.messages.SEND_LINES, then SLOTS pairs of receive lines,
audio then video). A broken peer is never mended: a new one takes its place.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError, OperationError
from aiortc.rtcdtlstransport import RTCDtlsTransport

from classroom_client.line import Counters
from classroom_client.ways import Way
from signaling.messages import SEND_LINES, SLOTS, Source

log = structlog.get_logger(__name__)

KINDS: Final[dict[Source, str]] = {
    "microphone": "audio",
    "low_speech": "audio",
    "media_sound": "audio",
    "camera": "video",
    "camera2": "video",
    "screen": "video",
}


class PeerError(Exception):
    """The answer of the server does not fit our offer, or this peer is already closed."""

    code = "bad_answer"


def _codecs(kind: str) -> list[RTCRtpCodecCapability]:
    """What we offer, best first: Opus; H.264 constrained baseline, then VP8 (decision 9), and their RTX."""
    wanted = {"audio/opus": 0, "video/H264": 1, "video/VP8": 2, "video/rtx": 3}
    codecs = [
        codec
        for codec in RTCRtpSender.getCapabilities(kind).codecs
        if codec.mimeType in wanted
        and (codec.mimeType != "video/H264" or str(codec.parameters.get("profile-level-id")).startswith("42e0"))
    ]
    return sorted(codecs, key=lambda codec: wanted[codec.mimeType])


class Peer:
    """One RTCPeerConnection. `number` counts this client's connections from 1 (signaling.messages.Offer.connection).

    `reached` is set once a check was answered, `connected` once media can flow, `closed` once it never will again.
    """

    def __init__(self, number: int, way: Way = None) -> None:
        self.number = number
        self.reached = asyncio.Event()
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        relays = [] if way is None else [RTCIceServer(way.server.urls, way.server.username, way.server.credential)]
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=relays, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.sends: dict[Source, RTCRtpTransceiver] = {
            source: self._add(KINDS[source], "sendonly") for source in SEND_LINES
        }
        self.slots: list[tuple[RTCRtpTransceiver, RTCRtpTransceiver]] = [
            (self._add("audio", "recvonly"), self._add("video", "recvonly")) for _ in range(SLOTS)
        ]
        self._pc.on("connectionstatechange", self._state_changed)
        self._pc.on("iceconnectionstatechange", self._ice_changed)
        if way is not None and way.tls is not None:
            # aiortc knows only whether TLS is wanted; aioice would take the context that says whom to trust.
            ice = self.transport.transport.iceGatherer._connection
            if ice.turn_ssl:
                ice.turn_ssl = way.tls  # type: ignore[assignment]

    @property
    def transport(self) -> RTCDtlsTransport:
        """The one DTLS transport under all lines (BUNDLE, RFC 9143)."""
        return self.slots[0][0].receiver.transport

    async def offer(self) -> str:
        """The SDP offer."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return self._pc.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Applies the server's SDP answer and begins to connect.

        Raises:
            PeerError: the answer is malformed or does not fit the offer.
        """
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        except (
            ValueError,
            KeyError,
            IndexError,
            AssertionError,
            AttributeError,
            InvalidStateError,
            OperationError,
        ) as bad:
            # aiortc's SDP parser answers garbage with any of these.
            raise PeerError(str(bad)) from bad

    async def stats(self) -> Counters:
        """What all lines counted so far."""
        report = await self._pc.getStats()
        lines = [each for each in report.values() if each.type == "inbound-rtp"]
        transports = [each for each in report.values() if each.type == "transport"]
        return Counters(
            packets=sum(line.packetsReceived for line in lines),
            lost=sum(line.packetsLost for line in lines),
            bytes_in=sum(each.bytesReceived for each in transports),
            bytes_out=sum(each.bytesSent for each in transports),
        )

    async def close(self) -> None:
        """Ends the connection; may be called more than once."""
        await self._pc.close()
        self.closed.set()

    def _add(self, kind: str, direction: str) -> RTCRtpTransceiver:
        transceiver = self._pc.addTransceiver(kind, direction=direction)
        transceiver.setCodecPreferences(_codecs(kind))
        return transceiver

    def _ice_changed(self) -> None:
        if self._pc.iceConnectionState == "completed":
            self.reached.set()

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        log.info("peer", connection=self.number, state=state)
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed"):
            self.closed.set()
