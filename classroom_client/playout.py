"""When what was received is shown and heard. Pure: times are arguments, seconds of one monotonic clock.

Picture and sound of a slot wait the same DELAY_S behind the fastest packet of late, so that the network's jitter is
not seen and lips match. Frames wait in bounded queues; what is too late is passed over, never played faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

DELAY_S: Final = 0.08
WINDOW_S: Final = 10.0
"""How long a fastest packet counts: clocks drift, routes change."""
JUMP_S: Final = 2.0
"""Media time that runs off by more than this is a new stream."""
FRAMES_MAX: Final = 32
RATE_HZ: Final = 48_000
SOUND_MAX_S: Final = 0.4

Picture = TypeVar("Picture")
Samples = NDArray[np.float32]


class SlotClock:
    """Maps a stream's media time to the time it is due here."""

    def __init__(self) -> None:
        self._fastest: deque[tuple[float, float]] = deque()

    def due(self, media_s: float, arrived_s: float) -> float:
        """When media of time `media_s`, which arrived just now, is to be shown."""
        offset = arrived_s - media_s
        if self._fastest and abs(offset - self._fastest[0][1]) > JUMP_S:
            self._fastest.clear()
        while self._fastest and self._fastest[-1][1] >= offset:
            self._fastest.pop()
        self._fastest.append((arrived_s, offset))
        while arrived_s - self._fastest[0][0] > WINDOW_S:
            self._fastest.popleft()
        return media_s + self._fastest[0][1] + DELAY_S


class VideoPlayout(Generic[Picture]):
    """Pictures of one slot that wait to be due; at most FRAMES_MAX, the oldest give way."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Picture]] = deque(maxlen=FRAMES_MAX)

    def push(self, picture: Picture, due_s: float) -> None:
        """A picture to be shown at `due_s`."""
        self._waiting.append((due_s, picture))

    def pick(self, now_s: float) -> Picture | None:
        """The latest picture that is due, None while the one on the screen is still right."""
        latest: Picture | None = None
        while self._waiting and self._waiting[0][0] <= now_s:
            latest = self._waiting.popleft()[1]
        return latest

    def clear(self) -> None:
        """The slot has been emptied."""
        self._waiting.clear()


class AudioPlayout:
    """The sound of one slot: 48 kHz mono in, any number of samples out. Holds at most SOUND_MAX_S."""

    def __init__(self) -> None:
        self._blocks: deque[Samples] = deque()
        self._held = 0
        self._starting = True

    @property
    def held_s(self) -> float:
        """Seconds of sound that wait."""
        return self._held / RATE_HZ

    def push(self, samples: Samples) -> None:
        """Sound that follows what waits already; too much of it, and the oldest is passed over."""
        self._blocks.append(samples)
        self._held += samples.size
        if self.held_s > SOUND_MAX_S:
            self._skip(self._held - int(DELAY_S * RATE_HZ))

    def pull(self, count: int) -> Samples:
        """The next `count` samples; silence while too little waits to begin, and where it runs out."""
        out = np.zeros(count, np.float32)
        if self._starting and self.held_s < DELAY_S:
            return out
        self._starting = self._held < count
        at = 0
        while at < count and self._blocks:
            block = self._blocks.popleft()
            taken = min(block.size, count - at)
            out[at : at + taken] = block[:taken]
            if taken < block.size:
                self._blocks.appendleft(block[taken:])
            at += taken
            self._held -= taken
        return out

    def clear(self) -> None:
        """The slot has been emptied."""
        self._blocks.clear()
        self._held = 0
        self._starting = True

    def _skip(self, count: int) -> None:
        while count > 0:
            block = self._blocks.popleft()
            skipped = min(block.size, count)
            if skipped < block.size:
                self._blocks.appendleft(block[skipped:])
            count -= skipped
            self._held -= skipped


def mix(blocks: Iterable[Samples], count: int) -> Samples:
    """The sum of sounds, each of `count` samples, kept within -1..1."""
    total = np.zeros(count, np.float32)
    for block in blocks:
        total += block
    clipped: Samples = np.clip(total, -1.0, 1.0)
    return clipped
