"""The microphone's encodings: Opus, 48 kHz mono, with in-band error correction; rate and packet time by the line."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, NamedTuple, assert_never

import av
from av.audio.codeccontext import AudioCodecContext

from signaling.messages import Rung

RATE_HZ: Final = 48_000
SLIP_SAMPLES: Final = RATE_HZ // 10
"""Sound whose count runs off the clock by more than this is set right at once."""


class Speech(NamedTuple):
    """How speech is encoded. Long packets save headers, which are most of what thin speech weighs.

    A packet has the one before in it once more, as far as somebody spoke, only where Opus has the bits for both: at
    16 kbit/s it leaves that away (libopus, `decide_fec`), and each lost packet is a hole of its length.
    """

    bitrate_bps: int
    packet_ms: int

    @property
    def samples(self) -> int:
        """Of a packet."""
        return RATE_HZ * self.packet_ms // 1000


FULL: Final = Speech(32_000, 20)
SMALL: Final = Speech(24_000, 40)
THIN: Final = Speech(24_000, 60)
THINNEST: Final = Speech(18_000, 60)
LOW: Final = Speech(16_000, 60)
"""What the server asks for as low speech; it has no room for the packet before."""


def speech_for(rung: Rung) -> Speech:
    """What this room's own microphone sends while its line stands on a rung of the ladder."""
    match rung:
        case "full" | "smaller":
            return FULL
        case "speaker":
            return SMALL
        case "sound":
            return THIN
        case "voice":
            return THINNEST
        case _:
            assert_never(rung)


class VoiceEncoder:
    """Encodes sound of any format. The packets' time base is 1/RATE_HZ. wanted: how, asked before each packet."""

    def __init__(self, wanted: Callable[[], Speech] = lambda: FULL) -> None:
        self._wanted = wanted
        self._open(wanted())

    def _open(self, speech: Speech) -> None:
        self._speech = speech
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=speech.samples)
        self._codec = _open(speech)
        self._next: int | None = None

    def encode(self, frame: av.AudioFrame, at_s: float) -> list[av.Packet[Any]]:
        """The packets that `frame`, captured at `at_s`, completes.

        Raises:
            av.FFmpegError: the sound cannot be converted or encoded.
        """
        if self._wanted() != self._speech:
            self._open(self._wanted())
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
                self._next += self._speech.samples
                packets.append(packet)
        return packets


def _open(speech: Speech) -> AudioCodecContext:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE_HZ, "mono", "s16", speech.bitrate_bps
    codec.options = {
        "application": "voip", "fec": "1", "packet_loss": "10", "frame_duration": str(speech.packet_ms),
    }  # fmt: skip
    return codec
