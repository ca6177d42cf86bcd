"""A plane with peers in memory: every datagram is real SRTP, the clock is a number, nothing sleeps."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from typing import Any

from pylibsrtp import Error, Policy, Session

from server.media import rtcp
from server.media.egress import MAX_RUN_BYTES
from server.media.plane import (
    Codec,
    EventKind,
    Kind,
    PayloadType,
    RouteSpec,
    SourceSpec,
    SrtpKeys,
    TapPacket,
)
from server.media.python_plane import PythonPlane
from server.media.rtp import header_extensions, payload_bounds
from server.media.srtp import PacketBuffer
from server.media.timeline import ntp_from_ns

MS = 1_000_000
SECOND = 1_000 * MS
MID, RID, RRID, SEND_TIME = 4, 10, 11, 2
OPUS = PayloadType(111, Codec.OPUS, 48_000)
VP8 = PayloadType(96, Codec.VP8, 90_000, 97)
H264 = PayloadType(108, Codec.H264, 90_000, 109)
RED = PayloadType(64, Codec.RED, 48_000)
OTHER_OPUS = PayloadType(63, Codec.OPUS, 48_000)
OTHER_VP8 = PayloadType(120, Codec.VP8, 90_000, 121)
OTHER_H264 = PayloadType(35, Codec.H264, 90_000, 36)


@dataclass(frozen=True)
class Rtp:
    """A packet as an end sees it."""

    pt: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    extensions: dict[int, bytes] = field(default_factory=dict)


class Wire:
    """Keeps what the plane sends, by flow."""

    def __init__(self) -> None:
        self.buffer = PacketBuffer(MAX_RUN_BYTES + 2048)
        self.sent: dict[int, list[bytes]] = {}
        self.runs: list[tuple[int, int]] = []
        self.forgotten: set[int] = set()

    def send_run(self, flow: int, size: int, datagram: int) -> None:
        self.runs.append((size, datagram))
        for at in range(0, size, datagram):
            self.send(flow, bytes(self.buffer.view[at : min(at + datagram, size)]))

    def send(self, flow: int, data: bytes) -> None:
        self.sent.setdefault(flow, []).append(data)

    def forget(self, flow: int) -> None:
        self.forgotten.add(flow)


class World:
    """One plane, its clock, its events and its peers."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * SECOND
        self.wire = Wire()
        self.events: list[tuple[EventKind, int, dict[str, int]]] = []
        self.control: list[tuple[int, bytes]] = []
        self.batches: list[list[TapPacket]] = []
        self.plane = PythonPlane(
            self.wire,
            lambda flow, data: self.control.append((flow, data)),
            lambda kind, peer, **ints: self.events.append((kind, peer, ints)),
            lambda batch: self.batches.append(list(batch)),
            clock=lambda: self.now_ns,
        )
        self._ids = iter(range(1, 100_000))

    def new_id(self) -> int:
        return next(self._ids)

    def pass_time(self, ns: int) -> None:
        """Moves the clock, ticking whenever the plane asked to be."""
        end = self.now_ns + ns
        while self.plane.next_tick_ns() <= end:
            self.now_ns = max(self.now_ns, self.plane.next_tick_ns())
            self.plane.tick()
        self.now_ns = end

    def of_kind(self, kind: EventKind) -> list[dict[str, int]]:
        return [ints for one, _, ints in self.events if one is kind]

    def end(self, *, ready: bool = True, max_pps: int = 1_000_000) -> End:
        peer = self.new_id()
        self.plane.open_peer(peer, max_in_bps=8_000_000_000, max_in_pps=max_pps)
        end = End(self, peer)
        if ready:
            end.become_ready()
        return end


