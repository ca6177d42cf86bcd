"""What of a room is being recorded right now.

The recorder is a participant (architecture decision 7): it is given what the others are given. A microphone that nobody
hears is not kept either: a gated classroom leaves silence in the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog

from server.recording.recorder import Recorder, RecorderStatus
from server.room_media import RoomMedia
from server.taps import Taps
from signaling.fold import LessonFold
from signaling.messages import ParticipantId, Source
from signaling.views import recorded_layer

log = structlog.get_logger(__name__)

Track = tuple[ParticipantId, Source]
PICTURES: tuple[Source, ...] = ("camera", "camera2", "screen")
SOUNDS: tuple[Source, ...] = ("microphone", "media_sound")
BEST_LAYER_WITHIN_MS = 3_000
"""A camera is recorded from a lesser layer only when its best one has not come by then."""


class RoomRecording:
    """Keeps the recorder's open tracks equal to what the room shows and lets be heard."""

    def __init__(self, make: Callable[[Callable[[RecorderStatus], None]], Recorder], taps: Taps) -> None:
        self._make = make
        self._taps = taps
        self._recorder: Recorder | None = None
        self._open: dict[Track, int] = {}
        self._since_ms: dict[Track, int] = {}

    @property
    def running(self) -> bool:
        """Whether tracks are being kept."""
        return self._recorder is not None

    async def begin(self, on_status: Callable[[RecorderStatus], None]) -> None:
        """Starts a writer; beginning twice is beginning once.

        Raises:
            RecordingRefused: too little room on the disk.
        """
        if self._recorder is None:
            recorder = self._make(on_status)
            await recorder.start()
            self._recorder = recorder

    async def end(self) -> None:
        """Finishes the files and the manifest. Ending twice is ending once."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            for source_id in self._open.values():
                self._taps.close(source_id)
            self._open.clear()
            await recorder.stop()

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
        heard = media.heard()
        live = {(person.id, source): person.member.role for person in fold.people.values() for source in person.live}
        for gone in self._since_ms.keys() - live.keys():
            del self._since_ms[gone]
        for track, role in live.items():
            who, source = track
            source_id: int | None = None
            if source in PICTURES:
                waited_ms = now_ms - self._since_ms.setdefault(track, now_ms)
                only_best = waited_ms < BEST_LAYER_WITHIN_MS and track not in self._open
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
