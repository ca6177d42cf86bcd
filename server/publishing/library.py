"""The library of recordings: what there is, what a replay needs of it, and the making of its files.

A recording that a crash left behind is repaired and listed at start-up, one that was not published to its end is
published on. Repair and publishing run in child processes of low priority, one at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from server.publishing.chapters import chapters
from server.publishing.jobs import Jobs
from server.publishing.published import Published, read_published
from server.publishing.replay import Gap, Publishing, Replay, Summary
from server.recording.package import MANIFEST, Manifest, read_manifest
from signaling.log import LogReader
from signaling.messages import Ended, Logged

log = structlog.get_logger(__name__)

LOG = "log.jsonl"
PIECE_BYTES = 1024 * 1024
ABANDONED_S = 6 * 3600.0
"""A lesson whose log rests for so long without its end will not go on; what there is gets published."""


class Library:
    """The recordings under `data_dir / "lessons"`. Called from the event loop; files are read in threads."""

    def __init__(self, data_dir: Path, wall_s: Callable[[], float] = time.time) -> None:
        self._lessons = data_dir / "lessons"
        self._wall_s = wall_s
        self._jobs = Jobs(self._lessons)
        self._manifests: dict[str, tuple[tuple[int, int], Manifest]] = {}

    async def start(self) -> None:
        """Begins to repair what crashes left and to publish what is unpublished; both go on behind this call."""
        torn, unpublished = await asyncio.to_thread(self._unfinished)
        self._jobs.start(torn, unpublished)

    async def close(self) -> None:
        """Ends the job that runs; it is taken up again at the next start."""
        await self._jobs.close()

    def publish(self, lesson_id: str) -> None:
        """Makes the replay's files of a finished recording, after what is waiting already. Asking twice is once."""
        self._jobs.publish(lesson_id)

    def give_up(self, lesson_id: str) -> bool:
        """Nothing of this recording is published any more; False while that is just being done."""
        return self._jobs.give_up(lesson_id)

    async def search(self, words: str) -> Sequence[Summary]:
        """All recordings, newest first, or those in whose title, subject, schools and names each word is found."""
        wanted = words.casefold().split()
        manifests = await asyncio.to_thread(self._all)
        found = [manifest for manifest in manifests if all(word in _haystack(manifest) for word in wanted)]
        found.sort(key=lambda manifest: manifest.started, reverse=True)
        return await asyncio.to_thread(lambda: [self._summary(manifest) for manifest in found])

    async def replay(self, lesson_id: str) -> Replay | None:
        """What the replay page needs, or None if there is no such recording."""
        return await asyncio.to_thread(self._replay, lesson_id)

    async def recorded(self, lesson_ids: Iterable[str]) -> set[str]:
        """Those of `lesson_ids` that have a recording."""
        ids = list(lesson_ids)
        return await asyncio.to_thread(lambda: {i for i in ids if self._manifest(i) is not None})

    def folder(self, lesson_id: str) -> Path:
        """Where a lesson's files are."""
        return self._lessons / lesson_id

    # --- what is read ------------------------------------------------------------------------------------------

    def _all(self) -> list[Manifest]:
        if not self._lessons.is_dir():
            return []
        found = (self._manifest(path.name) for path in self._lessons.iterdir() if path.is_dir())
        return [manifest for manifest in found if manifest is not None]

    def _manifest(self, lesson_id: str) -> Manifest | None:
        """The manifest, read again only when its file was replaced."""
        try:
            status = (self.folder(lesson_id) / MANIFEST).stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_ino)
        kept = self._manifests.get(lesson_id)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        manifest = read_manifest(self.folder(lesson_id))
        if manifest is not None:
            self._manifests[lesson_id] = (stamp, manifest)
        return manifest

    def _summary(self, manifest: Manifest) -> Summary:
        published = read_published(self.folder(manifest.id))
        people = sorted(manifest.people, key=lambda person: person.role != "lead")
        return Summary(
            id=manifest.id,
            title=manifest.title,
            subject=manifest.subject,
            mode=manifest.mode,
            started=manifest.started,
            duration_ms=self._duration_ms(manifest),
            bytes=sum(made.media.bytes for made in published.made) or sum(track.bytes for track in manifest.tracks),
            state=manifest.state,
            publishing=self._publishing(manifest, published),
            poster=published.poster,
            schools=list(dict.fromkeys(person.school for person in people)),
        )

    def _replay(self, lesson_id: str) -> Replay | None:
        manifest = self._manifest(lesson_id)
        if manifest is None:
            return None
        published = read_published(self.folder(lesson_id))
        duration_ms = self._duration_ms(manifest)
        return Replay(
            id=manifest.id,
            title=manifest.title,
            subject=manifest.subject,
            mode=manifest.mode,
            state=manifest.state,
            started=manifest.started,
            duration_ms=duration_ms,
            origin_ms=manifest.origin_ms,
            people=manifest.people,
            media=[made.media for made in published.made] if published.complete else [],
            chapters=chapters(read_log(self.folder(lesson_id) / LOG), manifest.origin_ms, duration_ms),
            gaps=gaps(manifest),
            thumbs=published.thumbs,
            poster=published.poster,
            waveform=published.waveform,
            publishing=self._publishing(manifest, published),
        )

    def _duration_ms(self, manifest: Manifest) -> int:
        """The recording's length; while it runs, the time since it began."""
        if manifest.state != "recording":
            return manifest.duration_ms
        began = datetime.fromisoformat(manifest.started).astimezone(UTC).timestamp()
        return max(manifest.duration_ms, round((self._wall_s() - began) * 1000))

    def _publishing(self, manifest: Manifest, published: Published) -> Publishing:
        progress = self._jobs.progress(manifest.id)
        if progress is not None:
            return progress
        if published.complete and manifest.state != "recording":
            return Publishing(state="done", progress=1.0)
        return Publishing(state="waiting")

    def _unfinished(self) -> tuple[list[str], list[str]]:
        """Recordings that a crash left open, and those whose publication is not complete."""
        torn, unpublished = [], []
        for manifest in self._all():
            folder = self.folder(manifest.id)
            if manifest.state == "recording":
                torn.append(manifest.id)
            if not read_published(folder).complete and self._over(manifest, folder / LOG):
                unpublished.append(manifest.id)
        return torn, unpublished

    def _over(self, manifest: Manifest, log_path: Path) -> bool:
        if manifest.state in ("finished", "truncated"):
            return True
        try:
            if self._wall_s() - log_path.stat().st_mtime > ABANDONED_S:
                return True
        except OSError:
            return True
        return any(isinstance(line.event, Ended) for line in read_log(log_path))


def read_log(path: Path) -> Iterator[Logged]:
    """The good lines of a lesson log, also those after spoiled ones; the operator's log tells how many are lost.

    A missing file has none.
    """
    reader = LogReader()
    try:
        with path.open("rb") as file:
            yield from reader.read(iter(lambda: file.read(PIECE_BYTES), b""))
    except OSError:
        return
    if reader.damaged:
        log.warning("lesson log spoiled", lesson=path.parent.name, lost=reader.damaged)


def gaps(manifest: Manifest) -> list[Gap]:
    """The time between the recording's spans."""
    return [
        Gap(
            start_ms=before.end_ms - manifest.origin_ms,
            end_ms=after.start_ms - manifest.origin_ms,
            reason=before.reason,
        )
        for before, after in zip(manifest.spans, manifest.spans[1:], strict=False)
        if before.end_ms is not None and after.start_ms > before.end_ms
    ]


def _haystack(manifest: Manifest) -> str:
    people = " ".join(f"{person.school} {person.name}" for person in manifest.people)
    return f"{manifest.title} {manifest.subject} {people}".casefold()
