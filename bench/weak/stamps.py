"""The stamps in the cameras' pictures: drawn into what a camera films, and what follows from those that came."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from classroom_client.rehearsal.stamp import Stamp, draw, unpack

LESSON: Final = 1
FPS: Final = 20
WIDTH, HEIGHT = 640, 360
FROZEN_MS: Final = 200.0
"""A picture that stands for longer is frozen: 150 ms more than a frame lasts, as browsers count it."""
RECENT: Final = 5
"""A picture whose number was among the last ones is not new: one source may come in two slots."""
STEADY_S: Final = 2.0
STILL_S: Final = 0.5


def film(clip: Path, participant: int, to: Path) -> None:
    """The clip as Chromium's camera reads it (YUV4MPEG2), each frame with its stamp."""
    with av.open(str(clip)) as footage, to.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number, frame in enumerate(footage.decode(video=0)):
            out.write(b"FRAME\n" + stamped(frame, participant, number).tobytes())


def stamped(frame: av.VideoFrame, participant: int, number: int) -> NDArray[np.uint8]:
    """A frame in yuv420p, in grey where its stamp is."""
    planes = frame.reformat(WIDTH, HEIGHT, "yuv420p").to_ndarray().astype(np.uint8)
    draw(Stamp(LESSON, participant, number), planes[:HEIGHT])
    planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)[:, : HEIGHT // 6] = 128
    return planes


def right(frames: list[list[float]], participant: int) -> list[float]:
    """When each new picture of a participant came, ms; those without a whole stamp of it are not right.

    frames: in order, when each came and the 48 bits that were read in it.
    """
    times: list[float] = []
    recent: deque[int] = deque(maxlen=RECENT)
    for at, bits in sorted(frames):
        stamp = unpack(int(bits))
        if stamp is not None and stamp[:2] == (LESSON, participant) and stamp.frame not in recent:
            times.append(at)
            recent.append(stamp.frame)
    return times


def flow(came: list[float], span: tuple[float, float]) -> tuple[float, float]:
    """Pictures a second, and the share of the time in which one stood, or there was none, for over FROZEN_MS, in %."""
    stood = [after - before for before, after in pairwise([span[0], *came, span[1]])]
    length = span[1] - span[0]
    return 1000 * len(came) / length, 100 * sum(each for each in stood if each > FROZEN_MS) / length


def settled_after(came: list[float], span: tuple[float, float]) -> float:
    """Seconds from the span's begin until pictures come and go on for STEADY_S, none still for STILL_S; inf where they
    never do."""
    for at, ms in enumerate(came):
        ends_ms = ms + 1000 * STEADY_S
        after = [one for one in came[at:] if one <= ends_ms]
        if span[1] >= ends_ms and all(b - a < 1000 * STILL_S for a, b in pairwise([*after, ends_ms])):
            return (ms - span[0]) / 1000
    return float("inf")
