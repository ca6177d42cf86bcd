"""The receive lines of a peer without decoders: whole coded frames and Opus packets, as they came.

aiortc always decodes what it receives, in one thread per line: twelve threads a participant, and the frames
themselves never seen. ReceiveLines takes the place of the twelve RTCRtpReceivers under the same transceivers and of
the transport's packet handler, with the duties a receiver has: receiver reports, NACK, picture loss indications.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, Protocol

from aiortc import RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtcpReceiverInfo, RtcpSrPacket, RtpPacket

from classroom_client.peer import Peer
from classroom_client.redundancy import RED_TYPE, Restorer
from classroom_client.rehearsal import rtp
from classroom_client.rehearsal.assemble import AccessUnit, Assembler
from classroom_client.rehearsal.shortcut import take_rtp

Kind = Literal["audio", "video"]
ASK_KEYFRAME_AGAIN_NS: Final = 500_000_000
Filter = Callable[[Kind, rtp.Packet], bool]
"""Whether a packet may pass on to the checks: always, except where a rehearsal is sabotaged."""


class Sink(Protocol):
    """Where what arrived is judged. shown_ns: when its sender says it was captured, None if unknown."""

    def video(self, slot: int, unit: AccessUnit, shown_ns: int | None) -> None:
        """A whole coded frame."""

    def audio(self, slot: int, packet: bytes, at_ns: int, shown_ns: int | None) -> None:
        """An Opus packet."""

    def foreign(self, slot: int, kind: Kind) -> None:
        """A packet of a codec that nobody in a rehearsal sends."""


@dataclass(eq=False)
class _Line:
    """One receive line: what is known of its stream. The transport keeps lines in a set, each by its identity."""

    slot: int
    kind: Kind
    clock_hz: int
    own_ssrc: int
    ssrc: int
    codecs: dict[int, str]
    rtx: dict[int, int]
    assembler: Assembler = field(default_factory=Assembler)
    restorer: Restorer = field(default_factory=Restorer)
    received: int = 0
    first: int | None = None
    highest: int = 0
    cycles: int = 0
    report: tuple[int, int, int] | None = None
    """The last sender report: NTP time, RTP timestamp, when it came (ns)."""
    before: tuple[int, int] = (0, 0)
    transit: int = 0
    jitter: float = 0.0
    asked_ns: int = 0

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """Called by the transport for sender reports of our SSRC."""
        if isinstance(packet, RtcpSrPacket):
            info = packet.sender_info
            self.report = (info.ntp_timestamp, info.rtp_timestamp, time.monotonic_ns())

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        """Called for a packet that the transport had taken up when its handler was replaced: it is asked for again."""

    def _handle_disconnect(self) -> None:
        """Called by the transport when it closes; the peer notices by itself."""

    def count(self, sequence: int, timestamp: int, now_ns: int) -> None:
        """Keeps the numbers of the receiver report (RFC 3550, appendices A.1 and A.8)."""
        self.received += 1
        transit = now_ns * self.clock_hz // 1_000_000_000 - timestamp
        if self.first is not None:
            moved = (transit - self.transit + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            self.jitter += (abs(moved) - self.jitter) / 16
        self.transit = transit
        if self.first is None:
            self.first = self.highest = sequence
        elif 0 < (sequence - self.highest) & 0xFFFF < 0x8000:
            self.cycles += sequence < self.highest
            self.highest = sequence

    def shown_ns(self, timestamp: int) -> int | None:
        """The instant of an RTP timestamp on the sender's NTP clock, ns (RFC 3550, section 6.4.1)."""
        if self.report is None:
            return None
        ntp, reference, _ = self.report
        ticks = (timestamp - reference + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return (ntp * 1_000_000_000 >> 32) + ticks * 1_000_000_000 // self.clock_hz

    def receiver_info(self, now_ns: int) -> RtcpReceiverInfo:
        """Our report block about this line (RFC 3550, section 6.4.2)."""
        assert self.first is not None
        expected = (self.cycles << 16) + self.highest - self.first + 1
        lost = expected - self.received
        expected_now, received_now = expected - self.before[0], self.received - self.before[1]
        self.before = (expected, self.received)
        fraction = max(0, expected_now - received_now) * 256 // expected_now if expected_now > 0 else 0
        middle, delay = 0, 0
        if self.report is not None:
            middle = self.report[0] >> 16 & 0xFFFFFFFF
            delay = (now_ns - self.report[2]) * 65536 // 1_000_000_000
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=min(fraction, 255),
            packets_lost=max(-(1 << 23), min(lost, (1 << 23) - 1)),
            highest_sequence=(self.cycles << 16) + self.highest,
            jitter=int(self.jitter),
            lsr=middle,
            dlsr=delay,
        )


