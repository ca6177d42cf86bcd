"""RTCP: what peers tell us, and what we tell them (RFC 3550 section 6, RFC 4585, RFC 5104, REMB of
draft-alvestrand-rmcat-remb, transport-wide feedback of draft-holmer-rmcat-transport-wide-cc-extensions).

Parsing skips what it does not know and stops at the first malformed packet of a compound: `parse` never raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct

from msgspec import Struct as Record

SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
NACK_FORMAT, TRANSPORT_FORMAT = 1, 15
PLI_FORMAT, FIR_FORMAT, APPLICATION_FORMAT = 1, 4, 15
MAX_NACKED = 200
"""Sequence numbers taken from one NACK: more is an attack or a line beyond repair (a keyframe is cheaper)."""

MAX_TOLD = 2048
"""Packets that the transport-wide feedback of one compound may tell of."""
TICK_US = 250
"""Microseconds of a tick of transport-wide feedback; its reference time counts 256 of them."""

_COMMON = Struct("!BBH")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IB3sIIII")
_TWO = Struct("!II")
_NACK = Struct("!HH")


class SenderReport(Record, frozen=True):
    """ntp: 64-bit NTP timestamp of the sender's clock; rtp: the same instant in RTP ticks."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int


class ReportBlock(Record, frozen=True):
    """What a receiver says of one of our streams. fraction_lost is in 1/256; last_sr and delay in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


class Nack(Record, frozen=True):
    """Sequence numbers that `ssrc` lost on its way, at most MAX_NACKED."""

    ssrc: int
    lost: list[int]


class KeyframeWanted(Record, frozen=True):
    """A PLI or a FIR for `ssrc`."""

    ssrc: int


class Estimate(Record, frozen=True):
    """A REMB: what the peer can receive in all."""

    bitrate_bps: int


class TransportFeedback(Record, frozen=True):
    """When packets came, from the transport-wide number `first` on: ticks of the receiver's clock; None: not yet."""

    first: int
    arrivals: list[int | None]


Feedback = SenderReport | ReportBlock | Nack | KeyframeWanted | Estimate | TransportFeedback


def parse(data: bytes) -> list[Feedback]:
    """What a compound (or reduced-size, RFC 5506) packet says, in order."""
    found: list[Feedback] = []
    at = 0
    while at + 8 <= len(data):
        first, kind, words = _COMMON.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first & 0xC0 != 0x80 or words < 1 or end > len(data):
            break
        body = data[at + 4 : end]
        if kind in (SR, RR):
            _parse_report(kind, first & 0x1F, body, found)
        elif kind == RTPFB and first & 0x1F == NACK_FORMAT:
            _parse_nack(body, found)
        elif kind == RTPFB and first & 0x1F == TRANSPORT_FORMAT:
            _parse_transport(body, found)
        elif kind == PSFB:
            _parse_payload_feedback(first & 0x1F, body, found)
        at = end
    return found


def _parse_report(kind: int, count: int, body: bytes, found: list[Feedback]) -> None:
    at = 4
    if kind == SR:
        if len(body) < _SENDER.size:
            return
        found.append(SenderReport(*_SENDER.unpack_from(body, 0)))
        at = _SENDER.size
    for _ in range(count):
        if at + _BLOCK.size > len(body):
            return
        ssrc, fraction, lost, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
        total = int.from_bytes(lost, "big", signed=True)
        found.append(ReportBlock(ssrc, fraction, total, highest, jitter, last_sr, delay))
        at += _BLOCK.size


def _parse_nack(body: bytes, found: list[Feedback]) -> None:
    if len(body) < 8:
        return
    lost: list[int] = []
    for at in range(8, len(body) - 3, 4):
        first, mask = _NACK.unpack_from(body, at)
        lost.append(first)
        lost.extend(first + bit + 1 & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(lost) >= MAX_NACKED:
            break
    found.append(Nack(_TWO.unpack_from(body, 0)[1], lost[:MAX_NACKED]))


def _parse_transport(body: bytes, found: list[Feedback]) -> None:
    """Section 3.1 of the draft: chunks of statuses (0 not received, 1 small delta, 2 large delta), then the deltas."""
    if len(body) < 16:
        return
    first, count = _NACK.unpack_from(body, 8)
    statuses: list[int] = []
    at = 16
    told = sum(len(one.arrivals) for one in found if isinstance(one, TransportFeedback))
    if told + count > MAX_TOLD:
        return
    while len(statuses) < count:
        if at + 2 > len(body):
            return
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if not chunk & 0x8000:
            statuses += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(statuses))
        elif chunk & 0x4000:
            statuses += [chunk >> 12 - 2 * place & 3 for place in range(7)]
        else:
            statuses += [chunk >> 13 - place & 1 for place in range(14)]
    arrivals = _arrivals(body, at, int.from_bytes(body[12:15], "big", signed=True) * 256, statuses[:count])
    if arrivals:
        found.append(TransportFeedback(first, arrivals))


