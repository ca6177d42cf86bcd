"""One participant's source on disk: the Matroska parts it is kept in.

A part begins at a frame that stands alone, with its format and its lesson time in the header, and goes on through
pauses, new connections and changes of resolution (H.264 carries its parameter sets in the stream). Another codec, or
another run of the writer, begins another part.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from server.recording import matroska
from server.recording.matroska import ClusterBuilder, Cue, TrackFormat

CLUSTER_SPAN_MS = 30_000
"""Block times are 16-bit relative to their cluster."""
TAIL_MS = {"audio": 20, "video": 33}
"""How long the last frame is taken to last."""


class TrackFile:
    """One part. Its descriptor belongs to the disk's thread once it is finished (`storage.Syncer`).

    Raises (constructor, `flush`): OSError; the file then ends where the last whole cluster ended.
    """

    def __init__(self, path: Path, track_format: TrackFormat, values: dict[str, str]) -> None:
        self.path = path
        self.codec = track_format.codec
        self.frames = 0
        self.last_ms = -1
        self.largest = (track_format.width, track_format.height)
        self.dirty = False
        self.done = False
        self.cluster = ClusterBuilder()
        self._cues: list[Cue] = []
        self._values = values
        self._pending = matroska.file_header(track_format, values)
        self._segment = self._pending.index(matroska.SEGMENT.to_bytes(4, "big")) + 12
        self.end = 0
        self.descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def flush(self) -> int:
        """Writes the cluster gathered so far, whole. Returns the bytes written."""
        if not self.cluster.size:
            return 0
        keyframe_ms, frames, last_ms = self.cluster.keyframe_ms, self.cluster.frames, self.cluster.last_ms
        at = self.end + len(self._pending) - self._segment
        data = self._pending + self.cluster.take()
        self._write(data)
        self._pending = b""
        self.frames += frames
        self.last_ms = last_ms
        if keyframe_ms is not None and (not self._cues or keyframe_ms - self._cues[-1].ms >= 1000):
            self._cues.append(Cue(keyframe_ms, at))
        return len(data)

    def finish(self, tail_ms: int, lost: int) -> None:
        """Appends cues and statistics and completes the header. Call `flush` first."""
        if not self.end:
            self.path.unlink(missing_ok=True)
            return
        width, height = self.largest
        values = self._values | {
            "FRAMES": str(self.frames), "LOST": str(lost), "WIDTH": str(width), "HEIGHT": str(height),
        }  # fmt: skip
        ends = matroska.index(self._cues, values, self.end - self._segment)
        self._write(ends.data)
        os.fdatasync(self.descriptor)
        start, patch = matroska.completion(self._segment, ends, self.last_ms + tail_ms, self.end)
        os.pwrite(self.descriptor, patch, start)
        self.dirty = True

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError:
            os.ftruncate(self.descriptor, self.end)
            os.lseek(self.descriptor, self.end, os.SEEK_SET)
            raise
        self.end += len(data)
        self.dirty = True


class Track:
    """All parts of one participant's source in one run of the writer.

    `opened` is called with each new file; `failed` with the disk's error, after which frames are refused until
    `resume`.
    """

    def __init__(
        self,
        folder: Path,
        participant: str,
        source: str,
        kind: str,
        opened: Callable[[TrackFile], None],
        failed: Callable[[OSError], None],
    ) -> None:
        self.kind = kind
        self.bytes = 0
        self.lost = 0
        self.refusing = False
        self.keyframe_ms = 0
        self.last_ms = -1
        self._folder = folder
        self._participant = participant
        self._source = source
        self._opened = opened
        self._failed = failed
        self._file: TrackFile | None = None
        self._start_ms = 0
        self._audio = kind == "audio"

    def frame(self, lesson_us: int, parts: list[bytes], size: int, kept: TrackFormat | None) -> None:
        """Takes one frame; `kept` is its format if it stands alone."""
        file = self._file
        if self.refusing:
            return
        ms = (lesson_us + 500) // 1000
        if kept is not None and not self._audio:
            self.keyframe_ms = ms
            if file is not None:
                file.largest = max(file.largest, (kept.width, kept.height))
        if file is None or (kept is not None and kept.codec != file.codec):
            if kept is None:
                return
            opened = self._begin(ms, kept)
            if opened is None:
                return
            file = opened
        if ms <= self.last_ms:
            ms = self.last_ms + 1
        self.last_ms = ms
        relative = ms - self._start_ms
        if file.cluster.size and relative - file.cluster.ms > CLUSTER_SPAN_MS:
            self.flush()
        file.cluster.add(relative, parts, size, kept is not None)

    def flush(self) -> None:
        """Writes what was gathered."""
        if self._file is None or self.refusing:
            return
        try:
            self.bytes += self._file.flush()
        except OSError as error:
            self.refusing = True
            self._failed(error)

    def finish(self) -> None:
        """Writes the rest and completes the part; a disk that refuses leaves it for the repair."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            self.bytes += file.flush()
            file.finish(TAIL_MS[self.kind], self.lost)
        except OSError as error:
            self._failed(error)
        self.lost = 0
        file.done = True

    def _begin(self, ms: int, track_format: TrackFormat) -> TrackFile | None:
        self.finish()
        part = next_part(self._folder, self._participant, self._source)
        values = {
            "PARTICIPANT": self._participant, "SOURCE": self._source, "PART": str(part), "START_MS": str(ms),
        }  # fmt: skip
        path = self._folder / f"{self._participant}-{self._source}-{part}.mkv"
        try:
            self._file = TrackFile(path, track_format, values)
        except OSError as error:
            self.refusing = True
            self._failed(error)
            return None
        self._start_ms = ms
        self._opened(self._file)
        return self._file


def next_part(folder: Path, participant: str, source: str) -> int:
    """The number of the next part: one more than the highest there is."""
    prefix = f"{participant}-{source}-"
    numbers = [
        int(name[len(prefix) : -4])
        for name in os.listdir(folder)
        if name.startswith(prefix) and name.endswith(".mkv") and name[len(prefix) : -4].isdecimal()
    ]
    return max(numbers, default=0) + 1


def reason_of(error: OSError) -> str:
    """Why the disk refused, in one stable word."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "disk_full"
    return "disk_error"
