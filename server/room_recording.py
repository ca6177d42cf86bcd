"""What of a room is being recorded right now.

The recorder is a participant (architecture decision 7): it is given what the others are given. A microphone that nobody
hears is not kept either: a gated classroom leaves silence in the recording.

Whether there may be a recording at all is asked when class begins, and again and again while it lasts: a class can
join, and guardians can give their consent or withdraw it, in the middle of a lesson.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress

import structlog

from server.recording.package import Participant
from server.recording.recorder import Recorder, RecorderStatus, RecordingRefused
from server.room_media import RoomMedia
from server.store.consents import Missing
from server.store.errors import StoreError
from server.taps import Taps
from signaling.cast import Cast
from signaling.fold import LessonFold
from signaling.messages import ParticipantId, Source
from signaling.views import recorded_layer

log = structlog.get_logger(__name__)

Track = tuple[ParticipantId, Source]
PICTURES: tuple[Source, ...] = ("camera", "camera2", "screen")
SOUNDS: tuple[Source, ...] = ("microphone", "media_sound")
BEST_LAYER_WITHIN_MS = 3_000
"""A camera is recorded from a lesser layer only when its best one has not come by then; but a recording that goes on,
after a crash perhaps, takes what there is: browsers need seconds until they send their best layer again."""
LOOK_EVERY_S = 20.0
"""So often it is asked whether the lesson may be recorded: well within the minute that docs/rights.md promises."""

Tell = Callable[[bool, str], None]
"""Hears that the recording runs or stands still, and why; the same may be told again."""


def participants(cast: Cast) -> list[Participant]:
    """Those whom a recording names: the lead and the classes. Who watches or helps leaves no trace in it."""
    named = (member for member in cast if member.role in ("lead", "classroom"))
    return [Participant(id=m.id, role=m.role, school=m.school, name=m.name, colour=m.colour) for m in named]


class RoomRecording:
    """Keeps the recorder's open tracks equal to what the room shows and lets be heard.

    `missing_consents` tells for whose sake the lesson may not be recorded; it may raise StoreError.
    """

    def __init__(
        self,
        lesson_id: str,
        make: Callable[[Callable[[RecorderStatus], None]], Recorder],
        taps: Taps,
        missing_consents: Callable[[], Coroutine[None, None, Missing]],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._lesson_id = lesson_id
        self._make = make
        self._taps = taps
        self._missing_consents = missing_consents
        self._look_every_s = look_every_s
        self._over = asyncio.Event()
        self._look_again = asyncio.Event()
        self._people: list[Participant] | None = None
        """Once a class came to sit in; perhaps while a recorder was starting."""
        self._recorder: Recorder | None = None
        self._open: dict[Track, int] = {}
        self._since_ms: dict[Track, int] = {}

    @property
    def running(self) -> bool:
        """Whether tracks are being kept."""
        return self._recorder is not None

    async def run(self, tell: Tell) -> None:
        """Records whenever the lesson may be recorded, until `finish`; then the files are finished."""
        while not self._over.is_set():
            self._look_again.clear()
            await self._look(tell)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._look_again.wait()
        await self.end()

    def finish(self) -> None:
        """Class is over: `run` comes to its end."""
        self._over.set()
        self._look_again.set()

    def joined_by(self, cast: Cast) -> None:
        """A class came to sit in: it is asked at once whether it may be recorded, and the recording names it."""
        self._people = participants(cast)
        self._look_again.set()
        if self._recorder is not None:
            self._recorder.people_are(self._people)

    async def _look(self, tell: Tell) -> None:
        try:
            missing = await self._missing_consents()
        except StoreError as error:
            # Nobody can withdraw a consent either while the store is away: what runs goes on, nothing new begins.
            log.warning("consents not known", lesson=self._lesson_id, code=error.code)
            if not self.running:
                tell(False, "failed")
            return
        if missing.reason is None:
            await self._begin(tell)
            return
        if self.running:
            log.info(
                "recording stopped for want of consent",
                lesson=self._lesson_id,
                classes=sorted(missing.classes),
                rooms=sorted(missing.rooms),
            )
        await self.end(missing.reason)
        tell(False, missing.reason)

    async def _begin(self, tell: Tell) -> None:
        """Starts a writer, unless one is at work."""
        if self._recorder is not None:
            return
        recorder = self._make(lambda status: _status_changed(status, tell))
        try:
            await recorder.start()
        except RecordingRefused as refused:
            tell(False, refused.code)
        else:
            self._recorder = recorder
            if self._people is not None:
                recorder.people_are(self._people)

    async def end(self, reason: str = "lesson") -> None:
        """Finishes the files and the manifest, which names the reason. Ending twice is ending once."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            for source_id in self._open.values():
                self._taps.close(source_id)
            self._open.clear()
            await recorder.stop(reason)

    def reconcile(self, fold: LessonFold, media: RoomMedia, now_ms: int) -> None:
        """Opens and closes tracks until they are what `fold` and `media` ask for."""
        if self._recorder is None:
            return
        wanted = dict(self._wanted(fold, media, now_ms))
        for track, source_id in list(self._open.items()):
            if wanted.get(track) != source_id:
                self._close(track, source_id)
        for track, source_id in wanted.items():
            if track not in self._open:
                self._begin_track(track, source_id)

    def _wanted(self, fold: LessonFold, media: RoomMedia, now_ms: int) -> Iterator[tuple[Track, int]]:
        waits_ms = 0 if self._recorder is not None and self._recorder.goes_on else BEST_LAYER_WITHIN_MS
        heard = media.heard()
        live = {(person.id, source): person.member.role for person in fold.people.values() for source in person.live}
        for gone in self._since_ms.keys() - live.keys():
            del self._since_ms[gone]
        for track, role in live.items():
            who, source = track
            source_id: int | None = None
            if source in PICTURES:
                waited_ms = now_ms - self._since_ms.setdefault(track, now_ms)
                only_best = waited_ms < waits_ms and track not in self._open
                source_id = media.source_id(who, source, recorded_layer(role, source), only_flowing_best=only_best)
            elif source in SOUNDS and (role == "lead" or track in heard):
                source_id = media.source_id(who, source, None)
            if source_id is not None:
                yield track, source_id

    def _begin_track(self, track: Track, source_id: int) -> None:
        assert self._recorder is not None, "only while recording"
        who, source = track
        self._recorder.open_track(who, source, source_id, "video" if source in PICTURES else "audio")
        self._taps.open(source_id, self._recorder.feed)
        self._open[track] = source_id

    def _close(self, track: Track, source_id: int) -> None:
        assert self._recorder is not None, "only while recording"
        self._taps.close(source_id)
        self._recorder.close_track(source_id)
        del self._open[track]


def _status_changed(status: RecorderStatus, tell: Tell) -> None:
    if status.recording or status.reason:
        tell(status.recording, status.reason or "lesson")
