"""The figures an appliance takes of its own camera and microphone, and when it takes them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from classroom_client.selftest.loop import Whistle
from classroom_client.selftest.picture import camera_figures
from classroom_client.selftest.run import FROM_MS, UNTIL_MS, Room, device_figures, is_due
from classroom_client.selftest.sound import sound_figures
from classroom_client.selftest.tasting import Tasting

BELL = 1_800_000_000_000


def scene(shift: int) -> np.ndarray:
    stripes = np.where((np.arange(320) + shift) // 8 % 2, 200, 60).astype(np.uint8)
    return np.tile(stripes, (180, 1))


def room(tasting: Tasting, state: Path, camera: str, microphone: str, height: int = 1080) -> Room:
    screen = (1920, height, -(-height // 25))
    return Room(tasting, {"camera": camera, "microphone": microphone}, Whistle(), screen, state)


def test_a_black_a_frozen_and_a_live_picture_differ_in_their_figures() -> None:
    black = camera_figures([np.full((180, 320), 3, np.uint8)] * 3)
    assert black == {"brightness": 3.0, "contrast": 0.0, "sharpness": 0.0, "motion": 0.0}
    assert camera_figures([scene(0), scene(0)])["motion"] == 0.0
    live = camera_figures([scene(0), scene(1)])
    assert live["motion"] > 1
    assert live["sharpness"] > 0.1


def test_the_level_is_in_decibels_and_clipping_in_thousandths() -> None:
    assert sound_figures(np.zeros(100, np.float32)) == {"level_db": -200.0, "peak_db": -200.0, "clipped": 0.0}
    loud = np.full(1000, 0.1, np.float32)
    loud[:20] = 1.0
    assert sound_figures(loud)["clipped"] == 20.0
    assert sound_figures(loud)["peak_db"] == 0.0


def test_frames_of_the_capture_become_pictures_and_sound(tmp_path: Path) -> None:
    tasting = Tasting()
    tasting.taste("video", av.VideoFrame.from_ndarray(scene(0), format="gray"))
    block = np.full((1, 960), 16_384, np.int16)
    sound = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
    sound.sample_rate = 48_000
    tasting.taste("audio", sound)
    figures = device_figures(room(tasting, tmp_path, "ok", "ok"))
    assert figures["camera"]["contrast"] > 60
    assert figures["microphone"]["level_db"] == -6.0
    assert figures["disk_free_mb"] > 0
    assert figures["screen"] == {"width": 1920, "height": 1080, "letters": 40.7}


def test_a_device_that_gives_nothing_is_told_by_its_trouble_and_one_nobody_set_up_not_at_all(
    tmp_path: Path,
) -> None:
    figures = device_figures(room(Tasting(), tmp_path, "missing", "ok"))
    assert (figures["camera"], figures["microphone"]) == ({"trouble": "missing"}, {"trouble": "failed"})
    assert "camera" not in device_figures(room(Tasting(), tmp_path, "unknown", "unknown"))


def test_it_tests_once_a_day_before_the_first_lesson() -> None:
    assert [is_due(BELL, None, BELL - left) for left in (FROM_MS + 1, FROM_MS, UNTIL_MS, UNTIL_MS - 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert not is_due(BELL, BELL - FROM_MS, BELL - UNTIL_MS)
    assert not is_due(None, None, BELL)
