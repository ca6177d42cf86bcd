"""The media server with clients in memory: everything is real but the network and the handshake.

Offers are answered, sources and routes are the plane's own, every packet is SRTP; what a client is sent, it decrypts.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import cast

from server.media.connection import Connection
from server.media.plane import Codec, PayloadType
from server.media.server import MediaConfig, MediaServer
from server.media.source import Source as PlaneSource
from signaling.messages import SLOTS
from tests.contract.plane_world import End, Rtp, Wire, World

SDP = Path(__file__).parent / "media" / "offers" / "aiortc.sdp"
VP8_KEYFRAME = bytes((0x10, 0x10, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00))
"""A payload descriptor, then the head of a keyframe of 320 x 240 (RFC 6386, section 9.1)."""
OPUS_20_MS = b"\x78"


def offer_sdp(*, sends: bool) -> str:
    """An offer in the shape that every client has; who only watches has no send lines."""
    head, *sections = SDP.read_text(encoding="utf-8").replace("\r\n", "\n").split("\nm=")
    kept = sections if sends else sections[-2 * SLOTS :]
    mids = [section.split("a=mid:")[1].split()[0] for section in kept]
    lines = [f"a=group:BUNDLE {' '.join(mids)}" if "a=group" in line else line for line in head.split("\n")]
    return "\r\n".join("\nm=".join(["\n".join(lines), *kept]).rstrip("\n").split("\n")) + "\r\n"


class MediaInMemory(MediaServer):
    """Its clients are `End`s. `opened`: connections that were answered, and whose handshake waits for `connect`."""

    def __init__(self) -> None:
        super().__init__(MediaConfig("127.0.0.1", 0, ("127.0.0.1",)), lambda *event, **figures: None)
        self.wire = self.plane._egress = Wire()
        self.opened: list[Connection] = []
        self._numbers = itertools.count(1_000_000)

    def new_id(self) -> int:
        return next(self._numbers)

    def offer(self, sdp: str, *, sends: bool = True, long_line: bool = False) -> Connection:
        connection = super().offer(sdp, sends=sends, long_line=long_line)
        self.opened.append(connection)
        return connection

    def connect(self, connection: Connection, of: str) -> Client:
        """What the handshake would bring: a flow, the keys, and that everybody hears of it."""
        end = End(cast("World", self), connection.id)
        connection.connected = True
        end.become_ready()
        self._connected(connection)
        return Client(self, connection, end, of)

    @property
    def taps_wait(self) -> bool:
        """Packets were tapped and are not handed over yet."""
        return self.plane._delivery.next_tap_ns is not None

    def source(self, source_id: int) -> PlaneSource:
        return self.plane._sources[source_id]


class Client:
    """One end of a connection, of one participant. `heard`: what it was sent, decrypted, since it was last emptied."""

    def __init__(self, media: MediaInMemory, connection: Connection, end: End, of: str) -> None:
        self.of = of
        self._media = media
        self._end = end
        self.connection = connection
        self.heard: list[bytes] = []
        self._sent = 0

    def send(self, mark: bytes, packets: int = 3) -> None:
        """A few packets on every line it has: each is a whole picture or 20 ms of sound, and says `mark`."""
        if not self._media.plane.is_bound(self._end.flow):
            return
        for source_id in self.connection.sources.values():
            spec = self._media.source(source_id).spec
            wanted = Codec.OPUS if spec.payload_types[0].codec in (Codec.OPUS, Codec.RED) else Codec.VP8
            kind = next(one for one in spec.payload_types if one.codec is wanted)
            assert spec.ssrc is not None, "aiortc tells it"
            for number in range(self._sent, self._sent + packets):
                self._end.send(_packet(kind, spec.ssrc, number, mark))
        self._sent += packets

    def listen(self) -> None:
        self.heard += [packet.payload for packet in self._end.received()]


def _packet(kind: PayloadType, ssrc: int, number: int, mark: bytes) -> Rtp:
    payload = (OPUS_20_MS if kind.codec is Codec.OPUS else VP8_KEYFRAME) + mark
    return Rtp(kind.pt, kind.codec is not Codec.OPUS, number, number * kind.clock_hz // 50, ssrc, payload)
