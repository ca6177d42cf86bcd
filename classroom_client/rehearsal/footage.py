"""Footage of a synthetic participant, encoded once: a loop of stamped H.264 frames and of Opus packets in step with it.

The loop is SECONDS long with a keyframe at each whole second, where the sound has its mark. A keyframe request is
answered by jumping to the next keyframe. Frames and packets are told apart by the digest of their bytes, so a
receiver recognises each one bit for bit without decoding it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from classroom_client.rehearsal import sei
from classroom_client.rehearsal.speech import SECONDS, encode_audio, encode_low
from classroom_client.rehearsal.stamp import Stamp, draw

WIDTH: Final = 320
HEIGHT: Final = 180
FPS: Final = 20
FRAMES: Final = FPS * SECONDS
BITRATE_BPS: Final = 250_000
PAYLOAD_MAX: Final = 1200
"""Bytes of RTP payload: with headers and tags below 1280, the least MTU of IPv6."""

_SPS, _PPS, _SEI, _IDR = 7, 8, 6, 5
_STAP_A: Final = 24
_FU_A: Final = 28


class Frame(NamedTuple):
    """One access unit without its SEI. parameters: SPS and PPS, only before a keyframe; slices: the coded picture."""

    keyframe: bool
    parameters: tuple[bytes, ...]
    slices: tuple[bytes, ...]


class Footage(NamedTuple):
    """A participant's loop: FRAMES frames and the Opus packets of `speech`, all starting at the same instant.

    packets: of the microphone, one a cell; low: of low speech.
    """

    frames: tuple[Frame, ...]
    packets: tuple[bytes, ...]
    low: tuple[bytes, ...]


def digest(data: bytes) -> bytes:
    """What a frame's slices or an Opus packet are recognised by, 8 bytes."""
    return blake2b(data, digest_size=8).digest()


def split_nals(annexb: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream (ITU-T H.264, annex B)."""
    start = annexb.find(b"\x00\x00\x01")
    while start != -1:
        start += 3
        end = annexb.find(b"\x00\x00\x01", start)
        yield annexb[start : len(annexb) if end == -1 else end].rstrip(b"\x00")
        start = end


def _picture(lesson: int, participant: int, frame: int) -> av.VideoFrame:
    """A stamped picture with a gradient that travels below the stamp, in the participant's own hue."""
    planes = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    luma = planes[:HEIGHT]
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    luma[:] = 40 + (columns + rows // 2 + frame * WIDTH // FRAMES * 2) % 160
    draw(Stamp(lesson, participant, frame), luma)
    chroma = planes[HEIGHT:].reshape(2, -1)
    chroma[0] = 96 + 16 * (participant % 5)
    chroma[1] = 96 + 16 * (lesson % 5)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _video_encoder() -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = WIDTH, HEIGHT
    codec.pix_fmt = "yuv420p"
    codec.framerate = Fraction(FPS, 1)
    codec.time_base = Fraction(1, FPS)
    codec.bit_rate = BITRATE_BPS
    codec.gop_size = FPS
    codec.profile = "Constrained Baseline"
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "threads": "1",
        "x264-params": f"scenecut=0:keyint={FPS}",
    }
    return codec


def _frame(packet: av.Packet[Any]) -> Frame:
    nals = [nal for nal in split_nals(bytes(packet)) if nal[0] & 0x1F != _SEI]
    parameters = tuple(nal for nal in nals if nal[0] & 0x1F in (_SPS, _PPS))
    slices = tuple(nal for nal in nals if nal[0] & 0x1F not in (_SPS, _PPS))
    return Frame(slices[0][0] & 0x1F == _IDR, parameters, slices)


def encode_video(lesson: int, participant: int) -> tuple[Frame, ...]:
    """The loop's frames, constrained baseline, a keyframe at each whole second."""
    codec = _video_encoder()
    coded: list[av.Packet[Any]] = []
    for index in range(FRAMES):
        picture = _picture(lesson, participant, index)
        picture.pts = index
        picture.time_base = Fraction(1, FPS)
        coded += codec.encode(picture)
    coded += codec.encode(None)
    return tuple(_frame(packet) for packet in coded)


def encode(lesson: int, participant: int) -> Footage:
    """Everything a participant sends. About 0.4 s of one core's time."""
    sounds = encode_audio(lesson, participant), encode_low(lesson, participant)
    return Footage(encode_video(lesson, participant), *sounds)


def next_keyframe(frames: tuple[Frame, ...], after: int) -> int:
    """The place of the first keyframe at or after `after`, round the end of the loop."""
    return next(place for step in range(len(frames)) if frames[place := (after + step) % len(frames)].keyframe)


def _aggregate(nals: tuple[bytes, ...]) -> bytes:
    """A STAP-A packet (RFC 6184, section 5.7.1)."""
    header = _STAP_A | max(nal[0] & 0x60 for nal in nals)
    return bytes([header]) + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def _fragments(nal: bytes) -> Iterator[bytes]:
    """FU-A packets (RFC 6184, section 5.8) of about equal size."""
    body = memoryview(nal)[1:]
    count = -(-len(body) // (PAYLOAD_MAX - 2))
    size = -(-len(body) // count)
    for number in range(count):
        flags = (0x80 if number == 0 else 0) | (0x40 if number == count - 1 else 0)
        yield bytes([nal[0] & 0x60 | _FU_A, flags | nal[0] & 0x1F]) + bytes(body[number * size : (number + 1) * size])


def payloads(frame: Frame, stamp: sei.FrameStamp) -> list[bytes]:
    """The RTP payloads of a frame, in order, its stamp in the first (RFC 6184, non-interleaved mode)."""
    head = (*frame.parameters, sei.build(stamp))
    whole = (*head, *frame.slices)
    if sum(len(nal) + 2 for nal in whole) < PAYLOAD_MAX:
        return [_aggregate(whole)]
    packets = [_aggregate(head) if len(head) > 1 else head[0]]
    for nal in frame.slices:
        packets += [nal] if len(nal) <= PAYLOAD_MAX else _fragments(nal)
    return packets
