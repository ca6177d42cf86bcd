"""Picture sizes and configuration records from H.264 parameter sets."""

from __future__ import annotations

import fractions

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.recording import h264


def sets(width: int, height: int, profile: str, interlaced: bool = False) -> tuple[bytes, bytes]:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = fractions.Fraction(1, 25)
    context.options = {"profile": profile, "preset": "ultrafast"} | ({"flags": "+ildct+ilme"} if interlaced else {})
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts = 0
    data = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    nals = [nal.strip(b"\x00") for nal in data.split(b"\x00\x00\x01")]
    found = {nal[0] & 31: nal for nal in nals if nal}
    return found[7], found[8]


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
@pytest.mark.parametrize("size", [(320, 180), (640, 360), (960, 540), (1280, 720), (1920, 1080), (174, 142)])
def test_the_picture_size_is_the_cropped_one(size: tuple[int, int], profile: str) -> None:
    sps, _ = sets(*size, profile)
    assert h264.picture_size(sps) == size


def test_an_interlaced_picture_counts_both_fields() -> None:
    sps, _ = sets(720, 576, "main", interlaced=True)
    assert h264.picture_size(sps) == (720, 576)


def test_the_configuration_record_gives_its_parameter_sets_back() -> None:
    for profile in ("baseline", "high"):
        sps, pps = sets(640, 360, profile)
        record = h264.avcc(sps, pps)
        assert record[:4] == b"\x01" + sps[1:4]
        assert h264.parameter_sets(record) == (sps, pps)


@given(st.binary(max_size=60))
def test_anything_else_is_refused_with_a_value_error(data: bytes) -> None:
    try:
        width, height = h264.picture_size(b"\x67" + data)
    except ValueError:
        return
    assert 0 < width <= 16384
    assert 0 < height <= 16384


@given(st.binary(max_size=40))
def test_a_broken_record_is_refused_with_a_value_error(data: bytes) -> None:
    try:
        h264.parameter_sets(data)
    except ValueError:
        pass
