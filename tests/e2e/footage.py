"""Fake cameras and microphones: real footage with a coloured mark per room; real speech with a pulsed tone per room."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

CLIP = Path(__file__).parent.parent / "footage" / "bigbuckbunny.mp4"
WIDTH, HEIGHT, FPS = 640, 360, 15
MARK = 72
RATE_HZ = 48_000

MARKS: dict[str, tuple[int, int, int]] = {
    "lead": (220, 30, 30),
    "room1": (30, 200, 40),
    "room2": (40, 60, 230),
    "room3": (230, 210, 30),
}
"""RGB of the square in the upper left corner of each camera's picture."""
TONES_HZ: dict[str, int] = {"lead": 500, "room1": 800, "room2": 1200, "room3": 1700}
PERIODS_S: dict[str, float] = {"lead": 0.5, "room1": 0.6, "room2": 0.7, "room3": 0.8}
"""How often each tone comes: each at a time of its own, or a browser takes what it hears for its own sound's echo."""
TONE_S = 0.25
"""Swelling, for a sharp edge sounds at every pitch; at most half its period, or Chromium suppresses it as noise."""
TONE_LEVEL = 0.3

RECORDINGS = Path("/usr/share/sounds/alsa")
"""Words that a woman reads, in Debian's alsa-utils: 48 kHz, one channel."""
WORDS: dict[str, tuple[str, str]] = {
    "lead": ("Front_Center", "Front_Left"),
    "room1": ("Front_Right", "Rear_Center"),
    "room2": ("Rear_Left", "Rear_Right"),
    "room3": ("Side_Left", "Side_Right"),
}
"""Different ones in each room, for the same reason as the periods."""
SPEECH_LEVEL = 0.5
SPEECH_HZ = (170, 330)
"""Where a voice sounds and no tone does."""
NOTCH_HZ = 60
"""So far on each side of every tone speech is silent: who speaks is told by the tones."""


def camera_file(folder: Path, who: str) -> Path:
    """A raw Y4M clip for Chromium's fake camera: 640x360 at 15 fps, marked for `who`."""
    path = folder / f"{who}.y4m"
    with av.open(str(CLIP)) as clip, path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in clip.decode(video=0):
            picture = frame.reformat(WIDTH, HEIGHT, "rgb24").to_ndarray()
            picture[:MARK, :MARK] = MARKS[who]
            marked = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            out.write(b"FRAME\n" + marked.to_ndarray().tobytes())
    return path


def microphone_file(folder: Path, who: str, periods: int = 12) -> Path:
    """A WAV for Chromium's fake microphone, which repeats it: speech, and the room's tone, TONE_S of its periods."""
    path = folder / f"{who}.wav"
    t = np.arange(round(RATE_HZ * PERIODS_S[who] * periods)) / RATE_HZ
    swell = np.sin(np.pi * np.clip((t % PERIODS_S[who]) / TONE_S, 0.0, 1.0))
    tone = TONE_LEVEL * np.sin(2 * np.pi * TONES_HZ[who] * t) * swell
    sound = tone + SPEECH_LEVEL * speech(who, len(tone))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


def speech(who: str, samples: int) -> NDArray[np.float64]:
    """The room's words over and over, at most 1, without the pitches of the tones."""
    said = np.resize(np.concatenate([_recording(name) for name in WORDS[who]]), samples)
    spectrum, pitches = np.fft.rfft(said), np.fft.rfftfreq(samples, 1 / RATE_HZ)
    for tone_hz in TONES_HZ.values():
        spectrum[np.abs(pitches - tone_hz) < NOTCH_HZ] = 0
    voice: NDArray[np.float64] = np.fft.irfft(spectrum, samples)
    return voice / np.abs(voice).max()


def _recording(name: str) -> NDArray[np.float64]:
    path = RECORDINGS / f"{name}.wav"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: apt install alsa-utils (make setup-dev does it)")
    with wave.open(str(path)) as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (RATE_HZ, 1, 2)
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2") / 32_768
