"""Real footage as RTP: frames encoded by libx264, libvpx and libopus, packetized, with numbers of the test's choosing.

Every picture carries its number as 12 bars, black or white; each whole second is marked by a white flash of 3 frames
and by a tone of 60 ms that begin at the same instant.
"""

from __future__ import annotations

import fractions
import struct
from functools import cache
from typing import NamedTuple

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from server.media.plane import Codec, TapPacket

SECOND_NS = 1_000_000_000
BARS = 12
FLASH_FRAMES = 3
TONE_S = 0.06


class Encoded(NamedTuple):
    """A frame: its time from the start in s, its RTP payloads, and whether it is a keyframe."""

    at_s: float
    payloads: list[bytes]
    keyframe: bool


def picture(number: int, width: int, height: int, fps: int, grain: int = 0) -> np.ndarray:
    """A picture that tells its number by bars in its lower half; its upper half flashes at each whole second.

    grain: strength of the noise in its upper half, which takes bytes to encode.
    """
    image = np.full((height, width, 3), 60, np.uint8)
    if number % fps < FLASH_FRAMES:
        image[: height // 2] = 255 - grain
    if grain:
        noise = np.random.default_rng(number).integers(0, grain, (height // 2, width, 3), np.uint8)
        image[: height // 2] += noise
    for bar in range(BARS):
        left, right = bar * width // BARS, (bar + 1) * width // BARS
        image[height // 2 :, left:right] = 235 if number >> bar & 1 else 20
    return image


def number_of(image: np.ndarray) -> int:
    """The number that a decoded picture tells."""
    height, width = image.shape[:2]
    row = image[height * 3 // 4].mean(axis=1)
    return sum(1 << bar for bar in range(BARS) if row[(2 * bar + 1) * width // (2 * BARS)] > 128)


def flashes(image: np.ndarray) -> bool:
    """The picture is one of a flash."""
    return bool(image[image.shape[0] // 4].mean() > 160)


@cache
def video(
    codec: Codec, seconds: float, *, fps: int = 25, size: tuple[int, int] = (320, 240), gop: int = 50,
    bit_rate: int = 300_000, first: int = 0, grain: int = 0,
) -> tuple[Encoded, ...]:  # fmt: skip
    """Encodes pictures number `first` and on."""
    context = av.CodecContext.create("libx264" if codec is Codec.H264 else "libvpx", "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = fractions.Fraction(1, fps)
    context.framerate = fractions.Fraction(fps, 1)
    context.bit_rate = bit_rate
    context.gop_size = gop
    if codec is Codec.H264:
        context.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
    else:
        context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    packer = H264Encoder() if codec is Codec.H264 else Vp8Encoder()
    encoded = []
    for number in range(round(seconds * fps)):
        frame = av.VideoFrame.from_ndarray(picture(first + number, *size, fps, grain), format="rgb24")
        frame = frame.reformat(format="yuv420p")
        frame.pts = number
        frame.time_base = fractions.Fraction(1, fps)
        for packet in context.encode(frame):
            payloads, _ = packer.pack(packet)
            encoded.append(Encoded(number / fps, payloads, packet.is_keyframe))
    return tuple(encoded)


@cache
def audio(seconds: float, *, hz: int = 1000, bit_rate: int = 32_000, tone_s: float = TONE_S) -> tuple[Encoded, ...]:
    """20 ms Opus frames as browsers send them, with a tone of `tone_s` at each whole second."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate = 48_000
    context.layout = "mono"
    context.format = "s16"
    context.bit_rate = bit_rate
    context.time_base = fractions.Fraction(1, 48_000)
    context.options = {"application": "voip", "frame_duration": "20", "fec": "1", "packet_loss": "10"}
    context.open()
    t = np.arange(int(48_000 * seconds)) / 48_000
    sound = (12_000 * np.sin(2 * np.pi * hz * t) * (t % 1.0 < tone_s)).astype(np.int16)
    encoded = []
    for number in range(len(sound) // 960):
        frame = av.AudioFrame.from_ndarray(sound[None, number * 960 : number * 960 + 960], format="s16", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = number * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        encoded += [Encoded(number * 0.02, [bytes(packet)], True) for packet in context.encode(frame)]
    return tuple(encoded)


class Numbers(NamedTuple):
    """The RTP numbers a stream begins with. capture_ns: monotonic time of its first frame."""

    source: int
    codec: Codec
    capture_ns: int
    seq: int = 1000
    rtp: int = 5000
    ssrc: int = 0x1234
    latency_ns: int = 20_000_000
    extension: bool = False


def tap(frames: tuple[Encoded, ...], numbers: Numbers) -> list[TapPacket]:
    """The packets the plane's tap would deliver for these frames, in order."""
    clock = 48_000 if numbers.codec in (Codec.OPUS, Codec.RED) else 90_000
    seq = numbers.seq
    packets = []
    for frame in frames:
        rtp = (numbers.rtp + round(frame.at_s * clock)) & 0xFFFF_FFFF
        capture = numbers.capture_ns + round(frame.at_s * SECOND_NS)
        for index, payload in enumerate(frame.payloads):
            marker = index == len(frame.payloads) - 1 and clock == 90_000
            head = struct.pack(
                ">BBHII", 0x90 if numbers.extension else 0x80, (0x80 if marker else 0) | 96, seq, rtp, numbers.ssrc
            )
            extension = b"\xbe\xde\x00\x01\x22\x01\x02\x03" if numbers.extension else b""
            packets.append(
                TapPacket(
                    numbers.source, capture + numbers.latency_ns, capture, numbers.codec, head + extension + payload
                )
            )
            seq = (seq + 1) & 0xFFFF
    return packets


def merged(*streams: list[TapPacket]) -> list[TapPacket]:
    """All packets in order of arrival."""
    return sorted((packet for stream in streams for packet in stream), key=lambda packet: packet.arrival_ns)
