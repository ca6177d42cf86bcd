"""What stands for an appliance's camera and microphone on the weak lines."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from bench.weak import appliance

pytestmark = pytest.mark.media


def test_its_sound_is_read_when_its_pictures_are(tmp_path: Path) -> None:
    microphone = tmp_path / "microphone.wav"
    with wave.open(str(microphone), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(appliance.RATE_HZ)
        out.writeframes((8000 * np.sin(np.arange(3 * appliance.RATE_HZ) / 20)).astype(np.int16).tobytes())
    seen_s = heard_s = behind_s = ahead_s = 0.0
    with av.open(str(appliance.media(tmp_path, microphone))) as file:
        for frame in file.decode():
            if isinstance(frame, av.VideoFrame):
                seen_s = frame.time
            else:
                heard_s = frame.time
            behind_s, ahead_s = max(behind_s, seen_s - heard_s), max(ahead_s, heard_s - seen_s)
    assert (round(seen_s), round(heard_s)) == (13, 13)
    assert behind_s < 0.1
    assert ahead_s < 0.25
