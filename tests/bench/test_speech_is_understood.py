"""The measure of how well speech is understood, on sounds that are known."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from bench.weak.intelligibility import RATE_HZ, heard_of, intelligibility

pytestmark = pytest.mark.media
SECOND = RATE_HZ


def speech(seconds: int) -> np.ndarray:
    """Noise whose bands swell and fade as syllables do."""
    random = np.random.default_rng(1)
    at = np.arange(seconds * SECOND) / SECOND
    carriers = [np.sin(2 * np.pi * hz * at + random.uniform(0, 6)) for hz in range(200, 4000, 130)]
    swells = [np.abs(np.sin(2 * np.pi * random.uniform(1, 4) * at + random.uniform(0, 6))) for _ in carriers]
    return sum(a * b for a, b in zip(carriers, swells, strict=True)) / 20


def test_what_came_whole_is_understood_wherever_the_loop_began() -> None:
    said = speech(8)
    heard = np.roll(np.tile(said, 2), -3 * SECOND)[: 12 * SECOND]
    assert intelligibility(said, heard) > 0.99
    assert intelligibility(said, 0.2 * heard) > 0.99


def test_the_more_is_missing_the_less_is_understood() -> None:
    said = speech(8)
    scores = []
    for lost in (0.0, 0.1, 0.5):
        random, heard = np.random.default_rng(2), np.tile(said, 2)[: 12 * SECOND].copy()
        for start in range(0, len(heard), SECOND // 50):
            if random.random() < lost:
                heard[start : start + SECOND // 50] = 0
        scores.append(intelligibility(said, heard))
    assert scores[0] > scores[1] > scores[2]


def test_noise_is_not_understood_and_silence_is_not_judged() -> None:
    said = speech(8)
    noise = np.random.default_rng(3).normal(0, 0.1, 9 * SECOND)
    assert intelligibility(said, noise) < 0.3
    assert np.isnan(intelligibility(said, np.zeros(9 * SECOND)))


def test_what_the_page_gives_is_read_as_it_was_heard() -> None:
    told = base64.b64encode(np.array([0, 16384, -32768], np.int16).tobytes()).decode()
    assert heard_of(told) == pytest.approx([0, 0.5, -1])
