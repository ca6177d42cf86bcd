"""Writing WebM for what MP4 cannot hold: VP8 with Opus, picture and sound side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from server.publishing.samples import Line, Sample, Sources
from server.recording import ebml, matroska
from server.recording.matroska import ClusterBuilder, Cue, TrackFormat, opus_head

CLUSTER_MS = 2_000


def write_webm(out: BinaryIO, lines: list[Line], sources: Sources, copied: Callable[[int], None]) -> None:
    """Writes a whole file. `copied` is told of every cluster's bytes.

    Raises:
        OSError: the disk refuses.
    """
    head = matroska.ebml_header("webm") + ebml.identifier(matroska.SEGMENT)
    tracks = b"".join(matroska.track_entry(number, _format(line)) for number, line in enumerate(lines, 1))
    out.write(head + ebml.UNKNOWN_SIZE_8 + ebml.void(matroska.SEEK_ROOM) + matroska.info(None))
    out.write(ebml.element(matroska.TRACKS, tracks))
    segment = len(head) + 8
    points: list[Cue] = []
    cluster = ClusterBuilder()
    video = 1 if lines[0].width else 0
    for ms, number, sample in _in_order(lines):
        cut = sample.keyframe and number == video
        if cluster.size and (ms - cluster.ms >= CLUSTER_MS or cut):
            copied(out.write(cluster.take()))
        if cut and not cluster.size:
            points.append(Cue(ms, out.tell() - segment))
        data = sources.bytes_of(sample)
        cluster.add(ms, [data], len(data), sample.keyframe, 0x80 | number)
    copied(out.write(cluster.take()))
    ends = matroska.index(points, {}, out.tell() - segment)
    out.write(ends.data)
    duration_ms = max((line.samples[-1].at + line.samples[-1].duration) * 1000 / line.units_per_s for line in lines)
    start, patch = matroska.completion(segment, ends, duration_ms, out.tell())
    out.seek(start)
    out.write(patch)


def _in_order(lines: list[Line]) -> list[tuple[int, int, Sample]]:
    timed = [
        (sample.at * 1000 // line.units_per_s, number, sample)
        for number, line in enumerate(lines, 1)
        for sample in line.samples
    ]
    return sorted(timed, key=lambda item: item[:2])


def _format(line: Line) -> TrackFormat:
    if line.width:
        return TrackFormat(codec=line.codec, private=line.private, width=line.width, height=line.height)
    return TrackFormat(codec="opus", private=opus_head())
