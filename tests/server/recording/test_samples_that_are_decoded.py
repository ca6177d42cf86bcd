"""What is decoded of a file to check it: a sample of each stream, from where that stream begins."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from server.recording.decode import Decoded, decode_sample

FPS = 10
SAMPLE_S = 3.0


def film(path: Path, begins_s: float, lasts_s: float) -> Path:
    """One picture stream that begins so long after the file's own beginning, as of somebody who joined late."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for packet in _packets(stream, round(begins_s * FPS), round(lasts_s * FPS)):
            out.mux(packet)
    return path


def _packets(stream: av.VideoStream, first: int, count: int) -> Iterator[av.Packet]:
    for number in range(first, first + count):
        picture = av.VideoFrame.from_ndarray(np.full((36, 64, 3), number % 256, np.uint8), format="rgb24")
        picture.pts = number
        yield from stream.encode(picture)
    yield from stream.encode(None)


@pytest.mark.parametrize("begins_s", [0.0, 30.0])
def test_a_stream_is_sampled_from_its_own_beginning(tmp_path: Path, begins_s: float) -> None:
    path = film(tmp_path / "late.mp4", begins_s, lasts_s=8.0)
    assert decode_sample(str(path), SAMPLE_S) == Decoded(seconds=SAMPLE_S, frames=round(SAMPLE_S * FPS) + 1, errors=[])


def test_what_is_shorter_than_the_sample_is_decoded_to_its_end(tmp_path: Path) -> None:
    path = film(tmp_path / "short.mp4", begins_s=30.0, lasts_s=1.0)
    assert decode_sample(str(path), SAMPLE_S).frames == FPS
