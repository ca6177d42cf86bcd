"""The state of a room, as a late joiner receives it: the fold of the log (signaling/fold.py) and the roster."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from signaling.messages.words import (
    Colour,
    Digest,
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


class BoardObject(Struct, frozen=True, kw_only=True):
    """A stroke and the operations that hide it; it is visible when `hidden_by` is empty."""

    id: OperationId
    by: ParticipantId
    colour: Colour
    width: PenWidth
    points: Points
    hidden_by: list[OperationId] = []


class PagePicture(Struct, frozen=True, kw_only=True):
    """A picture under the ink and the operations that hide it; the latest that nothing hides is shown."""

    id: OperationId
    by: ParticipantId
    digest: Digest
    width: PictureSide
    height: PictureSide
    hidden_by: list[OperationId] = []


class BoardPage(Struct, frozen=True, kw_only=True):
    """Objects in drawing order, and pictures in the order in which they were put."""

    id: PageId
    objects: list[BoardObject] = []
    pictures: list[PagePicture] = []


class Operations(Struct, frozen=True, kw_only=True):
    """One participant's operations that stand and that were undone, oldest first."""

    standing: list[OperationId] = []
    undone: list[OperationId] = []


class BoardState(Struct, frozen=True, kw_only=True):
    """The whole board. `current` is the page every screen shows.

    `undone_hides`: for each undone erase or clear, the objects it hides again when it is redone.
    """

    pages: list[BoardPage]
    current: PageId
    operations: dict[str, Operations] = {}
    undone_hides: dict[OperationId, list[OperationId]] = {}


class Sign(Struct, frozen=True, kw_only=True):
    """The latest signal of a room; `seen` by the lead."""

    signal: Signal
    at: int
    seen: bool = False


class Person(Struct, frozen=True, kw_only=True):
    """A participant as the others know it. Names are for screens, never for logs of the server.

    `beside`: the room an assistant sits in. `sign` and `present_count` are what a room's assistant told of it.
    """

    id: ParticipantId
    role: Role
    school: str
    name: str
    presence: Literal["expected", "present", "away", "left"]
    colour: Colour
    live: list[Source] = []
    hand: bool = False
    hand_at: int | None = None
    quality: Quality = "good"
    rung: Rung = "full"
    screen: Literal["a", "b"] = "a"
    part: Part = "planned"
    beside: ParticipantId | None = None
    sign: Sign | None = None
    present_count: int | None = None


class RoomState(Struct, frozen=True, kw_only=True):
    """Everything a screen needs besides media: the fold of the log up to `number`, and the roster."""

    number: int
    phase: Literal["waiting", "live", "ended"]
    mode: Mode
    talk: Talk
    floor: ParticipantId | None
    recording: bool
    recording_reason: str
    started_at: int | None
    people: list[Person]
    board: BoardState


class LessonCard(Struct, frozen=True, kw_only=True):
    """The lesson as people know it. Times are UTC, RFC 3339."""

    id: LessonId
    title: str
    subject: str
    mode: Mode
    planned_start: str
    planned_end: str
