"""Stamps survive coding, and nothing else passes for one."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.rehearsal import footage, sei
from classroom_client.rehearsal.decode import luma
from classroom_client.rehearsal.stamp import MAX_FRAME, MAX_LESSON, MAX_PARTICIPANT, Stamp, draw, pack, read, unpack

STAMPS = st.builds(Stamp, st.integers(0, MAX_LESSON), st.integers(0, MAX_PARTICIPANT), st.integers(0, MAX_FRAME))


@given(STAMPS, st.sampled_from([(180, 320), (90, 160), (333, 641)]))
def test_a_drawn_stamp_is_read_at_any_size(stamp: Stamp, shape: tuple[int, int]) -> None:
    picture = np.full(shape, 128, np.uint8)
    draw(stamp, picture)
    assert read(picture) == stamp


@given(STAMPS, st.integers(0, 47))
def test_a_stamp_with_one_wrong_bit_is_no_stamp(stamp: Stamp, bit: int) -> None:
    assert unpack(pack(stamp) ^ 1 << bit) is None


@pytest.mark.parametrize("wrong", [Stamp(MAX_LESSON + 1, 0, 0), Stamp(0, MAX_PARTICIPANT + 1, 0), Stamp(0, 0, -1)])
def test_numbers_beyond_their_field_are_refused(wrong: Stamp) -> None:
    with pytest.raises(ValueError, match="out of range"):
        pack(wrong)


def test_a_picture_without_stamp_reads_as_none() -> None:
    assert read(np.zeros((180, 320), np.uint8)) is None
    assert read(np.zeros((4, 4), np.uint8)) is None


def test_every_frame_of_the_loop_decodes_to_its_own_stamp_twice_over() -> None:
    frames = footage.encode_video(3, 2)
    decoder = av.CodecContext.create("h264", "r")
    seen = []
    for turn in range(2):
        for index, frame in enumerate(frames):
            stamp = sei.build(sei.FrameStamp(3, 2, turn * len(frames) + index, index, 12))
            data = b"".join(b"\x00\x00\x00\x01" + nal for nal in (*frame.parameters, stamp, *frame.slices))
            seen += [read(luma(picture)) for picture in decoder.decode(av.Packet(data))]
    seen += [read(luma(picture)) for picture in decoder.decode(None)]
    assert seen == 2 * [Stamp(3, 2, index) for index in range(len(frames))]


@given(
    st.builds(
        sei.FrameStamp,
        st.integers(0, MAX_LESSON),
        st.integers(0, MAX_PARTICIPANT),
        st.integers(0, 2**32 - 1),
        st.integers(0, MAX_FRAME),
        st.integers(0, 2**64 - 1),
    )
)
def test_an_sei_stamp_reads_back_and_needs_no_emulation_prevention(stamp: sei.FrameStamp) -> None:
    nal = sei.build(stamp)
    assert (sei.parse(nal), len(nal), b"\x00" in nal) == (stamp, sei.SIZE, False)


@given(st.binary(max_size=80))
def test_other_bytes_are_no_sei_stamp(data: bytes) -> None:
    assert sei.parse(data) is None


def test_an_sei_stamp_with_other_text_is_none() -> None:
    assert sei.parse(sei.build(sei.FrameStamp(1, 2, 3, 4, 5)).replace(b"0", b"z")) is None
