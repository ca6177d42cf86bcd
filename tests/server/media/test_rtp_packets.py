"""RTP headers, extensions and video descriptors, by value and over random bytes."""

from __future__ import annotations

import struct

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from server.media import rtp
from server.media.payload import starts_keyframe, vp8_fields, vp8_numbers, vp8_shifted
from server.media.plane import Codec


def packet(first: int, rest: bytes) -> bytes:
    return bytes((first, 96)) + struct.pack("!HII", 1, 2, 3) + rest


@pytest.mark.parametrize(
    ("data", "bounds"),
    [
        (packet(0x80, b"abc"), (12, 15)),
        (packet(0x80, b""), (12, 12)),
        (packet(0x82, bytes(8) + b"abc"), (20, 23)),
        (packet(0x90, b"\xbe\xde\x00\x01" + bytes(4) + b"abc"), (20, 23)),
        (packet(0xA0, b"abc\x00\x00\x03"), (12, 15)),
        (packet(0xA0, bytes(4) + b"\x05"), (12, 12)),
        (packet(0xA0, b"abc\x00"), None),
        (packet(0xA0, b"abc\x09"), None),
        (packet(0xA0, b""), None),
        (packet(0x8F, bytes(59)), None),
        (packet(0x90, b"\xbe\xde\x00"), None),
        (packet(0x90, b"\xbe\xde\x00\x02" + bytes(4)), None),
        (packet(0x40, b"abc"), None),
        (b"\x80" * 11, None),
        (b"", None),
    ],
)
def test_the_payload_lies_between_extensions_and_padding(data: bytes, bounds: tuple[int, int] | None) -> None:
    assert rtp.payload_bounds(data, 0, len(data)) == bounds


def test_extensions_are_read_in_the_one_byte_form() -> None:
    block = b"\x10a" + b"\x00" + b"\x42xyz" + b"\xf0stop"
    block += bytes(-len(block) % 4)
    data = packet(0x90, struct.pack("!HH", 0xBEDE, len(block) // 4) + block + b"payload")
    assert rtp.header_extensions(data, 0, len(data)) == {1: b"a", 4: b"xyz"}


def test_extensions_are_read_in_the_two_byte_form() -> None:
    block = b"\x01\x01a" + b"\x00" + b"\x10\x00" + b"\x20\x05hello"
    block += bytes(-len(block) % 4)
    data = packet(0x90, struct.pack("!HH", 0x1005, len(block) // 4) + block)
    assert rtp.header_extensions(data, 0, len(data)) == {1: b"a", 16: b"", 32: b"hello"}


@given(st.binary(max_size=80))
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    rtp.payload_bounds(data, 0, len(data))
    rtp.header_extensions(data, 0, len(data))
    rtp.payload_bounds(b"\x90" + data, 0, len(data) + 1)
    rtp.header_extensions(b"\xb0" + data, 0, len(data) + 1)
    rtp.is_rtcp(data)
    vp8_fields(data)
    vp8_numbers(data)
    assert len(vp8_shifted(data, 77, 5)) == len(data)
    for codec in Codec:
        starts_keyframe(codec, data)


@given(st.integers(0, 1 << 40), st.integers(-0x7FFF, 0x7FFF))
def test_a_sequence_number_is_extended_to_the_nearest_index(highest: int, ahead: int) -> None:
    assert rtp.extended(highest + ahead & 0xFFFF, highest) == highest + ahead


@given(st.integers(0, 0xFFFFFFFF), st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_timestamps_differ_by_less_than_half_their_range(start: int, ticks: int) -> None:
    assert rtp.timestamp_difference(start + ticks & 0xFFFFFFFF, start) == ticks


def test_send_time_is_24_bits_of_6_18_seconds() -> None:
    assert rtp.abs_send_time(1_000_000_000) == 1 << 18
    assert rtp.abs_send_time(64_500_000_000) == 1 << 17


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\x67\x42\xe0\x1f", True),
        (b"\x18\x00\x02\x67\x42\x00\x02\x68\xce\x00\x01\x65", True),
        (b"\x18\x00\x02\x68\xce\x00\x02\x67\x42", True),
        (b"\x18\x00\x01\x06\x00\x02\x61\x00", False),
        (b"\x65\x88", False),
        (b"\x7c\x85\x88", False),
        (b"\x61\x00", False),
        (b"\x18\x00", False),
        (b"\x18\xff\xff\x61", False),
        (b"", False),
    ],
)
def test_h264_starts_where_a_parameter_set_is(payload: bytes, key: bool) -> None:
    assert starts_keyframe(Codec.H264, payload) is key


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\x10\x00rest", True),
        (b"\x10\x01rest", False),
        (b"\x00\x00rest", False),
        (b"\x11\x00rest", False),
        (b"\x90\xe0\x81\x01\x05\x00\x00rest", True),
        (b"\x90\xe0\x81\x01\x05\x00\x01rest", False),
        (b"\x90\x80\x01\x00", True),
        (b"\x10", False),
        (b"\x90\xe0\x81", False),
    ],
)
def test_vp8_starts_at_the_first_packet_of_a_key_frame(payload: bytes, key: bool) -> None:
    assert starts_keyframe(Codec.VP8, payload) is key


@given(
    picture=st.one_of(st.none(), st.integers(0, 127), st.integers(128, 0x7FFF)),
    tl0=st.one_of(st.none(), st.integers(0, 255)),
    shift=st.integers(-(1 << 16), 1 << 16),
    tl0_shift=st.integers(-512, 512),
    body=st.binary(min_size=1, max_size=20),
)
def test_vp8_numbers_move_within_their_width_and_nothing_else_changes(
    picture: int | None, tl0: int | None, shift: int, tl0_shift: int, body: bytes
) -> None:
    descriptor = VpxPayloadDescriptor(1, 0, picture_id=picture, tl0picidx=tl0, tid=None if tl0 is None else (1, 0))
    payload = bytes(descriptor) + body
    moved, rest = VpxPayloadDescriptor.parse(vp8_shifted(payload, shift, tl0_shift))
    assert rest == body
    before, _ = VpxPayloadDescriptor.parse(payload)
    assert vp8_numbers(payload) == (before.picture_id, before.tl0picidx)
    if before.picture_id is not None:
        fields = vp8_fields(payload)
        assert fields is not None
        width = 0x7FFF if fields[2] == 2 else 0x7F
        assert moved.picture_id == before.picture_id + shift & width
    if before.tl0picidx is not None:
        assert moved.tl0picidx == before.tl0picidx + tl0_shift & 0xFF
    assert (moved.tid, moved.keyidx, moved.partition_start) == (before.tid, before.keyidx, before.partition_start)


def test_vp8_numbers_wrap_at_15_and_at_7_bits() -> None:
    assert vp8_numbers(vp8_shifted(b"\x90\xc0\xff\xff\xfe\x01", 1, 3)) == (0, 1)
    assert vp8_numbers(vp8_shifted(b"\x90\x80\x7f\x01", 1, 3)) == (0, None)
