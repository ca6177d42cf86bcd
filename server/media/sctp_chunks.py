"""SCTP packets and the chunks of them that our data channel needs, to bytes and back (RFC 9260, section 3). Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import google_crc32c
from msgspec import Struct

DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, ERROR = 0, 1, 2, 3, 4, 5, 6, 9
COOKIE_ECHO, COOKIE_ACK, FORWARD_TSN = 10, 11, 192
BEGINS, ENDS, UNORDERED = 2, 1, 4
"""Flags of a DATA chunk."""
TEXT, BINARY = 51, 53
"""Payload protocols of messages (RFC 8831, section 8)."""
INVALID_STREAM = 1
"""A cause of an error (section 3.3.10.1)."""
COOKIE, FORWARD_TSN_SUPPORTED = 7, 0xC000
_HEADER = struct.Struct("!HHII")
_CHUNK = struct.Struct("!BBH")
_INIT = struct.Struct("!IIHHI")
_DATA = struct.Struct("!IHHI")
_SACK = struct.Struct("!IIHH")
_ZERO = bytes(4)


class Chunk(Struct, frozen=True):
    """One chunk; `value` is what stands after its four bytes of header, without padding."""

    kind: int
    flags: int
    value: bytes


class Packet(Struct, frozen=True):
    """A packet with its verification tag."""

    source_port: int
    tag: int
    chunks: tuple[Chunk, ...]


class Init(Struct, frozen=True):
    """What INIT and INIT ACK begin with."""

    tag: int
    tsn: int


class Data(Struct, frozen=True):
    """A piece of a message. protocol: what its sender says that it is, in the first piece."""

    tsn: int
    stream: int
    protocol: int
    begins: bool
    ends: bool
    unordered: bool
    payload: bytes


class Sack(Struct, frozen=True):
    """All up to `cumulative` have come, or were given up; of later ones those in `came`."""

    cumulative: int
    came: tuple[range, ...]


def packet(port: int, tag: int, chunks: Iterable[Chunk]) -> bytes:
    """A whole packet from `port` to the same port, with its checksum (section 6.8)."""
    body = b"".join(_chunk(one) for one in chunks)
    whole = _HEADER.pack(port, port, tag, 0) + body
    checksum: int = google_crc32c.value(whole)
    return whole[:8] + checksum.to_bytes(4, "little") + body


def _chunk(one: Chunk) -> bytes:
    length = _CHUNK.size + len(one.value)
    return _CHUNK.pack(one.kind, one.flags, length) + one.value + bytes(-length % 4)


def parsed(data: bytes) -> Packet | None:
    """A packet; None where its checksum or its lengths are wrong."""
    if len(data) < _HEADER.size:
        return None
    source_port, _, tag, _ = _HEADER.unpack_from(data)
    if google_crc32c.value(data[:8] + _ZERO + data[12:]) != int.from_bytes(data[8:12], "little"):
        return None
    chunks, at = [], _HEADER.size
    while at + _CHUNK.size <= len(data):
        kind, flags, length = _CHUNK.unpack_from(data, at)
        if length < _CHUNK.size or at + length > len(data):
            return None
        chunks.append(Chunk(kind, flags, data[at + _CHUNK.size : at + length]))
        at += length + -length % 4
    return Packet(source_port, tag, tuple(chunks))


def read_init(value: bytes) -> Init | None:
    """INIT or INIT ACK; None where it is too short. Its parameters are not looked at."""
    if len(value) < _INIT.size:
        return None
    tag, _, _, _, tsn = _INIT.unpack_from(value)
    return Init(tag, tsn)


def init_ack(tag: int, tsn: int, window: int, cookie: bytes) -> Chunk:
    """INIT ACK with our cookie; it says that we give up what is late (RFC 3758, section 3.1)."""
    parameters = _parameter(COOKIE, cookie) + _parameter(FORWARD_TSN_SUPPORTED, b"")
    return Chunk(INIT_ACK, 0, _INIT.pack(tag, window, 1, 1, tsn) + parameters)


def _parameter(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, 4 + len(value)) + value + bytes(-len(value) % 4)


def data(tsn: int, stream: int, flags: int, payload: bytes) -> Chunk:
    """A piece of an unordered binary message."""
    return Chunk(DATA, UNORDERED | flags, _DATA.pack(tsn, stream, 0, BINARY) + payload)


def read_data(chunk: Chunk) -> Data | None:
    """DATA; None where it is too short."""
    if len(chunk.value) < _DATA.size:
        return None
    tsn, stream, _, protocol = _DATA.unpack_from(chunk.value)
    begins, ends, unordered = (bool(chunk.flags & flag) for flag in (BEGINS, ENDS, UNORDERED))
    return Data(tsn, stream, protocol, begins, ends, unordered, chunk.value[_DATA.size :])


def no_such_stream(stream: int) -> Chunk:
    """ERROR: we have no stream of this number."""
    return Chunk(ERROR, 0, struct.pack("!HHHH", INVALID_STREAM, 8, stream, 0))


def forward_tsn(tsn: int) -> Chunk:
    """All up to `tsn` is given up (RFC 3758, section 3.2)."""
    return Chunk(FORWARD_TSN, 0, tsn.to_bytes(4, "big"))


def read_sack(value: bytes) -> Sack | None:
    """SACK; None where it is malformed."""
    if len(value) < _SACK.size:
        return None
    cumulative, _, gaps, _ = _SACK.unpack_from(value)
    if len(value) < _SACK.size + 4 * gaps:
        return None
    blocks = (struct.unpack_from("!HH", value, _SACK.size + 4 * at) for at in range(gaps))
    return Sack(cumulative, tuple(range(cumulative + first, cumulative + last + 1) for first, last in blocks))


def read_forward_tsn(value: bytes) -> int | None:
    """Up to where everything is given up; None where it is too short. Streams without order have nothing to add."""
    return int.from_bytes(value[:4], "big") if len(value) >= 4 else None


def sack(cumulative: int, window: int, blocks: Sequence[tuple[int, int]], twice: Sequence[int]) -> Chunk:
    """SACK. blocks: first and last of each run that came, counted from `cumulative`. twice: numbers that came again."""
    gaps = b"".join(struct.pack("!HH", first, last) for first, last in blocks)
    again = b"".join(tsn.to_bytes(4, "big") for tsn in twice)
    return Chunk(SACK, 0, _SACK.pack(cumulative, window, len(blocks), len(twice)) + gaps + again)


def wire(tsn: int) -> int:
    """A number as it stands on the wire."""
    return tsn & 0xFFFFFFFF


def near(tsn: int, reference: int) -> int:
    """A number on the wire without its wrap, nearest to `reference`."""
    return reference + ((tsn - reference + 0x80000000 & 0xFFFFFFFF) - 0x80000000)
