"""What a microphone heard, by value: how loud, overdriven or not, and where in it our own chirp is.

The same figures as the pages take (web/src/selftest/sound.ts).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

FULL: Final = 0.99
FLOOR_DB: Final = -200.0
FROM_HZ: Final = 600
TO_HZ: Final = 3_400
CHIRP_S: Final = 0.15
WORKING_HZ: Final = 12_000
"""Correlating is done at about this rate: twice the highest frequency and some."""

Samples = NDArray[np.float32]


class Found(NamedTuple):
    """A chirp in a recording. peak: recording times chirp; heard_db: over the noise of the correlation."""

    at_s: float
    peak: float
    heard_db: float


def samples_of(frame: av.AudioFrame) -> Samples:
    """The first channel, -1 to 1."""
    array = frame.to_ndarray()
    channel = array[0] if frame.format.is_planar else array[0, :: frame.layout.nb_channels]
    if channel.dtype.kind == "i":
        return (channel / float(np.iinfo(channel.dtype).max)).astype(np.float32)
    return np.asarray(channel, np.float32)


def sound_figures(samples: Samples) -> dict[str, float]:
    """Level and peak in dB of full scale, thousandths of samples at full scale."""
    size = np.abs(samples)
    return {
        "level_db": decibels(float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))),
        "peak_db": decibels(float(size.max())),
        "clipped": round(1000 * float(np.mean(size >= FULL)), 2),
    }


def decibels(amplitude: float) -> float:
    """Of an amplitude against 1, no less than FLOOR_DB."""
    return FLOOR_DB if amplitude <= 1e-10 else round(20 * float(np.log10(amplitude)), 1)


def chirp(rate_hz: int) -> Samples:
    """A linear sweep with soft ends, CHIRP_S long, -1 to 1: people hear a short whistle."""
    count = round(CHIRP_S * rate_hz)
    at_s = np.arange(count) / rate_hz
    phase = 2 * np.pi * (FROM_HZ * at_s + (TO_HZ - FROM_HZ) * at_s**2 / (2 * CHIRP_S))
    swell = np.minimum(1, 3 * np.sin(np.pi * (np.arange(count) + 0.5) / count))
    return np.asarray(np.sin(phase) * swell, np.float32)


def find_chirp(recording: Samples, rate_hz: int) -> Found | None:
    """Where in `recording` the chirp is the strongest, by correlation; None for one shorter than the chirp."""
    step = max(1, rate_hz // WORKING_HZ)
    heard, wanted = _thin(recording, step), _thin(chirp(rate_hz), step)
    if heard.size < wanted.size:
        return None
    likeness = np.abs(np.correlate(heard, wanted, "valid").astype(np.float64))
    at, noise = int(likeness.argmax()), float(np.sqrt(np.mean(likeness**2)))
    return Found(at * step / rate_hz, float(likeness[at]), decibels(likeness[at] / noise) if noise > 0 else 0.0)


def _thin(samples: Samples, step: int) -> Samples:
    """Every `step`th sample of the moving mean: enough of a low pass for a sweep below a third of the rate."""
    whole = samples.size // step * step
    thinned: Samples = samples[:whole].reshape(-1, step).mean(axis=1, dtype=np.float32)
    return thinned
