"""What the lesson log keeps: one frozen struct an event, and `AnyEvent`, the union of them all."""

from __future__ import annotations

from typing import Literal

from signaling.messages.words import (
    Colour,
    Digest,
    Event,
    LessonId,
    Mode,
    OperationId,
    PageId,
    Part,
    ParticipantId,
    PenWidth,
    PictureSide,
    Points,
    Quality,
    Role,
    Rung,
    Signal,
    Source,
    Talk,
)


class Opened(Event, frozen=True, tag="opened"):
    """The first event of every log. `wall` is the UTC time at `at` 0, RFC 3339."""

    version: int
    lesson: LessonId
    mode: Mode
    wall: str


class Started(Event, frozen=True, tag="started"):
    """Class began."""


class Ended(Event, frozen=True, tag="ended"):
    """Class is over: by the lead, an admin, or because nobody came back in time."""

    reason: Literal["lead", "admin", "timeout"]


class Joined(Event, frozen=True, tag="joined"):
    """A participant came in, or came back after it had left."""

    participant: ParticipantId
    role: Role
    screen: Literal["a", "b"] = "a"


class WentAway(Event, frozen=True, tag="away"):
    """A participant's line broke; its place, floor and hand are kept for a while."""

    participant: ParticipantId


class CameBack(Event, frozen=True, tag="back"):
    """A participant that was away is back. `away_ms` is how long its line was down."""

    participant: ParticipantId
    away_ms: int


class Left(Event, frozen=True, tag="left"):
    """A participant left, or stayed away too long."""

    participant: ParticipantId
    reason: Literal["left", "expired", "replaced", "closed"]


class SourcesChanged(Event, frozen=True, tag="sources_changed"):
    """What a participant sends now."""

    participant: ParticipantId
    live: list[Source]


class FloorGiven(Event, frozen=True, tag="floor_given"):
    """`participant` is heard and shown to all; who held the floor before loses it."""

    participant: ParticipantId


class FloorReturned(Event, frozen=True, tag="floor_returned"):
    """Nobody but the lead has the floor."""

    participant: ParticipantId


class HandChanged(Event, frozen=True, tag="hand_changed"):
    """A hand went up or down."""

    participant: ParticipantId
    up: bool


class TalkChanged(Event, frozen=True, tag="talk_changed"):
    """Listening or discussion."""

    talk: Talk


class RecordingChanged(Event, frozen=True, tag="recording_changed"):
    """The recording runs or stands still. `reason` says why, e.g. `lesson`, `disk_full`, `restart`, `refused`."""

    on: bool
    reason: str


class StrokeDrawn(Event, frozen=True, tag="stroke_drawn"):
    """A stroke on a page."""

    id: OperationId
    page: PageId
    colour: Colour
    width: PenWidth
    points: Points


class Erased(Event, frozen=True, tag="erased"):
    """Objects hidden by the eraser."""

    id: OperationId
    page: PageId
    objects: list[OperationId]


class PageCleared(Event, frozen=True, tag="page_cleared"):
    """All that was visible on the page is hidden."""

    id: OperationId
    page: PageId


class Undone(Event, frozen=True, tag="undone"):
    """Operation `target` no longer stands."""

    id: OperationId
    target: OperationId


class Redone(Event, frozen=True, tag="redone"):
    """Operation `target` stands again."""

    id: OperationId
    target: OperationId


class PageAdded(Event, frozen=True, tag="page_added"):
    """A new empty page, placed after page `after`, and shown."""

    id: OperationId
    page: PageId
    after: PageId


class PicturePut(Event, frozen=True, tag="picture_put"):
    """The page has this picture beneath its ink, as large as fits; an operation like a stroke. The latest is shown."""

    id: OperationId
    page: PageId
    digest: Digest
    width: PictureSide
    height: PictureSide


class PageTurned(Event, frozen=True, tag="page_turned"):
    """Every screen shows this page."""

    page: PageId


class LinkMeasured(Event, frozen=True, tag="link_measured"):
    """A participant's line: on every change of `quality`, and once a minute."""

    participant: ParticipantId
    quality: Quality
    rtt_ms: int
    loss_permille: int
    down_kbps: int
    up_kbps: int


class RungChanged(Event, frozen=True, tag="rung_changed"):
    """A participant's line carries less, or more again, than before: it is given what this rung holds."""

    participant: ParticipantId
    rung: Rung


class BoardDiffered(Event, frozen=True, tag="board_differed"):
    """A client's board did not hash to ours after event `number`; it was sent a new snapshot."""

    participant: ParticipantId
    number: int


class Expected(Event, frozen=True, tag="expected"):
    """Somebody may come in from now on who was not planned: a class that sits in, an assistant, an observer."""

    participant: ParticipantId
    role: Role
    part: Part


class Signalled(Event, frozen=True, tag="signalled"):
    """Room `participant` is said to be so; the author is its assistant."""

    participant: ParticipantId
    signal: Signal


class SignalTaken(Event, frozen=True, tag="signal_taken"):
    """The lead has seen the signal of room `participant`."""

    participant: ParticipantId


class Counted(Event, frozen=True, tag="counted"):
    """So many pupils sit in room `participant`; the author is its assistant."""

    participant: ParticipantId
    present: int


AnyEvent = (
    Opened | Started | Ended | Joined | WentAway | CameBack | Left | SourcesChanged
    | FloorGiven | FloorReturned | HandChanged | TalkChanged | RecordingChanged
    | StrokeDrawn | Erased | PageCleared | Undone | Redone | PageAdded | PicturePut | PageTurned
    | LinkMeasured | RungChanged | BoardDiffered
    | Expected | Signalled | SignalTaken | Counted
)  # fmt: skip
