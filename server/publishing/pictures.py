"""Small pictures of a recording: a strip for the seek bar and a poster for the list. Decodes; never in the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.container
import av.video.stream
import cv2
import numpy as np
from numpy.typing import NDArray

from server.publishing.replay import Thumbs

Picture = NDArray[Any]
"""Height x width x 3, BGR, 8 bit."""

STRIP = "strip.jpg"
POSTER = "poster.jpg"
WIDTH = 160
HEIGHT = 90
COLUMNS = 10
POSTER_WIDTH = 640
EVERY_MS = 30_000
MOST = 400
FEWEST = 20
SHORTEST_MS = 2_000
QUALITY = 80


def interval_ms(duration_ms: int) -> int:
    """How far apart the small pictures are: 30 s, closer in short recordings, wider in very long ones."""
    return max(min(EVERY_MS, max(SHORTEST_MS, duration_ms // FEWEST)), -(-duration_ms // MOST))


def make_pictures(path: Path, start_ms: int, duration_ms: int, folder: Path) -> tuple[Thumbs | None, str | None]:
    """Writes strip and poster of the video file at `path`, which begins at `start_ms`, into `folder`.

    Only keyframes are decoded. Nothing is made where no picture can be decoded.
    """
    every_ms = interval_ms(duration_ms)
    count = max(1, -(-duration_ms // every_ms))
    strip = np.zeros((-(-count // COLUMNS) * HEIGHT, COLUMNS * WIDTH, 3), np.uint8)
    best: Picture | None = None
    best_detail = -1.0
    for index, picture in _keyframes(path, [max(0, i * every_ms - start_ms) for i in range(count)]):
        small = _fitted(picture)
        y, x = index // COLUMNS * HEIGHT, index % COLUMNS * WIDTH
        strip[y : y + HEIGHT, x : x + WIDTH] = small
        detail = float(small.std())
        if detail > best_detail:
            best, best_detail = picture, detail
    if best is None:
        return None, None
    _write(folder / STRIP, strip)
    height = round(best.shape[0] * POSTER_WIDTH / best.shape[1])
    _write(folder / POSTER, cv2.resize(best, (POSTER_WIDTH, height), interpolation=cv2.INTER_AREA))
    thumbs = Thumbs(file=STRIP, every_ms=every_ms, width=WIDTH, height=HEIGHT, columns=COLUMNS, count=count)
    return thumbs, POSTER


def _keyframes(path: Path, times_ms: list[int]) -> Iterator[tuple[int, Picture]]:
    """For each time its number and the keyframe shown at it, in BGR."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        last_pts: int | None = None
        picture: Picture | None = None
        for number, ms in enumerate(times_ms):
            frame = _keyframe_at(container, stream, ms)
            if frame is not None and (picture is None or frame.pts != last_pts):
                picture = frame.to_ndarray(format="bgr24")
                last_pts = frame.pts
            if picture is not None:
                yield number, picture


def _keyframe_at(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, ms: int
) -> av.VideoFrame | None:
    try:
        container.seek(ms * 1000, backward=True)
        return next(iter(container.decode(stream)), None)
    except (av.FFmpegError, EOFError):
        return None


def _fitted(picture: Picture) -> Picture:
    """The picture within WIDTH x HEIGHT, bars where its shape differs."""
    height, width = picture.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    size = (max(1, min(WIDTH, round(width * scale))), max(1, min(HEIGHT, round(height * scale))))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    fitted = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    y, x = (HEIGHT - size[1]) // 2, (WIDTH - size[0]) // 2
    fitted[y : y + size[1], x : x + size[0]] = small
    return fitted


def _write(path: Path, picture: Picture) -> None:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a JPEG of a valid picture"
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data.tobytes())
    temporary.replace(path)
