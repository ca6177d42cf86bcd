"""The microphone's one encoding: Opus, 48 kHz mono, packets of 20 ms, with in-band error correction."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
from av.audio.codeccontext import AudioCodecContext

RATE_HZ: Final = 48_000
PACKET_SAMPLES: Final = 960
BITRATE_BPS: Final = 32_000
SLIP_SAMPLES: Final = RATE_HZ // 10
"""Sound whose count runs off the clock by more than this is set right at once."""


class VoiceEncoder:
    """Encodes sound of any format. The packets' time base is 1/RATE_HZ."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=PACKET_SAMPLES)
        self._codec = _open()
        self._next: int | None = None

    def encode(self, frame: av.AudioFrame, at_s: float) -> list[av.Packet[Any]]:
        """The packets that `frame`, captured at `at_s`, completes.

        Raises:
            av.FFmpegError: the sound cannot be converted or encoded.
        """
        frame.pts = None
        due = round(at_s * RATE_HZ)
        if self._next is None or abs(due - self._next) > SLIP_SAMPLES:
            self._next = due
        packets: list[av.Packet[Any]] = []
        for block in self._resampler.resample(frame):
            block.pts = None
            for packet in self._codec.encode(block):
                packet.pts = packet.dts = self._next
                packet.time_base = Fraction(1, RATE_HZ)
                self._next += PACKET_SAMPLES
                packets.append(packet)
        return packets


def _open() -> AudioCodecContext:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE_HZ, "mono", "s16", BITRATE_BPS
    codec.options = {"application": "voip", "fec": "1", "packet_loss": "10"}
    return codec
