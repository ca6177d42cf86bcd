"""The device tests its camera, microphone, clock and disk on what it captures anyway; the server judges the figures."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import av
import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from classroom_client.entry import Door, EntryError, post

log = structlog.get_logger(__name__)

LASTS_S: Final = 4.0
PICTURES_MAX: Final = 40
SOUND_MAX_S: Final = 4
WIDTH: Final = 320
FULL: Final = 0.99
FLOOR_DB: Final = -200.0
FROM_MS: Final = 30 * 60_000
UNTIL_MS: Final = 2 * 60_000
TESTED_FOR_MS: Final = 10 * 3_600_000

Luma = NDArray[np.uint8]
Samples = NDArray[np.float32]


class Tasting:
    """Takes pictures and sound out of the capture's threads while a test lasts."""

    def __init__(self) -> None:
        self.pictures: list[Luma] = []
        self._blocks: list[Samples] = []
        self._lock = threading.Lock()

    def taste(self, kind: str, frame: Any) -> None:
        """Called with each decoded frame; those beyond the test's need are let go."""
        with self._lock:
            if kind == "video" and len(self.pictures) < PICTURES_MAX:
                self.pictures.append(luma_of(frame))
            elif kind == "audio" and sum(map(len, self._blocks)) < SOUND_MAX_S * frame.sample_rate:
                self._blocks.append(samples_of(frame))

    @property
    def samples(self) -> Samples:
        """All sound so far, -1 to 1."""
        with self._lock:
            return np.concatenate(self._blocks) if self._blocks else np.empty(0, np.float32)


def luma_of(frame: av.VideoFrame) -> Luma:
    """The picture as luma, WIDTH pixels wide."""
    height = max(3, round(WIDTH * frame.height / frame.width))
    return np.asarray(frame.reformat(WIDTH, height, "gray").to_ndarray(), np.uint8)


def samples_of(frame: av.AudioFrame) -> Samples:
    """The first channel, -1 to 1."""
    array = frame.to_ndarray()
    channel = array[0] if frame.format.is_planar else array[0, :: frame.layout.nb_channels]
    if channel.dtype.kind == "i":
        return (channel / float(np.iinfo(channel.dtype).max)).astype(np.float32)
    return channel.astype(np.float32)


def camera_figures(pictures: list[Luma]) -> dict[str, float]:
    """Brightness, contrast, sharpness and motion as the pages measure them (web/src/selftest/picture.ts)."""
    last = pictures[-1].astype(np.float32)
    pairs = pairwise(pictures)
    motion = max((float(np.abs(b.astype(np.int16) - a).mean()) for a, b in pairs), default=0.0)
    return {
        "brightness": round(float(last.mean()), 4),
        "contrast": round(float(last.std()), 4),
        "sharpness": round(max(map(_sharpness, pictures)), 4),
        "motion": round(motion, 4),
    }


def _sharpness(picture: Luma) -> float:
    luma = picture.astype(np.float32)
    variance = float(luma.var())
    edges = 4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
    return float(edges.var()) / variance if variance >= 1 else 0.0


def sound_figures(samples: Samples) -> dict[str, float]:
    """Level and peak in dB of full scale, thousandths of samples at full scale."""
    size = np.abs(samples)
    return {
        "level_db": _decibels(float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))),
        "peak_db": _decibels(float(size.max())),
        "clipped": round(1000 * float(np.mean(size >= FULL)), 2),
    }


def _decibels(amplitude: float) -> float:
    return FLOOR_DB if amplitude <= 1e-10 else round(20 * float(np.log10(amplitude)), 1)


def is_due(next_start_ms: int | None, tested_ms: int | None, now_ms: int) -> bool:
    """Whether to test by itself: once a day, between half an hour and two minutes before the first lesson."""
    if next_start_ms is None or (tested_ms is not None and now_ms - tested_ms < TESTED_FOR_MS):
        return False
    return UNTIL_MS <= next_start_ms - now_ms <= FROM_MS


def figures_of(tasting: Tasting, parts: dict[str, str], state: Path, took_ms: int) -> dict[str, Any]:
    """The whole test's figures. parts: what the capture says of camera and microphone; `unknown` is not tested."""
    figures: dict[str, Any] = {"by": "itself", "took_ms": took_ms, "clock_ms": time.time_ns() // 1_000_000}
    if parts["camera"] != "unknown":
        figures["camera"] = (
            camera_figures(tasting.pictures) if tasting.pictures else {"trouble": _trouble(parts["camera"])}
        )
    if parts["microphone"] != "unknown":
        samples = tasting.samples
        figures["microphone"] = sound_figures(samples) if len(samples) else {"trouble": _trouble(parts["microphone"])}
    figures["disk_free_mb"] = shutil.disk_usage(state if state.exists() else "/").free // 1_000_000
    return figures


def _trouble(part: str) -> str:
    """A device that is open and gives nothing has failed."""
    return "failed" if part == "ok" else part


async def run(tasting: Tasting, parts: dict[str, str], state: Path, door: Door, key: str) -> list[str]:
    """Waits while `tasting` is fed, sends the figures; the faults the server finds in them.

    Raises:
        EntryError: the server did not take them.
    """
    began_s = time.monotonic()
    await asyncio.sleep(LASTS_S)
    figures = figures_of(tasting, parts, state, round(1000 * (time.monotonic() - began_s)))
    body, _ = await post(door, "/api/devices/selftest", figures, key)
    try:
        faults = [fault.code for fault in msgspec.json.decode(body, type=_Verdict).faults]
    except msgspec.DecodeError as error:
        raise EntryError("bad_answer", str(error)) from error
    log.info("self-test", faults=faults)
    return faults


class _Fault(msgspec.Struct, frozen=True):
    code: str


class _Verdict(msgspec.Struct, frozen=True):
    faults: list[_Fault]
