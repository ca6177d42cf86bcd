"""A send line that costs little: footage packetized once, sent without a task, a thread or an encoder of its own.

aiortc's RTCRtpSender polls its track 50 times a second even when there is none, and packetizes each frame anew; forty
participants of six send lines each would spend their time on that. A SendLine takes its place under the same
transceiver: the same SSRCs and payload types as in the offer, the same transport.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiortc import RTCRtpTransceiver
from aiortc.clock import current_ntp_time
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import RTCP_PSFB_APP, AnyRtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket, unpack_remb_fci

from classroom_client.rehearsal import rtp
from classroom_client.rehearsal.shortcut import rtp_sender

HISTORY: Final = 512
"""Packets kept for retransmission."""
_MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_FIRST_SEQUENCE: Final = 1000
"""Far from the wrap: the first packets may be lost (RFC 3711, section 3.3.1, on guessing the rollover counter)."""


async def leave_idle(_parameters: RTCRtpSendParameters) -> None:
    """Takes the place of RTCRtpSender.send on a line that carries nothing."""


class SendLine:
    """One send line of one peer.

    `ready` once the peer is connected; `keyframe_wanted` is set by PLI and FIR; `allowed_bps` is what the server says
    the whole connection may send (draft-alvestrand-rmcat-remb), None until it does.
    """

    def __init__(self, transceiver: RTCRtpTransceiver, clock_hz: int, cname: str) -> None:
        self.ready = False
        self.keyframe_wanted = False
        self.allowed_bps: int | None = None
        self._ssrc = transceiver.sender._ssrc
        self._rtx_ssrc = transceiver.sender._rtx_ssrc
        self.clock_hz = clock_hz
        self._cname = cname
        self._transceiver = transceiver
        self._transport: RTCDtlsTransport = transceiver.sender.transport
        self._transmit: Callable[[bytes], bool] = lambda _packet: False
        self._payload_type = 0
        self._rtx_payload_type: int | None = None
        self._mid: tuple[int, bytes] | None = None
        self._send_time_id: int | None = None
        self._sequence = _FIRST_SEQUENCE
        self._rtx_sequence = _FIRST_SEQUENCE
        self._sent: dict[int, rtp.Packet] = {}
        self._packets = self._octets = 0
        transceiver.sender.send = self._start  # type: ignore[method-assign]

    def send(self, timestamp: int, payloads: list[bytes]) -> None:
        """Sends one frame's payloads; the last one bears the marker. timestamp: RTP ticks."""
        if not self.ready:
            return
        last = len(payloads) - 1
        for position, payload in enumerate(payloads):
            packet = rtp.Packet(
                self._payload_type, position == last, self._sequence, timestamp & 0xFFFFFFFF, self._ssrc, payload
            )
            self._sent[self._sequence % HISTORY] = packet
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
            self._put(packet)

    async def report(self, timestamp: int) -> None:
        """Sends a sender report; timestamp: what an RTP timestamp taken now would be."""
        if self.ready and self._packets:
            report = rtp.sender_report(
                self._ssrc, self._cname, current_ntp_time(), timestamp & 0xFFFFFFFF, self._packets, self._octets
            )
            try:
                await self._transport._send_rtp(report)
            except ConnectionError:
                self.ready = False

    async def _start(self, parameters: RTCRtpSendParameters) -> None:
        """Takes the place of RTCRtpSender.send: what was negotiated is known and the transport is connected."""
        self._transport = self._transceiver.sender.transport
        self._payload_type = parameters.codecs[0].payloadType or 0
        for codec in parameters.codecs:
            if codec.name == "rtx" and codec.parameters.get("apt") == self._payload_type:
                self._rtx_payload_type = codec.payloadType
        for extension in parameters.headerExtensions:
            if extension.uri == _MID:
                self._mid = (extension.id, parameters.muxId.encode())
            elif extension.uri == _SEND_TIME:
                self._send_time_id = extension.id
        self._transport._register_rtp_sender(self, parameters)
        self._transmit = rtp_sender(self._transport)
        self.ready = True

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """Called by the transport for feedback on our SSRC."""
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == rtp.NACK:
            for sequence in packet.lost:
                self._retransmit(sequence)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (rtp.PLI, rtp.FIR):
            self.keyframe_wanted = True
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            with suppress(ValueError):
                self.allowed_bps = unpack_remb_fci(packet.fci)[0]

    def _retransmit(self, sequence: int) -> None:
        packet = self._sent.get(sequence % HISTORY)
        if packet is None or packet.sequence != sequence or self._rtx_payload_type is None:
            return
        again = rtp.rtx(packet, self._rtx_payload_type, self._rtx_ssrc, self._rtx_sequence)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        self._put(again)

    def _put(self, packet: rtp.Packet) -> None:
        self.ready = self.ready and self._transmit(rtp.build(packet, self._mid, self._send_time_id))
