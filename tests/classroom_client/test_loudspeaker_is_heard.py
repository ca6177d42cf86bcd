"""The appliance's own loudspeaker, heard again by its own microphone: how late, and how much echo is left."""

from __future__ import annotations

import asyncio
from typing import Any

import av
import numpy as np
import pytest

from classroom_client.echo import RATE_HZ, CleanMicrophone, Played
from classroom_client.selftest.loop import LEARNED, LOUD, Heard, Whistle, loop_figures, summary
from classroom_client.selftest.sound import CHIRP_S, Found, Samples, chirp, find_chirp
from classroom_client.selftest.tasting import Tasting

BLOCK = RATE_HZ // 50


def noise(seconds: float, level: float, seed: int = 3) -> Samples:
    return (level * np.random.default_rng(seed).normal(0, 1, int(seconds * RATE_HZ))).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_a_chirp_is_found_where_it_is_at_any_rate(rate_hz: int) -> None:
    recording = (0.02 * np.random.default_rng(3).normal(0, 1, rate_hz)).astype(np.float32)
    at = rate_hz // 3
    recording[at : at + round(CHIRP_S * rate_hz)] += 0.05 * chirp(rate_hz)
    found = find_chirp(recording, rate_hz)
    assert found is not None
    assert abs(found.at_s - 1 / 3) < 0.002
    assert found.heard_db > 17


def test_noise_alone_is_no_chirp_and_a_moment_of_sound_too_short_for_one() -> None:
    found = find_chirp(noise(1.0, 0.1), RATE_HZ)
    assert found is not None
    assert found.heard_db < 17
    assert find_chirp(noise(0.1, 0.1), RATE_HZ) is None


def test_chirps_are_laid_over_what_is_played_and_only_once() -> None:
    whistle = Whistle()
    whistle.blow()
    assert whistle.began_s is None
    class_sound = np.full(BLOCK, 0.25, np.float32)
    blocks = [whistle.over(class_sound) for _ in range(10)]
    assert whistle.began_s is not None
    played = np.concatenate(blocks) - 0.25
    assert np.allclose(played[: round(CHIRP_S * RATE_HZ)], LOUD * chirp(RATE_HZ), atol=1e-6)
    assert not played[round(CHIRP_S * RATE_HZ) :].any()
    assert (class_sound == 0.25).all()


def test_the_summary_tells_delay_and_echo_only_of_what_was_heard() -> None:
    loud = Found(0.2, 1.0, 30.0)
    before = [Heard(loud, 90 + number) for number in range(6)]
    assert summary(before, [loud] * LEARNED + [Found(0.2, 0.05, 3.0)] * 2) == {
        "played": True, "heard_db": 30.0, "delay_ms": 90, "echo_db": -26.0,
    }  # fmt: skip
    assert summary([Heard(Found(0.0, 0.01, 9.0), 5)] * 6, []) == {"played": True, "heard_db": 9.0}
    assert summary([], []) == {"played": True, "heard_db": 0.0}


async def test_a_loudspeaker_nobody_fills_has_not_played() -> None:
    assert await loop_figures(Whistle(), Tasting()) == {"played": False}


class EchoingRoom:
    """A loudspeaker and a microphone 60 ms apart, driven 20 ms at a time as the devices' threads do."""

    def __init__(self) -> None:
        self.whistle, self.tasting = Whistle(), Tasting()
        self._played = Played()
        self._microphone = CleanMicrophone(self._played)
        self._air = [np.zeros(BLOCK, np.float32)] * 3

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            block = self.whistle.over(np.zeros(BLOCK, np.float32))
            self._played.put(block)
            self._air.append(block)
            self._hear(0.4 * self._air.pop(0))
            due += BLOCK / RATE_HZ
            await asyncio.sleep(due - loop.time())

    def _hear(self, samples: Samples) -> None:
        whole: Any = (samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        self.tasting.taste("audio", frame)
        for each in self._microphone.clean(frame):
            self.tasting.taste("cleaned", each)


@pytest.mark.media
async def test_an_echoing_room_is_heard_and_its_echo_is_taken_away() -> None:
    room = EchoingRoom()
    sounding = asyncio.create_task(room.run())
    figures = await loop_figures(room.whistle, room.tasting)
    sounding.cancel()
    assert figures["played"] is True
    assert figures["heard_db"] > 17
    assert 20 <= figures["delay_ms"] <= 400
    assert figures["echo_db"] < -12
