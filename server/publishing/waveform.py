"""How loud the lead was, over the whole recording. Decodes; never in the server."""

from __future__ import annotations

import math
from pathlib import Path

import av
import av.audio.resampler
import msgspec
import numpy as np
from msgspec import Struct

from server.recording.package import write_atomically

WAVEFORM = "waveform.json"
RATE_HZ = 8_000
FLOOR_DB = -60.0
MOST = 2_000
FINEST_MS = 100


class Waveform(Struct, frozen=True, kw_only=True):
    """The loudest sample of each `every_ms`: 0 (-60 dB or less) to 100 (full scale)."""

    every_ms: int
    peaks: list[int]


def make_waveform(path: Path, start_ms: int, duration_ms: int, folder: Path) -> str | None:
    """Writes the waveform of the media file at `path`, which begins at `start_ms`, into `folder`; its name, or None."""
    every_ms = max(FINEST_MS, -(-duration_ms // MOST))
    bucket = RATE_HZ * every_ms // 1000
    peaks = np.zeros(max(1, -(-duration_ms // every_ms)), np.int32)
    at = start_ms * RATE_HZ // 1000
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                samples = np.abs(piece.to_ndarray().reshape(-1).astype(np.int32))
                numbers = (at + np.arange(len(samples))) // bucket
                inside = numbers < len(peaks)
                np.maximum.at(peaks, numbers[inside], samples[inside])
                at += len(samples)
    waveform = Waveform(every_ms=every_ms, peaks=[_loudness(int(peak)) for peak in peaks])
    write_atomically(folder / WAVEFORM, msgspec.json.encode(waveform))
    return WAVEFORM


def _loudness(peak: int) -> int:
    if peak <= 0:
        return 0
    decibels = 20 * math.log10(min(peak, 32_767) / 32_767)
    return max(0, round(100 * (1 - decibels / FLOOR_DB)))
