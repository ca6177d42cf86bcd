"""RTP and RTCP as a synthetic participant needs them: fixed layouts, no objects at packet rate."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from aiortc.clock import current_ntp_time
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

_FIXED: Final = struct.Struct("!BBHII")
_EXTENSION: Final = struct.Struct("!HH")
_ONE_BYTE_EXTENSIONS: Final = 0xBEDE
NACK: Final = 1
PLI: Final = 1
FIR: Final = 4


class Packet(NamedTuple):
    """A received RTP packet (RFC 3550, section 5.1) without its extensions and padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """The packet in `data`; None when it is cut or malformed."""
    if len(data) < 12:
        return None
    flags, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    start, end = 12 + 4 * (flags & 0x0F), len(data)
    if flags & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * _EXTENSION.unpack_from(data, start)[1]
    if flags & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return Packet(second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, data[start:end])


def undo_rtx(packet: Packet, payload_type: int, ssrc: int) -> Packet | None:
    """The packet that an RTX packet (RFC 4588, section 4) carries; None for a probe without one."""
    if len(packet.payload) <= 2:
        return None
    sequence = int.from_bytes(packet.payload[:2], "big")
    return Packet(payload_type, packet.marker, sequence, packet.timestamp, ssrc, packet.payload[2:])


def build(packet: Packet, mid: tuple[int, bytes] | None, send_time_id: int | None) -> bytes:
    """The bytes of a packet with its MID and the time now as one-byte header extensions (RFC 8285, section 4.2).

    mid: extension id and value, None where not negotiated. send_time_id: id of abs-send-time, 24 bits in 1/2^18 s.
    """
    extensions = b""
    if mid is not None:
        extensions += bytes([mid[0] << 4 | len(mid[1]) - 1]) + mid[1]
    if send_time_id is not None:
        extensions += bytes([send_time_id << 4 | 2]) + (current_ntp_time() >> 14 & 0xFFFFFF).to_bytes(3, "big")
    second = packet.payload_type | (0x80 if packet.marker else 0)
    if not extensions:
        return _FIXED.pack(0x80, second, packet.sequence, packet.timestamp, packet.ssrc) + packet.payload
    extensions += bytes(-len(extensions) % 4)
    fixed = _FIXED.pack(0x90, second, packet.sequence, packet.timestamp, packet.ssrc)
    return fixed + _EXTENSION.pack(_ONE_BYTE_EXTENSIONS, len(extensions) // 4) + extensions + packet.payload


def rtx(packet: Packet, payload_type: int, ssrc: int, sequence: int) -> Packet:
    """`packet` wrapped for retransmission (RFC 4588, section 4)."""
    payload = packet.sequence.to_bytes(2, "big") + packet.payload
    return Packet(payload_type, packet.marker, sequence, packet.timestamp, ssrc, payload)


def sender_report(ssrc: int, cname: str, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A sender report and source description (RFC 3550, 6.4.1 and 6.5). ntp: 64 bits; timestamp: RTP ticks."""
    info = RtcpSenderInfo(ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    description = RtcpSdesPacket(chunks=[RtcpSourceInfo(ssrc=ssrc, items=[(1, cname.encode())])])
    return bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info)) + bytes(description)


def receiver_report(ssrc: int, reports: list[RtcpReceiverInfo]) -> bytes:
    """A receiver report (RFC 3550, section 6.4.2)."""
    return bytes(RtcpRrPacket(ssrc=ssrc, reports=reports))


def picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """A picture loss indication (RFC 4585, section 6.3.1)."""
    return bytes(RtcpPsfbPacket(fmt=PLI, ssrc=ssrc, media_ssrc=media_ssrc))


def negative_acknowledgement(ssrc: int, media_ssrc: int, lost: list[int]) -> bytes:
    """A generic NACK (RFC 4585, section 6.2.1) for sequence numbers in order."""
    packet = RtcpRtpfbPacket(fmt=NACK, ssrc=ssrc, media_ssrc=media_ssrc)
    packet.lost = lost
    return bytes(packet)
