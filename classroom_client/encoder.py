"""The camera's one encoding: H.264 constrained baseline, its rate and size adapted to the line.

Pictures are encoded once, however many peers carry them (a new peer lives beside the old one for a moment).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
from av.video.codeccontext import VideoCodecContext

from classroom_client.send_rate import START_BPS

FPS: Final = 25
TICKS: Final = 90_000
_RATES: Final = ((400_000, FPS), (200_000, 15), (0, 8))
"""Pictures a second at least at so many bits a second: on a thin line fewer, but each one still to be recognised."""
_EARLY: Final = 0.8
"""A camera is not exact: a picture that comes after this share of its time is taken."""
_HEIGHTS: Final = ((900_000, 720), (400_000, 540), (200_000, 360), (0, 180))
_MARGIN: Final = 1.15
"""A size is left upwards only when the rate is so much above what the next one needs."""


class VideoEncoder:
    """Encodes pictures to packets of time base 1/TICKS. Used by one thread; the wishes come from others."""

    def __init__(self) -> None:
        self._codec: VideoCodecContext | None = None
        self._height = 0
        self._bitrate_bps = START_BPS
        self._keyframe = True
        self._ticks: int | None = None
        self.paused = False
        """Nobody looks, or the line is too thin: nothing is encoded."""
        self.tallest = _HEIGHTS[0][1]
        """Nobody shows it higher than this, pixels."""

    @property
    def height(self) -> int:
        """The height encoded now, pixels; 0 before the first picture."""
        return self._height

    def request_keyframe(self) -> None:
        """The next picture will be one that stands alone."""
        self._keyframe = True

    def allow(self, bitrate_bps: int) -> None:
        """What the line carries (`send_rate`)."""
        self._bitrate_bps = bitrate_bps

    def encode(self, picture: av.VideoFrame, ticks: int) -> list[av.Packet[Any]]:
        """The packets of a picture captured at `ticks` of 1/TICKS s; none where it is left out.

        Raises:
            av.FFmpegError: the picture cannot be converted or encoded.
        """
        if self.paused:
            self._keyframe = True
            return []
        height = min(height_for(self._bitrate_bps, self._height), self.tallest, picture.height & ~1)
        if height == self._height and not self._keyframe and self._too_early(ticks):
            return []
        self._ticks = ticks
        width = max(2, round(picture.width * height / picture.height) & ~1)
        if self._codec is None or (self._codec.width, self._codec.height) != (width, height):
            self._codec = _open(width, height, self._bitrate_bps)
            self._height = height
        self._codec.bit_rate = self._bitrate_bps
        scaled = picture.reformat(width=width, height=height, format="yuv420p")
        scaled.pts, scaled.time_base = ticks, Fraction(1, TICKS)
        wanted, self._keyframe = self._keyframe, False
        scaled.pict_type = av.video.frame.PictureType.I if wanted else av.video.frame.PictureType.NONE
        return list(self._codec.encode(scaled))

    def _too_early(self, ticks: int) -> bool:
        fps = next(fps for least_bps, fps in _RATES if self._bitrate_bps >= least_bps)
        return self._ticks is not None and 0 <= ticks - self._ticks < _EARLY * TICKS / fps


def height_for(bitrate_bps: int, now: int) -> int:
    """The picture height that suits a rate; the one in use is kept while the rate is near its bounds."""
    for least_bps, height in _HEIGHTS:
        if bitrate_bps >= (least_bps * _MARGIN if now and height > now else least_bps):
            return height
    return _HEIGHTS[-1][1]


def _open(width: int, height: int, bitrate_bps: int) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.time_base = Fraction(FPS, 1), Fraction(1, TICKS)
    codec.bit_rate, codec.gop_size = bitrate_bps, 10 * FPS
    codec.profile = "Constrained Baseline"
    codec.options = {"preset": "superfast", "tune": "zerolatency", "level": "31"}
    return codec
