"""Echo cancellation: what our own loudspeaker played is taken out of what our microphone heard (WebRTC's AEC3).

The loudspeaker's thread of time and the microphone's are two clocks. Between them stands `Played`, a short queue: the
canceller finds the delay that is left by itself, so the queue only has to keep its order and stay short.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray
from pywebrtc_audio import EchoCanceller

RATE_HZ: Final = 48_000
LEAD_SAMPLES: Final = RATE_HZ // 50
"""So much silence goes before sound that starts again: what is asked for in bursts must not run dry at once. It is less
than the loudspeaker's own queue, so the echo never comes before what made it."""
SLACK_SAMPLES: Final = RATE_HZ // 20
"""When more than this is left after each look of a second, the microphone's clock is the slower one: it is cut."""
HELD_MAX: Final = RATE_HZ // 2
"""A queue that nobody empties is cut here."""

Sound = NDArray[np.float32]
Whole = NDArray[np.int16]


class Played:
    """What the loudspeaker was given and the microphone has not been compared with: 48 kHz mono. Of any two threads."""

    def __init__(self) -> None:
        self._blocks: deque[Whole] = deque()
        self._held = 0
        self._flowing = False
        self._least = HELD_MAX
        self._looked = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Samples that wait."""
        with self._lock:
            return self._held

    def put(self, samples: Sound) -> None:
        """The loudspeaker plays these next; -1 to 1."""
        whole = (np.clip(samples, -1.0, 1.0) * np.iinfo(np.int16).max).astype(np.int16)
        with self._lock:
            if not self._flowing:
                self._append(np.zeros(LEAD_SAMPLES, np.int16))
                self._flowing = True
            self._append(whole)
            if self._held > HELD_MAX:
                self._cut()

    def take(self, count: int) -> Whole:
        """The next `count` samples; silence where nothing is played."""
        out = np.zeros(count, np.int16)
        at = 0
        with self._lock:
            while at < count and self._blocks:
                block = self._blocks.popleft()
                taken = min(block.size, count - at)
                out[at : at + taken] = block[:taken]
                if taken < block.size:
                    self._blocks.appendleft(block[taken:])
                at += taken
            self._held -= at
            self._flowing = at == count
            self._look_after(count)
        return out

    def _look_after(self, count: int) -> None:
        """Devices hand over their sound in bursts, so that only the least of a second tells how much is too much."""
        self._least = min(self._least, self._held)
        self._looked += count
        if self._looked < RATE_HZ:
            return
        if self._least > SLACK_SAMPLES:
            self._cut()
        self._least, self._looked = HELD_MAX, 0

    def _cut(self) -> None:
        while self._held > LEAD_SAMPLES:
            self._held -= self._blocks.popleft().size

    def _append(self, block: Whole) -> None:
        self._blocks.append(block)
        self._held += block.size


class CleanMicrophone:
    """A microphone without the echo of `played`. One instance for each opening of the device, in its thread."""

    def __init__(self, played: Played) -> None:
        self._played = played
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=RATE_HZ // 100)
        self._canceller = EchoCanceller(sample_rate=RATE_HZ)

    def clean(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """The sound that `frame` completes, in frames of 10 ms, 48 kHz mono; each a hundredth of a second at most late.

        Raises:
            av.FFmpegError: the sound cannot be converted.
        """
        frame.pts = None
        return [self._cancel(block) for block in self._resampler.resample(frame)]

    def _cancel(self, block: av.AudioFrame) -> av.AudioFrame:
        heard: NDArray[Any] = block.to_ndarray()[0]
        own = self._canceller.process(heard, self._played.take(heard.size))
        cleaned = av.AudioFrame.from_ndarray(own.reshape(1, -1), format="s16", layout="mono")
        cleaned.sample_rate = RATE_HZ
        return cleaned
