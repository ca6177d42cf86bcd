"""The sound of a synthetic participant: its own tone, louder at every whole second, and how to hear it.

48 kHz mono floats in -1..1. The loop is whole seconds long and the tone has a whole number of cycles in it, so its
end meets its beginning. A faint noise, seeded by the participant, makes every Opus packet of the loop unlike every
other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
PACKET_MS: Final = 20
PACKET_SAMPLES: Final = RATE_HZ * PACKET_MS // 1000
MARK_MS: Final = 80
TONE: Final = 0.15
MARK: Final = 0.6
NOISE: Final = 0.004
FIRST_HZ: Final = 400
STEP_HZ: Final = 60
TONES: Final = 48
"""Different tones before they repeat: 400 .. 3220 Hz, inside what a speech codec keeps."""

Samples = NDArray[np.float32]


def frequency_hz(lesson: int, participant: int) -> int:
    """The tone of a participant. Those of one lesson differ by at least STEP_HZ, neighbouring lessons' do not meet."""
    return FIRST_HZ + STEP_HZ * ((lesson * 4 + participant) % TONES)


def loop(hz: int, seconds: int, seed: int) -> Samples:
    """The loop's samples: a tone of `hz` with a mark from each whole second on, MARK_MS long."""
    n = np.arange(seconds * RATE_HZ)
    loud = (n % RATE_HZ) < RATE_HZ * MARK_MS // 1000
    tone = np.sin(2 * np.pi * hz * n / RATE_HZ) * np.where(loud, MARK, TONE)
    noise = np.random.default_rng(seed).normal(0, NOISE, n.size)
    return np.clip(tone + noise, -1, 1).astype(np.float32)


def strength(samples: Samples, hz: int) -> float:
    """How much of the sound's energy is the tone of `hz`, 0..1 (a Goertzel sum over the whole window)."""
    total = float(np.dot(samples, samples))
    if total < 1e-6 * samples.size:
        return 0.0
    n = np.arange(samples.size)
    correlation = np.dot(samples, np.exp(-2j * np.pi * hz * n / RATE_HZ))
    return float(2 * abs(correlation) ** 2 / (samples.size * total))


def mark_at(samples: Samples) -> float | None:
    """Seconds from the first sample to the onset of the first mark; None when no onset lies in the window.

    The envelope is the greatest level in 2 ms bins; an onset is where it first passes half of MARK after a quiet bin.
    """
    size = RATE_HZ * 2 // 1000
    bins = np.abs(samples[: samples.size // size * size]).reshape(-1, size).max(axis=1)
    loud = bins > (MARK + TONE) / 2
    onsets = np.flatnonzero(loud[1:] & ~loud[:-1])
    return None if onsets.size == 0 else float((onsets[0] + 1) * size / RATE_HZ)
