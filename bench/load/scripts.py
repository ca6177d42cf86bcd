"""What cameras and microphones send: sizes and times of packets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CAPTURED = Path(__file__).parents[1] / "data" / "chromium_camera.json"
SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Script:
    """Frames as (time in ns from the beginning, sizes of its RTP packets with headers), repeated every period."""

    frames: tuple[tuple[int, tuple[int, ...]], ...]
    period_ns: int
    video: bool = True

    def flat(self) -> tuple[list[int], list[int], list[int]]:
        """Packets per frame, the sizes of all packets, times of the frames."""
        sizes = [size for _, frame in self.frames for size in frame]
        return [len(frame) for _, frame in self.frames], sizes, [at for at, _ in self.frames]

    @property
    def packets_per_second(self) -> float:
        """The mean rate."""
        return sum(len(frame) for _, frame in self.frames) * SECOND_NS / self.period_ns


def steady(size: int, burst: int, packets_per_second: float) -> Script:
    """Frames of `burst` equal packets."""
    return Script(((0, (size,) * burst),), round(SECOND_NS * burst / packets_per_second))


def speech() -> Script:
    """Opus at about 32 kbit/s in packets of 20 ms."""
    return Script(((0, (92,)),), 20_000_000, video=False)


def captured(layer: str) -> Script:
    """A camera as Chromium sent it: `f` is 1280x720, `h` 640x360 (bench/capture.py)."""
    track = json.loads(CAPTURED.read_text())["layers"][layer]
    frames = tuple((frame["at_us"] * 1000, tuple(frame["sizes"])) for frame in track["frames"])
    return Script(frames, track["period_us"] * 1000)
