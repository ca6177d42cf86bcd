"""What a replay page needs to know about a recording, and what the list of recordings shows of it.

Every `*_ms` counts from the recording's start, except `origin_ms`, which is the lesson's clock at that start:
an event of the lesson log belongs at `event.at - origin_ms`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from server.recording.package import Participant, State
from signaling.messages import Mode, Source

ChapterKind = Literal["started", "page", "floor", "screen", "listen", "discussion"]
PublishState = Literal["waiting", "running", "done", "failed"]


class Chapter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in the lesson worth finding. The page puts it into words.

    `floor` and `screen` name the `participant`, `page` names the new `page`.
    """

    at_ms: int
    kind: ChapterKind
    participant: str | None = None
    page: int | None = None


class Media(Struct, frozen=True, kw_only=True):
    """One published file: one source's picture with the sound that belongs to it.

    video: `h264`, `vp8` or None; audio: `opus` or None. start_ms: where its first instant belongs.
    width, height: the largest picture in the file, 0 without video.
    """

    file: str
    participant: str
    source: Source
    start_ms: int
    duration_ms: int
    video: Literal["h264", "vp8"] | None
    audio: Literal["opus"] | None
    width: int
    height: int
    bytes: int


class Thumbs(Struct, frozen=True, kw_only=True):
    """One JPEG that holds `count` small pictures, one per `every_ms`, row by row, `columns` in a row.

    width, height: of one small picture, pixels.
    """

    file: str
    every_ms: int
    width: int
    height: int
    columns: int
    count: int


class Publishing(Struct, frozen=True, kw_only=True):
    """How far the files for the replay are made. progress: 0..1."""

    state: PublishState
    progress: float = 0.0


class Gap(Struct, frozen=True, kw_only=True):
    """Time inside the recording in which nothing was recorded, and why it stopped (`disk_full`, `restart` ...)."""

    start_ms: int
    end_ms: int
    reason: str


class Replay(Struct, frozen=True, kw_only=True):
    """Everything the replay page needs besides the log. started: UTC, RFC 3339.

    poster: a JPEG's file name. waveform: the file name of a JSON object `{"every_ms": int, "peaks": [0..100, ...]}`.
    """

    id: str
    title: str
    subject: str
    mode: Mode
    state: State
    started: str
    duration_ms: int
    origin_ms: int
    people: list[Participant]
    media: list[Media]
    chapters: list[Chapter]
    gaps: list[Gap]
    thumbs: Thumbs | None
    poster: str | None
    waveform: str | None
    publishing: Publishing


class Summary(Struct, frozen=True, kw_only=True):
    """One line of the list of recordings. schools: without repetition, the lead's first."""

    id: str
    title: str
    subject: str
    mode: Mode
    started: str
    duration_ms: int
    bytes: int
    state: State
    publishing: Publishing
    poster: str | None
    schools: list[str]
