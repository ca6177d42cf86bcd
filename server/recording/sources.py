"""The sources a writer takes packets of: each open one's stream, and the track on disk that it goes on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from server.recording.channel import Begin, OpenTrack
from server.recording.package import TRACKS
from server.recording.streams import RtpStream
from server.recording.tracks import Track, TrackFile

ASK_AGAIN_NS = 500_000_000


class Source:
    """An open source: its stream, its track, and when a keyframe was last asked for."""

    __slots__ = ("asked_ns", "stream", "track")

    def __init__(self, stream: RtpStream, track: Track) -> None:
        self.stream = stream
        self.track = track
        self.asked_ns = 0

    def asks_keyframe(self, now_ns: int, every_ms: int) -> bool:
        """Whether a keyframe is due, every `every_ms` of lesson time at least, and is to be asked for now."""
        track = self.track
        due = self.stream.hungry or track.last_ms - track.keyframe_ms > every_ms
        if track.kind != "video" or not due or track.refusing or now_ns - self.asked_ns <= ASK_AGAIN_NS:
            return False
        self.asked_ns = now_ns
        return True


class Sources:
    """All sources of a run. `streams`, by source id, take the packets; `tracks` outlive their sources.

    `opened` is told of each new file, `failed` of a disk that refuses.
    """

    def __init__(self, begin: Begin, opened: Callable[[TrackFile], None], failed: Callable[[OSError], None]) -> None:
        self._folder = Path(begin.folder) / TRACKS
        self._begin = begin
        self._opened = opened
        self._failed = failed
        self._sources: dict[int, Source] = {}
        self._tracks: dict[tuple[str, str], Track] = {}
        self.streams: dict[int, RtpStream] = {}
        self.lost = 0
        """Packets that never came, of what is counted so far."""
        self.packets = 0
        """Packets taken, of what is counted so far."""

    @property
    def tracks(self) -> list[Track]:
        """Every track there is or was."""
        return list(self._tracks.values())

    @property
    def written(self) -> int:
        """Bytes on disk."""
        return sum(track.bytes for track in self._tracks.values())

    @property
    def last_ms(self) -> int:
        """Lesson time of the latest frame; where there is none, of the run's beginning."""
        return max((track.last_ms for track in self._tracks.values()), default=self._begin.lesson_ms)

    def open(self, message: OpenTrack, *, refusing: bool) -> None:
        """A source that begins, or goes on over a new connection; `refusing`: the disk takes nothing now."""
        key = (message.participant, message.source)
        track = self._tracks.get(key)
        if track is None:
            track = Track(self._folder, message.participant, message.source, message.kind, self._opened, self._failed)
            track.refusing = refusing
            self._tracks[key] = track
        for source_id in [i for i, source in self._sources.items() if source.track is track]:
            self.close(source_id)
        stream = RtpStream(message.kind, self._begin.zero_ns, track.frame)
        self.streams[message.source_id] = stream
        self._sources[message.source_id] = Source(stream, track)

    def close(self, source_id: int) -> None:
        """A source that ended; its track may go on with another."""
        self.streams.pop(source_id, None)
        source = self._sources.pop(source_id, None)
        if source is not None:
            source.stream.end()
            self._count(source)

    def tick(self, now_ns: int) -> Iterator[int]:
        """What time demands of the streams; yields the ids of those that need a keyframe."""
        for source_id, source in self._sources.items():
            source.stream.tick(now_ns)
            if source.asks_keyframe(now_ns, self._begin.keyframe_every_ms):
                yield source_id

    def starve(self) -> None:
        """Pictures begin again with a keyframe."""
        for source in self._sources.values():
            if source.track.kind == "video":
                source.stream.starve()

    def count(self) -> None:
        """Adds up what the open sources have had."""
        for source in self._sources.values():
            self._count(source)

    def finish(self) -> None:
        """Ends every source and every track."""
        for source_id in list(self._sources):
            self.close(source_id)
        for track in self._tracks.values():
            track.finish()

    def _count(self, source: Source) -> None:
        stream = source.stream
        source.track.lost += stream.lost
        self.lost += stream.lost
        self.packets += stream.received
        stream.lost = stream.received = 0
