"""How well speech is understood at the receiving end: STOI of what was heard beside what was said.

Source: C. H. Taal and others, "An Algorithm for Intelligibility Prediction of Time-Frequency Weighted Noisy Speech",
IEEE Transactions on Audio, Speech and Language Processing 19 (7), 2011; computed by pystoi. What is said is a loop of
recorded speech, so that what was heard can be laid beside it wherever it began.
"""

from __future__ import annotations

import base64
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pystoi import stoi
from scipy.signal import correlate, resample_poly

RATE_HZ: Final = 16_000
PIECE_S: Final = 3.0
"""Laid beside what was said one by one: a receiver stretches and shrinks sound a little."""
LEAST_SHARE: Final = 0.25
"""A piece whose sound is quieter than this share of the whole's is mostly a pause."""
SOUNDS: Final = Path("/usr/share/sounds/alsa")
NAMES: Final = "Front_Left Front_Center Front_Right Side_Right Rear_Right Rear_Center Rear_Left Side_Left"
RECORDINGS: Final = tuple(f"{name}.wav" for name in NAMES.split())
"""A woman's voice, 11.4 s; of Debian's alsa-utils (GPL-2), which is installed and not copied."""
LISTEN: Final = """seconds => new Promise(resolve => {
  const context = new AudioContext({ sampleRate: RATE_HZ }), heard = [], known = new Set();
  const ear = context.createScriptProcessor(4096, 1, 1);
  ear.onaudioprocess = event => heard.push(new Float32Array(event.inputBuffer.getChannelData(0)));
  ear.connect(context.destination);
  const look = () => {
    for (const { srcObject, muted } of document.querySelectorAll('audio[data-slot]'))
      if (srcObject && !muted && !known.has(srcObject)) {
        known.add(srcObject);
        context.createMediaStreamSource(srcObject).connect(ear);
      }
  };
  look();
  const looks = setInterval(look, 500);
  setTimeout(() => {
    clearInterval(looks);
    const samples = new Int16Array(heard.length * 4096);
    heard.forEach((block, at) => block.forEach((value, n) => { samples[at * 4096 + n] = 32767 * value; }));
    void context.close();
    const bytes = new Uint8Array(samples.buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    resolve(btoa(text));
  }, seconds * 1000);
})""".replace("RATE_HZ", str(RATE_HZ))
"""Takes down what the page's slots play, for some seconds: 16-bit samples, in base64."""


class NoSpeech(Exception):
    """There is nothing to say."""


Samples = NDArray[np.float64]


def say(path: Path) -> None:
    """Writes the loop of speech, 48 kHz mono.

    Raises:
        NoSpeech: a recording is missing.
    """
    missing = [name for name in RECORDINGS if not (SOUNDS / name).exists()]
    if missing:
        raise NoSpeech(f"{SOUNDS / missing[0]} is missing: apt install alsa-utils")
    with wave.open(str(path), "wb") as loop:
        loop.setnchannels(1)
        loop.setsampwidth(2)
        loop.setframerate(48_000)
        for name in RECORDINGS:
            with wave.open(str(SOUNDS / name)) as sound:
                assert sound.getparams()[:3] == (1, 2, 48_000)
                loop.writeframes(sound.readframes(sound.getnframes()))


def said_of(path: Path) -> Samples:
    """What is said, once round, at RATE_HZ."""
    with wave.open(str(path)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(np.float64)
        return np.asarray(resample_poly(samples, RATE_HZ, sound.getframerate()) / 32768)


def heard_of(told: str) -> Samples:
    """What LISTEN gave."""
    return np.frombuffer(base64.b64decode(told), np.int16).astype(np.float64) / 32768


def intelligibility(said: Samples, heard: Samples) -> float:
    """STOI, 0 to 1, over all pieces of `heard` in which there is speech; nan where there is none."""
    size = round(PIECE_S * RATE_HZ)
    loop = np.concatenate([said, said[: 2 * size]])
    loud = np.sqrt(np.mean(heard**2)) if len(heard) else 0.0
    scores = []
    for start in range(0, len(heard) - size + 1, size):
        piece = heard[start : start + size]
        likeness = correlate(loop, piece, mode="valid", method="fft")
        at = int(np.argmax(likeness))
        beside = loop[at : at + size]
        if np.sqrt(np.mean(beside**2)) >= LEAST_SHARE * np.sqrt(np.mean(said**2)) and loud > 0:
            scores.append(float(stoi(beside, piece, RATE_HZ)))
    return float(np.mean(scores)) if scores else float("nan")


def listen(page: Any, seconds: float) -> None:
    """Begins to take down what a page plays; `heard` fetches it."""
    page.evaluate(f"() => {{ window.__heard = ({LISTEN})({seconds}); }}")


def heard(page: Any) -> Samples:
    """What `listen` took down, once its time is over."""
    return heard_of(page.evaluate("() => window.__heard"))
