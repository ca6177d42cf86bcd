"""The stated sample, decoded: what is really in the pictures and in the sound, not only in the bytes around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from classroom_client.rehearsal import stamp, tone
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.watch import PictureSample, SoundSample

TONE_STRENGTH: Final = 0.5
LOOKAHEAD_S: Final = 0.0065
"""Opus' own delay at 48 kHz: what goes in comes out 6.5 ms later (RFC 7845, section 4.2, on pre-skip)."""
MARK_OFF_S: Final = 0.012


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma plane of a decoded picture, shape (height, width)."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def wrong_pictures(samples: list[PictureSample]) -> Iterator[tuple[PictureSample, stamp.Stamp | None]]:
    """The keyframes whose picture does not say what its bytes were recognised as, and what it says instead."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1
    for sample in samples:
        data = b"".join(b"\x00\x00\x00\x01" + nal for nal in sample.nals)
        try:
            # A decoder may hold pictures back; draining gives this one.
            frames = codec.decode(av.Packet(data)) + codec.decode(None)
            codec.flush_buffers()
        except av.FFmpegError:
            frames = []
        seen = stamp.read(luma(frames[-1])) if frames else None
        if seen != stamp.Stamp(*sample.place.whose, sample.place.at):
            yield sample, seen


def sound_of(packets: Iterator[bytes] | tuple[bytes, ...]) -> tone.Samples:
    """Opus packets decoded to 48 kHz mono.

    Raises:
        av.FFmpegError: a packet is not Opus.
    """
    codec = av.CodecContext.create("libopus", "r")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout = tone.RATE_HZ, "mono"
    blocks: list[tone.Samples] = []
    for packet in packets:
        blocks += [as_mono(frame) for frame in codec.decode(av.Packet(packet))]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def as_mono(frame: Any) -> tone.Samples:
    """A decoded audio frame's samples as floats in -1..1, its channels mixed."""
    samples = frame.to_ndarray()
    scale = 32768.0 if samples.dtype == np.int16 else 1.0
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mono: tone.Samples = (samples.mean(axis=0) / scale).astype(np.float32)
    return mono


def hears_its_tone(sound: tone.Samples, whose: Whose) -> bool:
    """Whether nearly all of it, in stretches of 100 ms, is the participant's own tone."""
    size = tone.RATE_HZ // 10
    hz = tone.frequency_hz(*whose)
    stretches = [sound[at : at + size] for at in range(0, sound.size - size + 1, size)]
    good = sum(tone.strength(stretch, hz) > TONE_STRENGTH for stretch in stretches)
    return bool(stretches) and good >= 0.8 * len(stretches)


def wrong_sounds(samples: list[SoundSample]) -> Iterator[SoundSample]:
    """The stretches of sound that, decoded, are not the participant's tone with the mark where it belongs."""
    for sample in samples:
        try:
            sound = sound_of(sample.packets)
        except av.FFmpegError:
            yield sample
            continue
        # The first packets still carry the decoder's start.
        settled = sound[5 * tone.PACKET_SAMPLES :]
        mark = tone.mark_at(settled)
        begins_s = (sample.at + 5) * tone.PACKET_MS / 1000
        off = 1.0 if mark is None else (begins_s + mark - LOOKAHEAD_S + 0.5) % 1 - 0.5
        if not hears_its_tone(settled, sample.whose) or abs(off) > MARK_OFF_S:
            yield sample
