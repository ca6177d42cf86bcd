"""The one peer connection of this client: a fixed set of lines, one offer and one answer in its whole life.

The lines are those of every offer in the system (signaling.messages.SEND_LINES, then SLOTS pairs of receive lines,
audio then video). A broken peer is never mended: a new one takes its place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog
from aioice import Candidate
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

from classroom_client import consent
from classroom_client.feedback import EVERY_S, Arrivals, asking, number_of
from classroom_client.ice_tcp import passive, try_tcp
from classroom_client.line import Counters
from classroom_client.redundancy import offering
from classroom_client.unbroken import Unbroken
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


TCP_MOST: Final = 4
"""Addresses of the server that are tried by TCP where UDP does not answer."""


class PeerError(Exception):
    """The answer of the server does not fit our offer, or this peer is already closed."""

    code = "bad_answer"


def beside(answer: str, address: str) -> str:
    """An SDP answer with only the candidates of the network (/24) that `address` is in."""
    near = f" {address.rpartition('.')[0]}."
    rows = answer.split("\r\n")
    return "\r\n".join(row for row in rows if not row.startswith("a=candidate:") or near in row)


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

    tells: the server is told when each packet came (transport-wide feedback). beside: told what comes on the data
    channel (docs/weak-lines.md), which there is only with it. `reached` is set once a check was answered, `connected`
    once media can flow, `closed` once it never will again.
    """

    def __init__(
        self, number: int, way: Way = None, *, tells: bool = True, beside: Callable[[bytes], None] | None = None
    ) -> None:
        self.number = number
        self.reached = asyncio.Event()
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        self._tells = tells
        self._arrivals: Arrivals | None = None
        self._unbroken: Unbroken | None = None
        self._straight = way is None
        self._beside: list[asyncio.Task[None]] = []
        relays = [] if way is None else [RTCIceServer(way.server.urls, way.server.username, way.server.credential)]
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=relays, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.sends: dict[Source, RTCRtpTransceiver] = {
            source: self._add(KINDS[source], "sendonly") for source in SEND_LINES
        }
        self.slots: list[tuple[RTCRtpTransceiver, RTCRtpTransceiver]] = [
            (self._add("audio", "recvonly"), self._add("video", "recvonly")) for _ in range(SLOTS)
        ]
        if beside is not None:
            self._listen(beside)
        self._pc.on("connectionstatechange", self._state_changed)
        self._pc.on("iceconnectionstatechange", self._ice_changed)
        ice = self.transport.transport.iceGatherer._connection
        ice.query_consent = lambda: consent.keep(ice)  # type: ignore[method-assign]
        if way is not None and way.tls is not None and ice.turn_ssl:
            # aiortc knows only whether TLS is wanted; aioice would take the context that says whom to trust.
            ice.turn_ssl = way.tls  # type: ignore[assignment]

    @property
    def transport(self) -> RTCDtlsTransport:
        """The one DTLS transport under all lines (BUNDLE, RFC 9143)."""
        return self.slots[0][0].receiver.transport

    async def offer(self) -> str:
        """The SDP offer."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        sdp = offering(self._pc.localDescription.sdp)
        return asking(sdp) if self._tells else sdp

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
        if self._straight:
            ice = self.transport.transport.iceGatherer._connection
            self._beside += [asyncio.create_task(try_tcp(ice, each)) for each in passive(answer)[:TCP_MOST]]

    def send_from(self, address: str) -> None:
        """Media goes out from this address of ours alone; call it before the offer."""
        ice = self.transport.transport.iceGatherer._connection
        gather = ice.get_component_candidates

        async def get_component_candidates(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
            return list(await gather(component, [address], timeout))

        ice.get_component_candidates = get_component_candidates  # type: ignore[method-assign]

    @property
    def over_tcp(self) -> bool:
        """Whether the connection goes by TCP to the media port."""
        pair = self.transport.transport.iceGatherer._connection._nominated.get(1)
        return pair is not None and bool(pair.local_candidate.transport.lower() == "tcp")

    async def stats(self) -> Counters:
        """What all lines counted so far."""
        report = await self._pc.getStats()
        lines = [each for each in report.values() if each.type == "inbound-rtp"]
        transports = [each for each in report.values() if each.type == "transport"]
        mended = 0 if self._unbroken is None else self._unbroken.mended
        return Counters(
            packets=sum(line.packetsReceived for line in lines) - mended,
            lost=sum(line.packetsLost for line in lines) + mended,
            bytes_in=sum(each.bytesReceived for each in transports),
            bytes_out=sum(each.bytesSent for each in transports),
        )

    async def close(self) -> None:
        """Ends the connection; may be called more than once."""
        for task in self._beside:
            task.cancel()
        await self._pc.close()
        self.closed.set()

    def _add(self, kind: str, direction: str) -> RTCRtpTransceiver:
        transceiver = self._pc.addTransceiver(kind, direction=direction)
        transceiver.setCodecPreferences(_codecs(kind))
        return transceiver

    def _listen(self, beside: Callable[[bytes], None]) -> None:
        """The server sends a message again if it must: here nothing waits for what was lost."""
        channel = self._pc.createDataChannel("beside", negotiated=True, id=0, ordered=False, maxRetransmits=0)

        def came(message: bytes | str) -> None:
            if isinstance(message, bytes):
                beside(message)

        channel.on("message", came)

    def _ice_changed(self) -> None:
        if self._pc.iceConnectionState == "completed":
            self.reached.set()

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        log.info("peer", connection=self.number, state=state)
        if state == "connected":
            self._begin_reading()
            self.connected.set()
        elif state in ("failed", "closed"):
            self.closed.set()

    def note(self, packet: bytes, now_ns: int) -> None:
        """A decrypted RTP packet came, on the monotonic clock; for whoever takes packets past aiortc's receivers."""
        number = number_of(packet) if self._arrivals is not None else None
        if number is not None and self._arrivals is not None:
            self._arrivals.arrived(number, now_ns)

    def _begin_reading(self) -> None:
        """Sees each packet before aiortc's receivers do."""
        if self._unbroken is not None:
            return
        unbroken = self._unbroken = Unbroken(self.slots[0][0]._codecs[0].payloadType or 0)
        transport, onward = self.transport, self.transport._handle_rtp_data

        async def handle_rtp_data(data: bytes, arrival_time_ms: int) -> None:
            self.note(data, time.monotonic_ns())
            for packet in unbroken.packets(data):
                await onward(packet, arrival_time_ms=arrival_time_ms)

        transport._handle_rtp_data = handle_rtp_data  # type: ignore[method-assign]
        if self._tells:
            self._arrivals = Arrivals(self.slots[0][0].sender._ssrc)
            self._beside.append(asyncio.create_task(self._tell(self._arrivals)))

    async def _tell(self, arrivals: Arrivals) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            for packet in arrivals.take():
                try:
                    await self.transport._send_rtp(packet)
                except ConnectionError:
                    return  # closed: a new peer tells from now on