class End:
    """One peer outside the plane: encrypts what it sends, decrypts what it gets."""

    def __init__(self, world: World, peer: int) -> None:
        self.world = world
        self.peer = peer
        self.flow = world.new_id()
        key = peer.to_bytes(4, "big") * 7
        self.keys = SrtpKeys("SRTP_AEAD_AES_128_GCM", rx=key, tx=key[::-1])
        self._out = _session(key, Policy.SSRC_ANY_OUTBOUND)
        self._in = _session(key[::-1], Policy.SSRC_ANY_INBOUND)
        self.refused = 0
        self.rtcp: list[Any] = []
        self.compounds: list[bytes] = []

    def become_ready(self) -> None:
        self.world.plane.bind_flow(self.flow, self.peer)
        self.world.plane.select_flow(self.peer, self.flow)
        self.world.plane.install_keys(self.peer, self.keys)

    def source(
        self, *types: PayloadType, ssrc: int | None = None, rtx_ssrc: int | None = None, mid: str = "0", rid: str = ""
    ) -> int:
        source = self.world.new_id()
        kind = Kind.AUDIO if types[0].codec is Codec.OPUS else Kind.VIDEO
        spec = SourceSpec(
            source=source, peer=self.peer, kind=kind, mid=mid, rid=rid, payload_types=types, ssrc=ssrc,
            rtx_ssrc=rtx_ssrc, mid_id=MID, rid_id=RID, rrid_id=RRID, abs_send_time_id=SEND_TIME,
        )  # fmt: skip
        self.world.plane.add_source(spec)
        return source

    def route(
        self,
        *types: PayloadType,
        ssrc: int,
        rtx_ssrc: int | None = None,
        extension: int | None = 3,
        numbered: int | None = None,
    ) -> int:
        route = self.world.new_id()
        kind = Kind.AUDIO if types[0].codec is Codec.OPUS else Kind.VIDEO
        self.world.plane.add_route(
            RouteSpec(
                route=route,
                peer=self.peer,
                kind=kind,
                ssrc=ssrc,
                payload_types=types,
                cname="tongke",
                rtx_ssrc=rtx_ssrc,
                abs_send_time_id=extension,
                transport_sequence_id=numbered,
            )
        )
        return route

    def protect(self, packet: Rtp) -> bytes:
        return self._out.protect(encode(packet))

    def send(self, *packets: Rtp) -> None:
        for packet in packets:
            self.world.plane.inject(self.flow, self.protect(packet))

    def send_together(self, *packets: Rtp) -> None:
        """As one read of the socket."""
        buffer = PacketBuffer(2048 * len(packets))
        sizes = []
        for at, packet in enumerate(packets):
            data = self.protect(packet)
            buffer.view[at * 2048 : at * 2048 + len(data)] = data
            sizes.append(len(data))
        self.world.plane.receive(sizes, [self.flow] * len(packets), buffer, 2048)

    def send_rtcp(self, compound: bytes) -> None:
        self.world.plane.inject(self.flow, self._out.protect_rtcp(compound))

    def report(self, ssrc: int, wall_ns: int, timestamp: int) -> None:
        """A sender report: `timestamp` was captured at `wall_ns` of the sender's own clock."""
        self.send_rtcp(rtcp.sender_report(rtcp.SenderReport(ssrc, ntp_from_ns(wall_ns), timestamp, 1, 1)))

    def received(self) -> list[Rtp]:
        """RTP that has come since the last call; RTCP goes to `rtcp`."""
        packets = []
        for data in self.world.wire.sent.pop(self.flow, []):
            try:
                if 192 <= data[1] <= 223:
                    self.compounds.append(self._in.unprotect_rtcp(data))
                    self.rtcp.extend(rtcp.parse(self.compounds[-1]))
                else:
                    packets.append(decode(self._in.unprotect(data)))
            except Error:
                self.refused += 1
        return packets

    def heard(self, kind: type) -> list[Any]:
        """RTCP of one kind that has come since the last call."""
        self.received()
        found = [one for one in self.rtcp if isinstance(one, kind)]
        self.rtcp.clear()
        return found


def _session(key: bytes, direction: int) -> Session:
    policy = Policy(key, direction, 0, Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.window_size = 4096
    policy.allow_repeat_tx = True
    return Session(policy)


def encode(packet: Rtp) -> bytes:
    block = b"".join(bytes((key << 4 | len(value) - 1,)) + value for key, value in packet.extensions.items())
    block += bytes(-len(block) % 4)
    head = struct.pack(
        "!BBHII",
        0x90 if block else 0x80,
        packet.marker << 7 | packet.pt,
        packet.sequence & 0xFFFF,
        packet.timestamp & 0xFFFFFFFF,
        packet.ssrc,
    )
    return head + (struct.pack("!HH", 0xBEDE, len(block) // 4) + block if block else b"") + packet.payload


def decode(data: bytes) -> Rtp:
    bounds = payload_bounds(data, 0, len(data))
    assert bounds is not None
    _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    return Rtp(
        second & 0x7F,
        bool(second & 0x80),
        sequence,
        timestamp,
        ssrc,
        data[bounds[0] : bounds[1]],
        header_extensions(data, 0, len(data)),
    )


def h264(sequence: int, timestamp: int, ssrc: int, *, key: bool = False, size: int = 100, pt: int = 108) -> Rtp:
    """A packet of a picture: with SPS in an aggregate if `key`, else a slice; its number is in its last bytes."""
    body = (b"\x18\x00\x02\x67\x42" if key else b"\x61\x00") + bytes(size) + struct.pack("!I", sequence)
    return Rtp(pt, True, sequence & 0xFFFF, timestamp, ssrc, body)


def vp8(sequence: int, timestamp: int, ssrc: int, picture: int, tl0: int, *, key: bool = False) -> Rtp:
    """A one-packet picture with 15-bit PictureID and TL0PICIDX."""
    head = bytes((0x90, 0xE0, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, tl0 & 0xFF, 0x00))
    return Rtp(96, True, sequence & 0xFFFF, timestamp, ssrc, head + (b"\x00" if key else b"\x01") + bytes(20))


def opus(sequence: int, timestamp: int, ssrc: int, pt: int = 111) -> Rtp:
    return Rtp(pt, False, sequence & 0xFFFF, timestamp, ssrc, b"\x78" + struct.pack("!I", sequence) * 10)


def sequences(packets: list[Rtp]) -> list[int]:
    return [packet.sequence for packet in packets]


def in_a_row(packets: list[Rtp]) -> bool:
    numbers = sequences(packets)
    return all((b - a) & 0xFFFF == 1 for a, b in itertools.pairwise(numbers))


def video_call(world: World) -> tuple[End, int, End, int]:
    """A publisher of one H.264 source (SSRC 7, repair 8) shown on a receiver's route (SSRC 70, repair 80)."""
    sender, receiver = world.end(), world.end()
    source = sender.source(H264, VP8, ssrc=7, rtx_ssrc=8)
    route = receiver.route(OTHER_H264, OTHER_VP8, ssrc=70, rtx_ssrc=80)
    return sender, source, receiver, route
