"""The speech of a synthetic participant, encoded once: a loop of Opus packets, and the same once more as low speech.

Both are of the same tone and of one clock. It is divided into cells of tone.PACKET_MS, a loop has CELLS of them; a
packet of either fills whole cells. Low speech is as pages have it (docs/weak-lines.md): 16 kbit/s in packets of 60 ms.
The loop's 4 s are no whole number of these, so three rounds of it are encoded, and no packet is like any other.
"""

from __future__ import annotations

import math
from typing import Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from classroom_client.rehearsal import tone
from classroom_client.voice import FULL, LOW, Speech

SECONDS: Final = 4
CELLS: Final = SECONDS * 1000 // tone.PACKET_MS
LOW_CELLS: Final = LOW.packet_ms // tone.PACKET_MS
"""That a packet of low speech fills."""
LOW_PACKETS: Final = math.lcm(CELLS, LOW_CELLS) // LOW_CELLS
SETTLES_PACKETS: Final = 50
"""Encoded before the loop's beginning, so that its end meets it."""


def encode_audio(lesson: int, participant: int) -> tuple[bytes, ...]:
    """The loop's CELLS packets of one cell each."""
    return _encode(lesson, participant, FULL, CELLS)


def encode_low(lesson: int, participant: int) -> tuple[bytes, ...]:
    """The LOW_PACKETS of low speech; packet k begins in the loop's cell k * LOW_CELLS."""
    return _encode(lesson, participant, LOW, LOW_PACKETS)


def _encode(lesson: int, participant: int, speech: Speech, count: int) -> tuple[bytes, ...]:
    samples = tone.loop(tone.frequency_hz(lesson, participant), SECONDS, lesson << 8 | participant)
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = tone.RATE_HZ, "mono", "flt"
    codec.bit_rate = speech.bitrate_bps
    codec.options = {"application": "audio", "frame_duration": str(speech.packet_ms)}
    packets: list[bytes] = []
    for index in range(-SETTLES_PACKETS, count):
        at = np.arange(index * speech.samples, (index + 1) * speech.samples)
        block = av.AudioFrame.from_ndarray(samples.take(at, mode="wrap")[None, :], format="flt", layout="mono")
        block.sample_rate, block.pts = tone.RATE_HZ, (index + SETTLES_PACKETS) * speech.samples
        packets += [bytes(packet) for packet in codec.encode(block)]
    return tuple(packets[SETTLES_PACKETS:])
