"""A room with an open loudspeaker: what it played is taken out of its microphone, what was said in it stays."""

from __future__ import annotations

import threading
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from classroom_client.capture import Capture, Input, inputs_of
from classroom_client.config import FromCamera, FromFile, FromRtsp
from classroom_client.echo import HELD_MAX, LEAD_SAMPLES, RATE_HZ, SLACK_SAMPLES, CleanMicrophone, Played

BLOCK = RATE_HZ // 50
"""The loudspeaker is filled, and the microphone read, 20 ms at a time."""
SECONDS = 6
SETTLED = 3 * RATE_HZ
Sound = NDArray[np.float32]


def talk(seed: int, level: float) -> Sound:
    """Noise in syllables of 0.2 s: as broad and as restless as speech."""
    random = np.random.default_rng(seed)
    count = SECONDS * RATE_HZ
    syllables = np.repeat(random.choice([0.05, 1.0], SECONDS * 5), RATE_HZ // 5)[:count]
    smooth = np.convolve(random.normal(0.0, 1.0, count), np.ones(8) / 8, "same")
    return (level * syllables * smooth).astype(np.float32)


def in_the_room(played: Sound, delay_ms: int) -> Sound:
    """What a microphone hears of a loudspeaker: later, quieter, with the room's decaying answer of 100 ms."""
    random = np.random.default_rng(9)
    tail = random.normal(0.0, 1.0, RATE_HZ // 10) * np.exp(-np.arange(RATE_HZ // 10) / (RATE_HZ * 0.02))
    tail[0] = 4.0
    size = played.size + tail.size
    echo = 0.1 * np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(tail, size), size)[: played.size]
    return np.concatenate([np.zeros(RATE_HZ * delay_ms // 1000), echo])[: played.size].astype(np.float32)


def through(played: Sound, heard: Sound, rate: int = RATE_HZ, layout: str = "mono") -> Sound:
    """All of `heard`, cleaned of `played`, both passing 20 ms at a time."""
    queue = Played()
    microphone = CleanMicrophone(queue)
    out: list[Sound] = []
    for at in range(0, heard.size, BLOCK):
        queue.put(played[at : at + BLOCK])
        whole = (np.clip(heard[at : at + BLOCK], -1, 1) * 32767).astype(np.int16)
        step = RATE_HZ // rate
        channels = 2 if layout == "stereo" else 1
        frame = av.AudioFrame.from_ndarray(
            np.repeat(whole[::step], channels).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = rate
        out += [each.to_ndarray()[0].astype(np.float32) / 32767 for each in microphone.clean(frame)]
    return np.concatenate(out)


def decibels(sound: Sound) -> float:
    return 10 * float(np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


@pytest.mark.parametrize("delay_ms", [40, 90, 180])
def test_echo_falls_by_more_than_the_self_test_asks_for(delay_ms: int) -> None:
    played = talk(1, 0.4)
    heard = in_the_room(played, delay_ms)
    cleaned = through(played, heard)
    assert decibels(heard[SETTLED : cleaned.size]) - decibels(cleaned[SETTLED:]) > 20


def test_what_is_said_in_the_room_stays() -> None:
    said = talk(2, 0.3)
    cleaned = through(np.zeros_like(said), said)
    assert abs(decibels(said[SETTLED : cleaned.size]) - decibels(cleaned[SETTLED:])) < 2


def test_a_microphone_of_another_rate_and_two_channels_is_cleaned_too() -> None:
    played = talk(1, 0.4)
    heard = np.repeat(in_the_room(played, 60)[::3], 3)
    cleaned = through(played, heard, rate=16_000, layout="stereo")
    assert decibels(heard[SETTLED : cleaned.size]) - decibels(cleaned[SETTLED:]) > 12


def test_without_a_loudspeaker_there_is_silence_to_compare_with() -> None:
    assert not Played().take(480).any()


def test_sound_that_starts_again_gets_its_lead_and_keeps_its_order() -> None:
    queue = Played()
    queue.put(np.full(480, 0.5, np.float32))
    assert queue.held == LEAD_SAMPLES + 480
    taken = queue.take(LEAD_SAMPLES + 480)
    assert not taken[:LEAD_SAMPLES].any()
    assert (taken[LEAD_SAMPLES:] == 16383).all()
    queue.take(480)
    queue.put(np.full(480, 0.5, np.float32))
    assert queue.held == LEAD_SAMPLES + 480


def test_a_queue_nobody_empties_stays_short_and_keeps_the_newest() -> None:
    queue = Played()
    for n in range(1000):
        queue.put(np.full(480, n / 1000, np.float32))
        assert queue.held <= HELD_MAX
    left = queue.take(queue.held)
    assert left[-1] == int(0.999 * 32767)


def test_the_microphone_of_this_computer_is_cleaned_before_it_is_sent_and_a_self_test_hears_both(
    tmp_path: Path,
) -> None:
    played = talk(1, 0.4)
    file = tmp_path / "heard.wav"
    with wave.open(str(file), "wb") as writer:
        writer.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        writer.writeframes((np.clip(in_the_room(played, 90), -1, 1) * 32767).astype("<i2").tobytes())
    microphone = Input("microphone", ("audio",), str(file), "wav", {})
    microphone.hears_us = True
    heard: dict[str, list[Sound]] = {"audio": [], "cleaned": []}
    sent: set[str] = set()
    over = threading.Event()
    capture = Capture([microphone], lambda kind, _: sent.add(kind))

    def taste(kind: str, frame: av.AudioFrame) -> None:
        block = frame.to_ndarray()[0].astype(np.float32) / 32767
        if kind == "audio":
            at = sum(each.size for each in heard["audio"])
            capture.played.put(played[at : at + block.size])
        if not over.is_set():
            heard[kind].append(block)
        if sum(each.size for each in heard["cleaned"]) >= (SECONDS - 1) * RATE_HZ:
            over.set()

    capture.taste = taste
    capture.start()
    assert over.wait(60)
    capture.stop()
    before, after = (np.concatenate(heard[kind])[SETTLED:] for kind in ("audio", "cleaned"))
    assert decibels(before) - decibels(after) > 20
    assert sent == {"audio"}


def test_only_a_microphone_of_this_computer_hears_our_loudspeaker() -> None:
    camera, microphone = inputs_of(FromCamera("/dev/video0", "default"))
    (remote,) = inputs_of(FromRtsp("rtsp://camera.example/1", None))
    (film,) = inputs_of(FromFile(Path("film.mp4")))
    assert [each.hears_us for each in (camera, microphone, remote, film)] == [False, True, False, False]


def test_a_microphone_of_the_slower_clock_is_followed_and_one_that_reads_in_bursts_is_not_cut() -> None:
    slower, bursts = Played(), Played()
    for _ in range(3000):
        slower.put(np.zeros(481, np.float32))
        slower.take(480)
        assert slower.held <= SLACK_SAMPLES + 2 * LEAD_SAMPLES
    for n in range(480 * 20):
        bursts.put(np.full(480, (n % 100) / 100, np.float32))
        if n % 20 == 19:
            assert [bursts.take(480).size for _ in range(20)] == [480] * 20
            assert bursts.held == LEAD_SAMPLES
