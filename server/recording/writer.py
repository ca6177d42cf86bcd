"""The recorder's child process: packets in, Matroska files and a manifest out.

    python -m server.recording.writer FD

FD is its end of the recorder's socket pair (`channel.py`). It works in rounds: everything that arrived, then what
time demands, all of it to the disk, then a pause that lets the next packets gather: waking up costs as much as many
packets. The end of
the channel means the server is gone: everything received is finished cleanly. Nothing here decodes, and nothing here
can hurt the class: the process that carries it only ever hands packets over.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

import msgspec

from server.recording import channel
from server.recording.channel import Begin, CloseTrack, FromRecorder, FromWriter, OpenTrack, People, Stop
from server.recording.package import (
    CRASH,
    TRACKS,
    Clock,
    Manifest,
    Participant,
    Span,
    begun,
    editing,
    hold_writing,
    sync_folder,
    write_manifest,
)
from server.recording.repair import settle
from server.recording.storage import Syncer
from server.recording.streams import RtpStream, take_records
from server.recording.tracks import Track, TrackFile, reason_of

ROUND_S = 0.3
"""Half of it is what a killed writer loses on average; each round costs as much CPU as some 60 packets."""
ASK_AGAIN_NS = 500_000_000
PROGRESS_NS = 1_000_000_000
RECEIVE_BYTES = 65_536
RETRY_NS = 1_000_000_000


class Ended(Exception):
    """The recorder said stop, or is gone."""

    def __init__(self, stop: Stop | None) -> None:
        super().__init__()
        self.stop = stop


class Source:
    """An open source: its stream, its track, and when a keyframe was last asked for."""

    __slots__ = ("asked_ns", "stream", "track")

    def __init__(self, stream: RtpStream, track: Track) -> None:
        self.stream = stream
        self.track = track
        self.asked_ns = 0


class Writer:
    """One run. `end` is the channel's end; `begin` says what is recorded where."""

    def __init__(self, end: socket.socket, begin: Begin) -> None:
        self._end = end
        self._begin = begin
        self._folder = Path(begin.folder)
        self._sources: dict[int, Source] = {}
        self._streams: dict[int, RtpStream] = {}
        self._tracks: dict[tuple[str, str], Track] = {}
        self._control = msgspec.json.Decoder(FromRecorder)
        self._suspended = ""
        self._suspended_ms = 0
        self._disk_error: OSError | None = None
        self._retry_ns = 0
        self._progress_ns = 0
        self._lost = 0
        self._packets = 0
        (self._folder / TRACKS).mkdir(parents=True, exist_ok=True)
        self._writing = hold_writing(self._folder)
        self._run = self._write_manifest()
        sync_folder(self._folder)
        self._syncer = Syncer(self._folder / TRACKS, begin.sync_ms / 1000, self._sync_failed)

    # --- rounds ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Works until the recorder ends it."""
        self._report(channel.Ready())
        stop: Stop | None = None
        try:
            while True:
                self._receive()
                self._tick(time.monotonic_ns())
                time.sleep(ROUND_S)
        except Ended as ended:
            stop = ended.stop
        self._finish(stop)

    def _receive(self) -> None:
        """Takes everything that arrived.

        Raises:
            Ended: and nothing more comes.
        """
        while True:
            try:
                data = self._end.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except ConnectionError:
                data = b""
            if not data:
                raise Ended(None)
            if data[0] == channel.PACKETS:
                take_records(self._streams, data, channel.BATCH.size, channel.BATCH.unpack_from(data)[1])
            else:
                self._obey(self._control.decode(memoryview(data)[1:]))

    def _obey(self, message: FromRecorder) -> None:
        match message:
            case OpenTrack():
                self._open(message)
            case CloseTrack(source_id=source_id):
                self._close(source_id)
            case People(people=people):
                self._name(people)
            case Stop():
                raise Ended(message)
            case Begin():
                raise ValueError("begun twice")

    def _open(self, message: OpenTrack) -> None:
        key = (message.participant, message.source)
        track = self._tracks.get(key)
        if track is None:
            track = Track(
                self._folder / TRACKS, message.participant, message.source, message.kind,
                self._opened, self._failed,
            )  # fmt: skip
            track.refusing = bool(self._suspended)
            self._tracks[key] = track
        for source_id in [i for i, source in self._sources.items() if source.track is track]:
            self._close(source_id)
        stream = RtpStream(message.kind, self._begin.zero_ns, track.frame)
        self._streams[message.source_id] = stream
        self._sources[message.source_id] = Source(stream, track)

    def _close(self, source_id: int) -> None:
        self._streams.pop(source_id, None)
        source = self._sources.pop(source_id, None)
        if source is not None:
            source.stream.end()
            self._count(source)

    def _count(self, source: Source) -> None:
        stream = source.stream
        source.track.lost += stream.lost
        self._lost += stream.lost
        self._packets += stream.received
        stream.lost = stream.received = 0

    def _tick(self, now_ns: int) -> None:
        for source_id, source in self._sources.items():
            source.stream.tick(now_ns)
            self._ask_keyframe(source_id, source, now_ns)
        for track in self._tracks.values():
            track.flush()
        if self._disk_error is not None:
            self._suspend(self._disk_error)
            self._disk_error = None
        if now_ns - self._progress_ns >= PROGRESS_NS:
            self._progress_ns = now_ns
            self._check_disk(now_ns)

    def _ask_keyframe(self, source_id: int, source: Source, now_ns: int) -> None:
        track = source.track
        due = source.stream.hungry or track.last_ms - track.keyframe_ms > self._begin.keyframe_every_ms
        if track.kind == "video" and due and not track.refusing and now_ns - source.asked_ns > ASK_AGAIN_NS:
            source.asked_ns = now_ns
            self._report(channel.NeedKeyframe(source_id=source_id))

    # --- the disk ----------------------------------------------------------------------------------------------

    def _opened(self, file: TrackFile) -> None:
        self._syncer.add(file)

    def _failed(self, error: OSError) -> None:
        self._disk_error = error

    _sync_failed = _failed

    def _check_disk(self, now_ns: int) -> None:
        for source in self._sources.values():
            self._count(source)
        try:
            room = os.statvfs(self._folder)
            free, total = room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize
        except OSError as error:
            self._suspend(error)
            return
        self._report(
            channel.Progress(
                written=self._written(), packets=self._packets, lost=self._lost, bytes_free=free, bytes_total=total
            )
        )
        if not self._suspended and free < self._begin.stop_bytes:
            self._suspend(OSError(28, "less free space than the recording may use"))
        elif self._suspended and free >= self._begin.resume_bytes and now_ns >= self._retry_ns:
            self._resume()

    def _suspend(self, error: OSError) -> None:
        reason = reason_of(error)
        self._retry_ns = time.monotonic_ns() + RETRY_NS
        for track in self._tracks.values():
            if reason == "disk_full":
                track.flush()
            track.refusing = True
        if not self._suspended:
            self._suspended, self._suspended_ms = reason, self._last_ms()
            self._change_spans(self._suspended_ms, reason)
            self._report(channel.Suspended(reason=reason, detail=error.strerror or ""))

    def _resume(self) -> None:
        # A full disk may have refused to note the end: then the span is open still.
        self._change_spans(self._suspended_ms, self._suspended)
        self._suspended = ""
        for track in self._tracks.values():
            track.refusing = False
        for source in self._sources.values():
            if source.track.kind == "video":
                source.stream.starve()
        self._change_spans(None, "")
        self._report(channel.Resumed())

    # --- the manifest ------------------------------------------------------------------------------------------

    def _write_manifest(self) -> int:
        begin = self._begin
        first = Manifest(
            id=begin.id, title=begin.title, subject=begin.subject, mode=begin.mode, state="recording", run=1,
            started=begin.wall, origin_ms=begin.lesson_ms, duration_ms=0, people=begin.people,
            spans=[Span(start_ms=begin.lesson_ms)], clocks=[Clock(lesson_ms=begin.lesson_ms, wall=begin.wall)],
        )  # fmt: skip
        with editing(self._folder) as before:
            manifest = begun(before, first)
            write_manifest(self._folder, manifest)
        return manifest.run

    def _name(self, people: list[Participant]) -> None:
        """Who takes part, for the replay. A full disk may refuse: the next run begins with them anyway."""
        try:
            with editing(self._folder) as manifest:
                if manifest is not None and manifest.run == self._run:
                    write_manifest(self._folder, manifest.but(people=people))
        except OSError as error:
            print(f"manifest: {error.strerror}", file=sys.stderr)

    def _change_spans(self, end_ms: int | None, reason: str) -> None:
        """Ends the open span at `end_ms`, or (None) begins another one now. A full disk may refuse; repair heals."""
        try:
            with editing(self._folder) as manifest:
                if manifest is None or manifest.run != self._run:
                    return
                spans = list(manifest.spans)
                if end_ms is None:
                    now_ms = (time.monotonic_ns() - self._begin.zero_ns) // 1_000_000
                    spans.append(Span(start_ms=now_ms))
                elif spans and spans[-1].end_ms is None:
                    spans[-1] = spans[-1].closed(max(end_ms, spans[-1].start_ms), reason)
                write_manifest(self._folder, manifest.but(spans=spans))
        except OSError as error:
            print(f"manifest: {error.strerror}", file=sys.stderr)

    def _last_ms(self) -> int:
        return max((track.last_ms for track in self._tracks.values()), default=self._begin.lesson_ms)

    def _finish(self, stop: Stop | None) -> None:
        for source_id in list(self._sources):
            self._close(source_id)
        for track in self._tracks.values():
            track.finish()
        self._syncer.close()
        if not self._suspended:
            end = (stop.lesson_ms, stop.reason) if stop is not None else (self._last_ms(), CRASH)
            self._change_spans(*end)
        try:
            settle(self._folder, self._run)
        except OSError as error:
            print(f"settle: {error.strerror}", file=sys.stderr)
        os.close(self._writing)
        self._report(channel.Finished(written=self._written(), packets=self._packets, lost=self._lost))

    def _written(self) -> int:
        return sum(track.bytes for track in self._tracks.values())

    def _report(self, report: FromWriter) -> None:
        """Tells the recorder; what a busy or dead one does not take is not said again."""
        try:
            self._end.send(channel.encode_report(report))
        except (BlockingIOError, ConnectionError):
            pass


def main() -> int:
    """Serves the channel on the descriptor named on the command line."""
    os.umask(0o077)
    gc.freeze()  # looking for cycles, which nothing here makes at packet rate, costs more than a packet
    gc.set_threshold(100_000)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = socket.socket(fileno=int(sys.argv[1]))
    end.settimeout(10)
    first = end.recv(RECEIVE_BYTES)
    end.setblocking(False)
    if not first:
        return 0
    begin = msgspec.json.decode(memoryview(first)[1:], type=Begin)
    try:
        writer = Writer(end, begin)
    except OSError as error:
        end.send(channel.encode_report(channel.Suspended(reason=reason_of(error), detail=error.strerror or "")))
        return 1
    try:
        writer.run()
    except (struct.error, msgspec.MsgspecError) as error:
        print(f"channel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
