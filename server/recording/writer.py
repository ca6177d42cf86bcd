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
from server.recording.package import CRASH, TRACKS, hold_writing, sync_folder
from server.recording.repair import settle
from server.recording.run_manifest import RunManifest
from server.recording.sources import Sources
from server.recording.storage import Syncer
from server.recording.streams import take_records
from server.recording.tracks import TrackFile, reason_of

ROUND_S = 0.3
"""Half of it is what a killed writer loses on average; each round costs as much CPU as some 60 packets."""
PROGRESS_NS = 1_000_000_000
RECEIVE_BYTES = 65_536
RETRY_NS = 1_000_000_000


class Ended(Exception):
    """The recorder said stop, or is gone."""

    def __init__(self, stop: Stop | None) -> None:
        super().__init__()
        self.stop = stop


class Writer:
    """One run. `end` is the channel's end; `begin` says what is recorded where."""

    def __init__(self, end: socket.socket, begin: Begin) -> None:
        self._end = end
        self._begin = begin
        self._folder = Path(begin.folder)
        self._sources = Sources(begin, self._opened, self._failed)
        self._control = msgspec.json.Decoder(FromRecorder)
        self._suspended = ""
        self._suspended_ms = 0
        self._disk_error: OSError | None = None
        self._retry_ns = 0
        self._progress_ns = 0
        (self._folder / TRACKS).mkdir(parents=True, exist_ok=True)
        self._writing = hold_writing(self._folder)
        self._manifest = RunManifest(self._folder, begin)
        sync_folder(self._folder)
        self._syncer = Syncer(self._folder / TRACKS, begin.sync_ms / 1000, self._failed)

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
                take_records(self._sources.streams, data, channel.BATCH.size, channel.BATCH.unpack_from(data)[1])
            else:
                self._obey(self._control.decode(memoryview(data)[1:]))

    def _obey(self, message: FromRecorder) -> None:
        match message:
            case OpenTrack():
                self._sources.open(message, refusing=bool(self._suspended))
            case CloseTrack(source_id=source_id):
                self._sources.close(source_id)
            case People(people=people):
                self._manifest.name(people)
            case Stop():
                raise Ended(message)
            case Begin():
                raise ValueError("begun twice")

    def _tick(self, now_ns: int) -> None:
        for source_id in self._sources.tick(now_ns):
            self._report(channel.NeedKeyframe(source_id=source_id))
        for track in self._sources.tracks:
            track.flush()
        if self._disk_error is not None:
            self._suspend(self._disk_error)
            self._disk_error = None
        if now_ns - self._progress_ns >= PROGRESS_NS:
            self._progress_ns = now_ns
            self._check_disk(now_ns)

    # --- the disk ----------------------------------------------------------------------------------------------

    def _opened(self, file: TrackFile) -> None:
        self._syncer.add(file)

    def _failed(self, error: OSError) -> None:
        self._disk_error = error

    def _check_disk(self, now_ns: int) -> None:
        self._sources.count()
        try:
            room = os.statvfs(self._folder)
            free, total = room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize
        except OSError as error:
            self._suspend(error)
            return
        sources = self._sources
        self._report(
            channel.Progress(
                written=sources.written, packets=sources.packets, lost=sources.lost, bytes_free=free, bytes_total=total
            )
        )
        if not self._suspended and free < self._begin.stop_bytes:
            self._suspend(OSError(28, "less free space than the recording may use"))
        elif self._suspended and free >= self._begin.resume_bytes and now_ns >= self._retry_ns:
            self._resume()

    def _suspend(self, error: OSError) -> None:
        reason = reason_of(error)
        self._retry_ns = time.monotonic_ns() + RETRY_NS
        for track in self._sources.tracks:
            if reason == "disk_full":
                track.flush()
            track.refusing = True
        if not self._suspended:
            self._suspended, self._suspended_ms = reason, self._sources.last_ms
            self._manifest.close_span(self._suspended_ms, reason)
            self._report(channel.Suspended(reason=reason, detail=error.strerror or ""))

    def _resume(self) -> None:
        # A full disk may have refused to note the end: then the span is open still.
        self._manifest.close_span(self._suspended_ms, self._suspended)
        self._suspended = ""
        for track in self._sources.tracks:
            track.refusing = False
        self._sources.starve()
        self._manifest.open_span((time.monotonic_ns() - self._begin.zero_ns) // 1_000_000)
        self._report(channel.Resumed())

    # --- the end -----------------------------------------------------------------------------------------------

    def _finish(self, stop: Stop | None) -> None:
        self._sources.finish()
        self._syncer.close()
        if not self._suspended:
            end = (stop.lesson_ms, stop.reason) if stop is not None else (self._sources.last_ms, CRASH)
            self._manifest.close_span(*end)
        try:
            settle(self._folder, self._manifest.run)
        except OSError as error:
            print(f"settle: {error.strerror}", file=sys.stderr)
        os.close(self._writing)
        done = self._sources
        self._report(channel.Finished(written=done.written, packets=done.packets, lost=done.lost))

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
