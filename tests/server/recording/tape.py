"""The writer's parts without its process: packets in, Matroska files out, decoded back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from server.media.plane import TapPacket
from server.recording.channel import PACKET
from server.recording.streams import RtpStream, take_records
from server.recording.tracks import Track, TrackFile
from tests.server.recording.encoded import number_of


def records(packets: Sequence[TapPacket]) -> bytes:
    """The packets as a `channel.PACKETS` message holds them."""
    return b"".join(PACKET.pack(p.source, p.capture_ns, p.codec, len(p.rtp)) + p.rtp for p in packets)


class Tape:
    """Tracks in `folder`, fed as the writer feeds them. Lesson time 0 is monotonic time 0."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[TrackFile] = []
        self.errors: list[OSError] = []
        self.tracks: dict[int, Track] = {}
        self.streams: dict[int, RtpStream] = {}

    def open(self, source: int, name: str, kind: str, participant: str = "room-1") -> Track:
        """Opens a track for a source."""
        track = Track(self.folder, participant, name, kind, self.files.append, self.errors.append)
        self.tracks[source] = track
        self.streams[source] = RtpStream(kind, 0, track.frame)
        return track

    def feed(self, packets: Sequence[TapPacket]) -> None:
        """Feeds packets in the order given, in batches of 20 ms, with the ticks and flushes time brings."""
        batch: list[TapPacket] = []
        for packet in packets:
            if batch and packet.arrival_ns - batch[0].arrival_ns > 20_000_000:
                self._batch(batch)
                batch = []
            batch.append(packet)
        self._batch(batch)

    def _batch(self, batch: list[TapPacket]) -> None:
        now_ns = batch[-1].arrival_ns
        take_records(self.streams, records(batch), 0, now_ns)
        for stream in self.streams.values():
            stream.tick(now_ns)
        for track in self.tracks.values():
            track.flush()

    def finish(self) -> list[Path]:
        """Finishes everything; the files in order of their beginning."""
        for source, stream in self.streams.items():
            stream.end()
            self.tracks[source].lost += stream.lost
        for track in self.tracks.values():
            track.finish()
        return [file.path for file in self.files]


class Shown(NamedTuple):
    """A decoded picture: its time in s, the number it tells, its size."""

    at_s: float
    number: int
    size: tuple[int, int]


def pictures(path: Path) -> list[Shown]:
    """All pictures of a file."""
    with av.open(str(path)) as container:
        return [
            Shown(float(frame.time), number_of(frame.to_ndarray(format="rgb24")), (frame.width, frame.height))
            for frame in container.decode(video=0)
        ]


def sound(path: Path) -> np.ndarray:
    """All samples of a file's first audio stream, 48 kHz, one channel, -1..1, silence where time has holes."""
    with av.open(str(path)) as container:
        pieces = [
            (round(float(frame.time) * 48_000), frame.to_ndarray()[0].astype(np.float32))
            for frame in container.decode(audio=0)
        ]
    samples = np.zeros(max(at + len(piece) for at, piece in pieces), np.float32)
    for at, piece in pieces:
        samples[at : at + len(piece)] = piece
    return samples