class ReceiveLines:
    """All receive lines of one peer. `may_pass` sees every packet before anything else is done with it."""

    def __init__(self, peer: Peer, sink: Sink, may_pass: Filter) -> None:
        self._peer = peer
        self._sink = sink
        self._may_pass = may_pass
        self.last_ns = time.monotonic_ns()
        """When the last packet came."""
        self._lines: dict[int, _Line] = {}
        self._rtx: dict[int, _Line] = {}
        for slot, pair in enumerate(peer.slots):
            kinds: tuple[Kind, Kind] = ("audio", "video")
            for kind, transceiver in zip(kinds, pair, strict=True):
                start = partial(self._open, slot, kind, transceiver)
                transceiver.receiver.receive = start  # type: ignore[method-assign]

    async def tick(self) -> None:
        """Asks again for what is missing; called about every 50 ms."""
        now_ns = time.monotonic_ns()
        for line in self._lines.values():
            if line.kind == "video" and line.received:
                self._deliver(line, line.assembler.give_up(now_ns))
                await self._ask(line, now_ns)

    async def report(self) -> None:
        """Sends a receiver report on every line that received; called about once a second."""
        now_ns = time.monotonic_ns()
        lines = [line for line in self._lines.values() if line.received]
        if lines:
            blocks = [line.receiver_info(now_ns) for line in lines]
            await self._put(rtp.receiver_report(lines[0].own_ssrc, blocks))

    async def _open(
        self, slot: int, kind: Kind, transceiver: RTCRtpTransceiver, parameters: RTCRtpReceiveParameters
    ) -> None:
        """Takes the place of RTCRtpReceiver.receive: what was negotiated is known and the transport is connected."""
        if not parameters.encodings:
            return
        line = _Line(
            slot=slot,
            kind=kind,
            clock_hz=parameters.codecs[0].clockRate,
            own_ssrc=transceiver.sender._ssrc,
            ssrc=parameters.encodings[0].ssrc,
            codecs={codec.payloadType or 0: codec.name for codec in parameters.codecs},
            rtx={c.payloadType or 0: int(str(c.parameters["apt"])) for c in parameters.codecs if c.name == "rtx"},
        )
        self._lines[line.ssrc] = line
        for encoding in parameters.encodings:
            if encoding.rtx is not None:
                self._rtx[encoding.rtx.ssrc] = line
        transport = transceiver.receiver.transport
        transport._register_rtp_receiver(line, parameters)
        if len(self._lines) == 1:
            take_rtp(transport, self._arrived)

    def _arrived(self, data: bytes, now_ns: int) -> None:
        """One decrypted RTP packet."""
        packet = rtp.parse(data)
        if packet is None:
            return
        self._peer.note(data, now_ns)
        self.last_ns = now_ns
        line = self._lines.get(packet.ssrc)
        if line is not None:
            line.count(packet.sequence, packet.timestamp, now_ns)
        elif (line := self._rtx.get(packet.ssrc)) is not None:
            original = line.rtx.get(packet.payload_type)
            packet = None if original is None else rtp.undo_rtx(packet, original, line.ssrc)
        if line is not None and packet is not None and self._may_pass(line.kind, packet):
            self._take(line, packet, now_ns)

    def _take(self, line: _Line, packet: rtp.Packet, now_ns: int) -> None:
        codec = line.codecs.get(packet.payload_type)
        if line.kind == "audio" and (codec == "opus" or packet.payload_type == RED_TYPE):
            self._hear(line, packet, now_ns)
        elif line.kind == "audio":
            self._sink.foreign(line.slot, "audio")
        elif codec == "H264":
            self._deliver(line, line.assembler.push(packet, now_ns))
        else:
            self._sink.foreign(line.slot, "video")

    def _hear(self, line: _Line, packet: rtp.Packet, now_ns: int) -> None:
        """What it carries of earlier packets was heard now, if they did not come by themselves."""
        take = line.restorer.red if packet.payload_type == RED_TYPE else line.restorer.plain
        for sound in take(packet.sequence, packet.timestamp, packet.payload):
            self._sink.audio(line.slot, sound.payload, now_ns, line.shown_ns(sound.timestamp))

    def _deliver(self, line: _Line, units: list[AccessUnit]) -> None:
        for unit in units:
            self._sink.video(line.slot, unit, line.shown_ns(unit.timestamp))

    async def _ask(self, line: _Line, now_ns: int) -> None:
        missing = line.assembler.missing(now_ns)
        if missing:
            await self._put(rtp.negative_acknowledgement(line.own_ssrc, line.ssrc, missing))
        if line.assembler.wants_keyframe and now_ns - line.asked_ns > ASK_KEYFRAME_AGAIN_NS:
            line.asked_ns = now_ns
            await self._put(rtp.picture_loss(line.own_ssrc, line.ssrc))

    async def _put(self, data: bytes) -> None:
        try:
            await self._peer.transport._send_rtp(data)
        except ConnectionError:
            # The peer's own state tells the same; whoever watches it builds a new one.
            return
