"""Takes pictures and sound out of the capture's threads while a test lasts."""

from __future__ import annotations

import threading
import time
from typing import Any, Final, NamedTuple

import numpy as np

from classroom_client.selftest.picture import Luma, luma_of
from classroom_client.selftest.sound import Samples, samples_of

PICTURES_MAX: Final = 40
SOUND_MAX_S: Final = 4


class Piece(NamedTuple):
    """Sound in one piece. since_s: when its first sample was heard, monotonic seconds."""

    samples: Samples
    rate_hz: int
    since_s: float


class _Ear:
    def __init__(self) -> None:
        self.blocks: list[Samples] = []
        self.rate_hz = 1
        self.since_s = 0.0

    def hear(self, frame: Any, now_s: float) -> None:
        if sum(map(len, self.blocks)) >= SOUND_MAX_S * frame.sample_rate:
            return
        if not self.blocks:
            self.rate_hz, self.since_s = frame.sample_rate, now_s - frame.samples / frame.sample_rate
        self.blocks.append(samples_of(frame))


class Tasting:
    """What was captured of late: pictures, sound as the room hears it, and `cleaned` of our own echo."""

    def __init__(self) -> None:
        self.pictures: list[Luma] = []
        self._ears = {"audio": _Ear(), "cleaned": _Ear()}
        self._lock = threading.Lock()

    def taste(self, kind: str, frame: Any) -> None:
        """Called with each frame (classroom_client.capture); those beyond the test's need are let go."""
        with self._lock:
            if kind != "video":
                self._ears[kind].hear(frame, time.monotonic())
            elif len(self.pictures) < PICTURES_MAX:
                self.pictures.append(luma_of(frame))

    def take(self, kind: str) -> Piece:
        """The sound since the last call, at most SOUND_MAX_S of it. kind: `audio` or `cleaned`."""
        with self._lock:
            ear, self._ears[kind] = self._ears[kind], _Ear()
        samples = np.concatenate(ear.blocks) if ear.blocks else np.empty(0, np.float32)
        return Piece(samples, ear.rate_hz, ear.since_s)
