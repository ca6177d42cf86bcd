"""The recorder as the rest of the server sees it: a participant that keeps what it is sent.

It runs in the server's process and only hands packets on to a writer process (`writer.py`), never blocking and never
failing: a full disk, a stalled one or a killed writer cost a piece of the recording, not a moment of the class.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from server.media.plane import TapPacket
from server.recording import channel
from server.recording.channel import BATCH, MESSAGE_MOST, PACKET, PACKETS, FromWriter, Kind
from server.recording.disk import DiskPolicy, judge, may_begin, measure
from server.recording.link import Link
from server.recording.package import MANIFEST, Manifest, Participant, read_manifest
from signaling.messages import LessonCard, Source

log = structlog.get_logger(__name__)

READY_WITHIN_S = 5.0
FINISHED_WITHIN_S = 15.0
RESTART_AFTER_S = 0.2
RATE_SMOOTHING = 0.2
PACKET_MOST = 2048
GATHER_NS = 60_000_000
"""Packets are handed over in messages of this age, because a message costs as much as many packets."""
PACKAGES = Path(__file__).resolve().parents[2]


class RecordingRefused(Exception):
    """The recording cannot begin. code: `disk_full` or `disk_error`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RecorderStatus(Struct, frozen=True, kw_only=True):
    """Told whenever it changes.

    recording: media is being kept. reason: why not, `disk_full`, `disk_error` or `writer` (it is being restarted).
    disk_low: warn the lead; minutes_left: at the present rate. dropped: messages of packets lost to a slow writer.
    """

    recording: bool
    reason: str = ""
    disk_low: bool = False
    minutes_left: int | None = None
    dropped: int = 0


