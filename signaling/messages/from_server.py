"""What the server says: one frozen struct a message, and `FromServer`, the union of them all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from signaling.messages.events import AnyEvent
from signaling.messages.from_client import Ink
from signaling.messages.state import LessonCard, Person, RoomState
from signaling.messages.words import (
    SLOTS,
    Colour,
    Coordinate,
    Layer,
    Message,
    OperationId,
    PageId,
    ParticipantId,
    PenWidth,
    Quality,
    Role,
    Source,
)


class IceServer(Struct, frozen=True, kw_only=True):
    """A TURN relay (RFC 8656) and this participant's credentials for it; the shape is WebRTC's RTCIceServer."""

    urls: list[str]
    username: str
    credential: str


class Welcome(Message, frozen=True, tag="welcome"):
    """The answer to `Hello`. `people` is the roster now; events after `Hello.after` follow, or a `Snapshot`.

    `ice_servers`: ways to reach the media port where no direct one works; empty where the server has no relay.
    """

    version: int
    you: ParticipantId
    role: Role
    lesson: LessonCard
    people: list[Person]
    number: int
    now_ms: int
    ice_servers: list[IceServer] = field(default_factory=list)


class Snapshot(Message, frozen=True, tag="snapshot"):
    """The whole state, for a client that holds nothing or too little; later events follow it.

    `parts`: its pages are empty and their objects follow, in `BoardPart` and at last `BoardHistory`. `ahead`: the first
    part, of the page that is shown, comes or came over HTTP.
    """

    state: RoomState
    parts: bool = False
    ahead: bool = False


class IdRun(Struct, frozen=True):
    """Ids of one series: `of`, `-` and a number, `count` of them from `first` on. Count 0: one id, `of` itself."""

    of: str
    first: Annotated[int, Meta(ge=0)] = 0
    count: Annotated[int, Meta(ge=0, le=20_000)] = 0


class PenRun(Struct, frozen=True, kw_only=True):
    """`count` strokes of one hand and one pen."""

    by: ParticipantId
    colour: Colour
    width: PenWidth
    count: Annotated[int, Meta(ge=1, le=20_000)]


class HiddenRun(Struct, frozen=True, kw_only=True):
    """After `skip` strokes that nothing hides, `count` that all of `by` hide."""

    skip: Annotated[int, Meta(ge=0, le=20_000)]
    count: Annotated[int, Meta(ge=1, le=20_000)]
    by: list[OperationId]


class BoardPart(Message, frozen=True, tag="board_part"):
    """More objects of a page, in drawing order, as they were at the snapshot of event `number`.

    `ids` and `pens` in runs, `points` in columns (signaling/columns.py); what `hidden` does not reach nothing hides.
    `complete`: the page has all its objects.
    """

    number: int
    page: PageId
    ids: list[IdRun]
    pens: list[PenRun]
    hidden: list[HiddenRun]
    points: str
    complete: bool


class History(Struct, frozen=True, kw_only=True):
    """`Operations` in short: a number stands for a stroke, counted over all pages in order, and is the difference from
    the stroke before it in the list (from -1 at its beginning).
    """

    standing: list[int | OperationId] = []
    undone: list[int | OperationId] = []


class BoardHistory(Message, frozen=True, tag="board_history"):
    """The end of a board in parts: what everybody did, as in `BoardState`."""

    number: int
    operations: dict[str, History]
    undone_hides: dict[OperationId, list[OperationId]]


class Logged(Message, frozen=True, tag="event"):
    """A numbered line of the lesson log, exactly as it stands on disk. `by` is its author."""

    number: int
    at: int
    by: str
    event: AnyEvent


class Answer(Message, frozen=True, tag="answer"):
    """The SDP answer to `Offer` number `connection`."""

    connection: int
    sdp: str
    packed: bool = False


class Seat(Struct, frozen=True, kw_only=True):
    """What one receive slot shows and where it belongs on the screen of the receiver."""

    slot: Annotated[int, Meta(ge=0, lt=SLOTS)]
    participant: ParticipantId
    video: Source | None
    audio: Source | None
    place: Literal["stage", "inset", "strip"]


class View(Message, frozen=True, tag="view"):
    """The receiver's screen by the layout table: what fills the stage, and who sits in which slot.

    A slot without a seat is empty; the page hides it (media events do not tell, slots.md rule E).
    """

    stage: Literal["board", "seat", "grid", "waiting"]
    seats: list[Seat]


class Layers(Message, frozen=True, tag="layers"):
    """Send these layers of this source and pause the others."""

    source: Source
    active: list[Layer]


class InkSeen(Message, frozen=True, tag="ink_seen"):
    """Somebody else's unfinished stroke."""

    by: ParticipantId
    ink: Ink


class LaserSeen(Message, frozen=True, tag="laser_seen"):
    """Somebody else's laser pointer."""

    by: ParticipantId
    x: Coordinate | None
    y: Coordinate | None


class LevelSeen(Message, frozen=True, tag="level_seen"):
    """Somebody else's microphone level, 0..100."""

    by: ParticipantId
    value: int


class LinkSeen(Message, frozen=True, tag="link_seen"):
    """Somebody's line in words, for the lead's tiles."""

    participant: ParticipantId
    quality: Quality
    rtt_ms: int
    loss_permille: int
    down_kbps: int
    up_kbps: int


class BoardChecked(Message, frozen=True, tag="board_checked"):
    """The far end's board is, or is not, in step with ours after event `number`."""

    participant: ParticipantId
    number: int
    same: bool


class Roster(Message, frozen=True, tag="roster"):
    """Who is expected now; sent before the event `expected`, which tells only ids."""

    people: list[Person]


class NoteSeen(Message, frozen=True, tag="note_seen"):
    """A private line between an assistant and the lead, told to both and to nobody else."""

    by: ParticipantId
    to: ParticipantId
    text: str
    at: int


class CoverAsk(Struct, frozen=True, kw_only=True):
    """A class whose teacher is away; `class_name` is empty and `pupils` 0 where it was not told."""

    id: str
    school: str
    room: str
    class_name: str
    pupils: int


class Covers(Message, frozen=True, tag="covers"):
    """For the lead: every class that asks to sit in and has no answer yet, the longest waiting first."""

    asked: list[CoverAsk]


class CatchUp(Message, frozen=True, tag="catch_up"):
    """To a classroom's screen: its assistant asks it to play what it missed while its line was down, or to stop."""

    on: bool


class Pong(Message, frozen=True, tag="pong"):
    """`sent_ms` is the ping's; `now_ms` is the lesson's clock."""

    sent_ms: int
    now_ms: int


class RefusedMessage(Message, frozen=True, tag="refused"):
    """A message was not carried out; `code` is stable, `of` the refused message's type.

    `id` is the refused operation's, or empty. `already_done`: this operation is in the log since long; forget it.
    """

    code: str
    of: str
    detail: str = ""
    id: str = ""


class Goodbye(Message, frozen=True, tag="goodbye"):
    """The server closes this socket. `code`: ended, draining, replaced, unauthorized, stalled."""

    code: str
    retry: bool


FromServer = (
    Welcome | Snapshot | Logged | Answer | View | Layers | InkSeen | LaserSeen | LevelSeen | LinkSeen
    | BoardPart | BoardHistory | BoardChecked | Roster | NoteSeen | Covers | CatchUp | Pong | RefusedMessage | Goodbye
)  # fmt: skip