def _arrivals(body: bytes, at: int, tick: int, statuses: list[int]) -> list[int | None]:
    """Empty if the packet is cut short."""
    arrivals: list[int | None] = []
    for status in statuses:
        if status == 1 and at < len(body):
            tick, at = tick + body[at], at + 1
            arrivals.append(tick)
        elif status == 2 and at + 2 <= len(body):
            tick, at = tick + int.from_bytes(body[at : at + 2], "big", signed=True), at + 2
            arrivals.append(tick)
        elif status in (1, 2):
            return []
        else:
            arrivals.append(None)
    return arrivals


def _parse_payload_feedback(form: int, body: bytes, found: list[Feedback]) -> None:
    if len(body) < 8:
        return
    if form == PLI_FORMAT:
        found.append(KeyframeWanted(_TWO.unpack_from(body, 0)[1]))
    elif form == FIR_FORMAT:
        found.extend(KeyframeWanted(_TWO.unpack_from(body, at)[0]) for at in range(8, len(body) - 7, 8))
    elif form == APPLICATION_FORMAT and len(body) >= 16 and body[8:12] == b"REMB":
        mantissa = (body[13] & 0x03) << 16 | body[14] << 8 | body[15]
        found.append(Estimate(mantissa << (body[13] >> 2)))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _COMMON.pack(0x80 | count, kind, len(body) // 4) + body


def sender_report(report: SenderReport) -> bytes:
    """An SR without report blocks."""
    return _packet(SR, 0, _SENDER.pack(report.ssrc, report.ntp, report.rtp, report.packets, report.octets))


def receiver_report(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """An RR from `ssrc`; at most 31 blocks."""
    body = ssrc.to_bytes(4, "big")
    for block in blocks[:31]:
        lost = max(-0x800000, min(block.lost, 0x7FFFFF)).to_bytes(3, "big", signed=True)
        body += _BLOCK.pack(
            block.ssrc, block.fraction_lost, lost, block.highest, block.jitter, block.last_sr, block.delay
        )
    return _packet(RR, min(len(blocks), 31), body)


def cname(ssrc: int, name: bytes) -> bytes:
    """An SDES packet with one chunk and one CNAME; one chunk a packet, because receivers differ on chunk padding."""
    chunk = ssrc.to_bytes(4, "big") + bytes((1, len(name))) + name
    return _packet(SDES, 1, chunk + bytes(4 - len(chunk) % 4))


def nack(sender: int, media: int, lost: Iterable[int]) -> bytes:
    """A generic NACK (RFC 4585, section 6.2.1) for 16-bit sequence numbers in rising order."""
    pairs: list[list[int]] = []
    for sequence in lost:
        ahead = (sequence - pairs[-1][0] - 1) & 0xFFFF if pairs else 0xFFFF
        if ahead < 16:
            pairs[-1][1] |= 1 << ahead
        else:
            pairs.append([sequence, 0])
    return _packet(RTPFB, NACK_FORMAT, _TWO.pack(sender, media) + b"".join(_NACK.pack(*pair) for pair in pairs))


def picture_loss(sender: int, media: int) -> bytes:
    """A PLI (RFC 4585, section 6.3.1)."""
    return _packet(PSFB, PLI_FORMAT, _TWO.pack(sender, media))


def estimate(sender: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """A REMB over `ssrcs`."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    head = b"REMB" + bytes((len(ssrcs), exponent << 2 | mantissa >> 16)) + (mantissa & 0xFFFF).to_bytes(2, "big")
    return _packet(
        PSFB, APPLICATION_FORMAT, _TWO.pack(sender, 0) + head + b"".join(s.to_bytes(4, "big") for s in ssrcs)
    )