class Recorder:
    """Records one lesson into `folder` (`lessons/<lesson id>`), going on where an earlier run ended.

    now_ms: the lesson's clock, asked once at each start of a writer. on_keyframe(source_id): ask the plane for one.
    All calls from the event loop.
    """

    def __init__(
        self,
        folder: Path,
        lesson: LessonCard,
        people: Sequence[Participant],
        now_ms: Callable[[], int],
        *,
        on_status: Callable[[RecorderStatus], None],
        on_keyframe: Callable[[int], None],
        policy: DiskPolicy | None = None,
        keyframe_every_ms: int = 10_000,
        sync_ms: int = 1000,
    ) -> None:
        self._folder = folder
        self._lesson = lesson
        self._people = list(people)
        self._now_ms = now_ms
        self._on_status = on_status
        self._on_keyframe = on_keyframe
        self._policy = policy or DiskPolicy()
        self._keyframe_every_ms = keyframe_every_ms
        self._sync_ms = sync_ms
        self._open: dict[int, channel.OpenTrack] = {}
        self._link: Link | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._reports = msgspec.json.Decoder(FromWriter)
        self._status = RecorderStatus(recording=False)
        self._stopping = False
        self.goes_on = False
        """Whether an earlier run has recorded of this lesson already; known after the start."""
        self._rate = 0.0
        self._written = 0
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._handed_ns = 0

    @property
    def writer_pid(self) -> int | None:
        """The process that writes, for whoever measures it; None before the start."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Begins; returns when the writer is ready, or after a while when it is not: it is then tried on and on.

        Raises:
            RecordingRefused: too little room on the disk.
        """
        try:
            free, _ = measure(self._folder)
        except OSError:
            raise RecordingRefused("disk_error") from None
        if not may_begin(self._policy, free):
            raise RecordingRefused("disk_full")
        self.goes_on = (self._folder / MANIFEST).exists()
        self._keeper = asyncio.create_task(self._keep(), name="recorder")
        try:
            await asyncio.wait_for(self._ready.wait(), READY_WITHIN_S)
        except TimeoutError:
            log.warning("recorder_not_ready", lesson=self._lesson.id)

    def people_are(self, people: Sequence[Participant]) -> None:
        """Who takes part from now on; the manifest names them."""
        if list(people) != self._people:
            self._people = list(people)
            self._send(channel.encode_control(channel.People(people=self._people)))

    def open_track(self, participant: str, source: Source, source_id: int, kind: Kind) -> None:
        """What comes from `source_id` from now on is this participant's `source`; an earlier id of it is let go."""
        message = channel.OpenTrack(participant=participant, source=source, source_id=source_id, kind=kind)
        for old in [i for i, o in self._open.items() if (o.participant, o.source) == (participant, source)]:
            del self._open[old]
        self._open[source_id] = message
        self._send(channel.encode_control(message))
        if kind == "video":
            self._ask_keyframe(source_id)

    def close_track(self, source_id: int) -> None:
        """Nothing more comes from `source_id`. Closing an unknown one is nothing."""
        if self._open.pop(source_id, None) is not None:
            self._send(channel.encode_control(channel.CloseTrack(source_id=source_id)))

    def feed(self, batch: Sequence[TapPacket]) -> None:
        """Keeps the packets of open tracks, ignores others. Never blocks."""
        if self._link is None:
            return
        opened = self._open
        pack = PACKET.pack
        parts = self._gathered
        for packet in batch:
            rtp = packet.rtp
            length = len(rtp)
            if packet.source in opened and 12 <= length <= PACKET_MOST:
                parts += (pack(packet.source, packet.capture_ns, packet.codec, length), rtp)
                self._gathered_bytes += PACKET.size + length
                if self._gathered_bytes > MESSAGE_MOST:
                    self._hand_over(packet.arrival_ns)
        if parts and batch[-1].arrival_ns - self._handed_ns > GATHER_NS:
            self._hand_over(batch[-1].arrival_ns)

    async def stop(self, reason: str = "lesson") -> Manifest | None:
        """Finishes everything and returns the manifest, None if there is none. Stopping twice is stopping once."""
        if self._stopping:
            return await asyncio.to_thread(read_manifest, self._folder)
        self._stopping = True
        self._send(channel.encode_control(channel.Stop(lesson_ms=self._now_ms(), reason=reason)))
        if self._keeper is not None:
            done, _ = await asyncio.wait({self._keeper}, timeout=FINISHED_WITHIN_S)
            if not done:
                log.error("recorder_slow_to_finish", lesson=self._lesson.id)
                self._keeper.cancel()
        if self._link is not None:
            self._link.close()
            self._link = None
        return await asyncio.to_thread(read_manifest, self._folder)

    # --- the writer process ------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Runs writers, one after another, until the recording is stopped."""
        while not self._stopping:
            await self._one_writer()
            if not self._stopping:
                self._tell(recording=False, reason=self._status.reason or "writer")
                await asyncio.sleep(RESTART_AFTER_S)

    async def _one_writer(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            environment = os.environ | {"PYTHONPATH": str(PACKAGES)}
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.recording.writer", str(theirs.fileno()),
                pass_fds=[theirs.fileno()], stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                env=environment, start_new_session=True,
            )  # fmt: skip
        self._written = 0
        link = self._link = Link(ours, self._received, lambda: None)
        link.send(channel.encode_control(self._begin()))
        for message in self._open.values():
            link.send(channel.encode_control(message))
        code = await self._process.wait()
        link.close()
        if self._link is link:
            self._link = None
        log.info("writer_ended", lesson=self._lesson.id, code=code, dropped=link.dropped)

    def _begin(self) -> channel.Begin:
        lesson_ms = self._now_ms()
        zero_ns = time.monotonic_ns() - lesson_ms * 1_000_000
        return channel.Begin(
            folder=str(self._folder), id=self._lesson.id, title=self._lesson.title, subject=self._lesson.subject,
            mode=self._lesson.mode, people=self._people, zero_ns=zero_ns, lesson_ms=lesson_ms,
            wall=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            stop_bytes=self._policy.stop_bytes, resume_bytes=self._policy.resume_bytes,
            keyframe_every_ms=self._keyframe_every_ms, sync_ms=self._sync_ms,
        )  # fmt: skip

    def _send(self, message: bytes) -> None:
        if self._link is not None:
            self._hand_over(self._handed_ns)
            self._link.send(message)

    def _hand_over(self, arrival_ns: int) -> None:
        """Sends the packets gathered so far."""
        if self._link is not None and self._gathered:
            self._link.send(BATCH.pack(PACKETS, arrival_ns) + b"".join(self._gathered))
        self._gathered.clear()
        self._gathered_bytes = 0
        self._handed_ns = arrival_ns

    def _received(self, data: bytes) -> None:
        report = self._reports.decode(data)
        match report:
            case channel.NeedKeyframe(source_id=source_id):
                self._ask_keyframe(source_id)
            case channel.Progress():
                self._progress(report)
            case channel.Ready() | channel.Resumed():
                self._tell(recording=True, reason="")
                self._ready.set()
            case channel.Suspended(reason=reason):
                log.error("recording_suspended", lesson=self._lesson.id, reason=reason, detail=report.detail)
                self._tell(recording=False, reason=reason)
            case channel.Finished():
                self._tell(recording=False, reason="")

    def _ask_keyframe(self, source_id: int) -> None:
        """Asks the plane, which may have lost the source before its track was closed."""
        if source_id in self._open:
            with suppress(KeyError):
                self._on_keyframe(source_id)

    def _progress(self, report: channel.Progress) -> None:
        self._rate += RATE_SMOOTHING * (report.written - self._written - self._rate)
        self._written = report.written
        room = judge(self._policy, report.bytes_free, report.bytes_total, self._rate)
        minutes = int(room.minutes_left) if room.minutes_left is not None and room.low else None
        dropped = self._link.dropped if self._link is not None else 0
        self._tell(disk_low=room.low, minutes_left=minutes, dropped=dropped)

    def _tell(self, **changes: object) -> None:
        status = msgspec.structs.replace(self._status, **changes)
        if status != self._status:
            self._status = status
            self._on_status(status)
