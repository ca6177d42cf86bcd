"""The recording of a rehearsed lesson, fetched over the server's API, opened, and checked against what was taught.

Every frame and packet is recognised by its bytes; every keyframe is decoded and its stamp read, and the whole sound
of each file is decoded, and one stretch in every SOUND_EVERY_S seconds is listened to.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import av
import msgspec

from classroom_client.entry import Door, EntryError, fetch
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.recorded_file import FileCheck, check_file

POLL_S: Final = 0.5
PUBLISH_DEADLINE_S: Final = 60.0


class Media(msgspec.Struct, frozen=True):
    """A published file, as GET /api/recordings/{id} tells it."""

    file: str
    participant: str
    source: str
    start_ms: int
    duration_ms: int


class Publishing(msgspec.Struct, frozen=True):
    """How far the files are made."""

    state: str
    progress: float = 0.0


class Replay(msgspec.Struct, frozen=True):
    """The part of the replay manifest that is checked."""

    id: str
    state: str
    duration_ms: int
    media: list[Media]
    publishing: Publishing


@dataclass
class Recorded:
    """What the check of one lesson's recording found."""

    tracks: int = 0
    duration_error_ms: float | None = None
    playable: bool = False
    failures: list[Failure] = field(default_factory=list)


class RecordingCheck:
    """Checks one lesson's recording. ids: the participants' ids by their numbers."""

    def __init__(self, door: Door, key: str, book: Book, lesson: int, ids: dict[int, str], limits: Limits) -> None:
        self._door, self._key, self._book = door, key, book
        self._lesson, self._ids, self._limits = lesson, ids, limits
        self._found = Recorded()

    async def run(self, recording_id: str, class_ms: float, tamper: Callable[[Path], None]) -> Recorded:
        """Waits until the recording is published, fetches its files and checks each; `tamper` sees each file before."""
        try:
            replay = await self._published(recording_id)
        except EntryError as error:
            self._fail("recording_missing", reason=error.code)
            return self._found
        if replay is None:
            self._fail("recording_missing", reason="not_published")
            return self._found
        with tempfile.TemporaryDirectory(prefix="tongke-rehearsal-") as folder:
            checks = [await self._fetch_and_check(replay, media, Path(folder), tamper) for media in replay.media]
        self._judge(replay, checks, class_ms)
        return self._found

    async def _published(self, recording_id: str) -> Replay | None:
        """The manifest once all files are made; None when that takes too long or fails."""
        try:
            async with asyncio.timeout(PUBLISH_DEADLINE_S):
                while True:
                    replay = await self._manifest(recording_id)
                    if replay is not None and replay.publishing.state == "done":
                        return replay
                    if replay is not None and replay.publishing.state == "failed":
                        return None
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return None

    async def _manifest(self, recording_id: str) -> Replay | None:
        """The manifest as it is; None while the server does not know the recording yet."""
        try:
            body = await fetch(self._door, self._key, f"/api/recordings/{recording_id}")
            return msgspec.json.decode(body, type=Replay)
        except msgspec.DecodeError as error:
            raise EntryError("bad_answer", str(error)) from error
        except EntryError as error:
            if error.code in ("not_found", "http_404"):
                return None
            raise

    async def _fetch_and_check(
        self, replay: Replay, media: Media, folder: Path, tamper: Callable[[Path], None]
    ) -> FileCheck:
        file = folder / Path(media.file).name
        body = await fetch(self._door, self._key, f"/api/recordings/{replay.id}/files/{media.file}")
        await asyncio.to_thread(file.write_bytes, body)
        tamper(file)
        try:
            return await asyncio.to_thread(check_file, file, media, self._whose(media.participant), self._book)
        except (av.FFmpegError, ValueError, OSError) as error:
            check = FileCheck(media.file, media.participant)
            check.broken = type(error).__name__
            return check

    def _judge(self, replay: Replay, checks: list[FileCheck], class_ms: float) -> None:
        off_ms = abs(replay.duration_ms - class_ms)
        if off_ms > self._limits.duration_error_ms:
            self._fail("recording_duration", ms=f"{off_ms:.0f}")
        for check in checks:
            self._found.tracks += check.streams
            self._found.failures += self._wrong_in(check)
        recorded = {check.participant for check in checks if check.frames and check.packets}
        for participant in sorted(set(self._ids.values()) - recorded):
            self._fail("recording_track_missing", sender=participant)
        self._found.duration_error_ms = max([off_ms, *(check.off_ms for check in checks)])
        self._found.playable = bool(checks) and all(check.playable for check in checks)

    def _wrong_in(self, check: FileCheck) -> Iterator[Failure]:
        def failure(code: Code, **values: str) -> Failure:
            return Failure(code, {"file": check.file, **values})

        if not check.playable:
            yield failure("recording_unplayable", reason=check.broken or "-")
        if check.off_ms > self._limits.duration_error_ms:
            yield failure("recording_duration", ms=f"{check.off_ms:.0f}")
        lost, of = check.frames_lost, check.frames + check.frames_lost
        if lost > self._limits.recorded_frames_lost_pct / 100 * of:
            yield failure("recording_frames_lost", lost=str(lost), of=str(of))
        if check.wrong_pictures:
            yield failure("recording_of_wrong_participant", count=str(check.wrong_pictures))
        if check.wrong_sounds:
            yield failure("recording_sound_wrong", count=str(check.wrong_sounds))
        if check.skew_ms is not None and check.skew_ms > self._limits.av_skew_ms:
            yield failure("recording_skew", ms=f"{check.skew_ms:.0f}")

    def _whose(self, participant: str) -> Whose | None:
        numbers = [number for number, known in self._ids.items() if known == participant]
        return Whose(self._lesson, numbers[0]) if numbers else None

    def _fail(self, code: Code, **values: str) -> None:
        self._found.failures.append(Failure(code, values))
