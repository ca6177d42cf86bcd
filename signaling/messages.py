"""Every message on the signaling wire and every event of the lesson log.

Three unions, told apart by `type`: `FromClient` and `FromServer` are messages, one JSON text frame each;
`Event` is what the log keeps and what a `Logged` message carries. All are frozen and closed: an unknown field
or type is refused. The rules that bind them are numbered in docs/protocol.md.

Units: a length on the board is an integer in 1/10000 of the board's width (the board is 10000 x 5625);
pressure is 0..255; `*_ms` are milliseconds, `at` is milliseconds since the lesson's log was opened.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

VERSION = 1
EDITION = 2
"""What has been added to the wire since its first edition: 2 brought assistants' signals, guests and cover."""

BOARD_WIDTH = 10_000
BOARD_HEIGHT = 5_625
SLOTS = 6
"""Receive slots of a peer: pairs of one audio and one video m-line (architecture decision 4)."""

ParticipantId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
LessonId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
OperationId = Annotated[str, Meta(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9-]+$")]
"""Made by the client, unique in the lesson: sending one operation twice has the effect of once."""
PageId = Annotated[int, Meta(ge=1, le=500)]
Coordinate = Annotated[int, Meta(ge=-10_000, le=20_000)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
PenWidth = Annotated[int, Meta(ge=4, le=800)]
Points = Annotated[list[Coordinate], Meta(min_length=3, max_length=6_000)]
"""x, y, pressure, x, y, pressure ... in drawing order."""

Role = Literal["lead", "classroom", "assistant", "observer", "recorder", "rebroadcast", "admin"]
Mode = Literal["blended", "delivery"]
Talk = Literal["listen", "discussion"]
Source = Literal["microphone", "low_speech", "media_sound", "camera", "camera2", "screen"]
SEND_LINES: tuple[Source, ...] = ("microphone", "low_speech", "media_sound", "camera", "camera2", "screen")
"""The send m-lines of every offer, in order; after them come SLOTS pairs of receive lines, audio then video."""
Layer = Literal["q", "h", "f"]
"""RIDs of the simulcast layers: quarter, half and full size."""
Quality = Literal["good", "weak", "lost"]
Part = Literal["planned", "cover", "assistant", "trainer", "inspector", "school_admin", "county_admin"]
"""As what somebody is in the lesson: planned for it, sitting in on it, helping in a room, or watching by office."""
Signal = Literal["too_fast", "cannot_hear", "cannot_see", "wait", "all_fine"]
"""What an assistant tells the lead of her room with one tap; a pupil who wants to speak is the room's hand."""
NOTE_CHARACTERS = 160
Rung = Literal["full", "smaller", "speaker", "sound", "voice"]
"""Of the ladder (signaling/ladder.py): what a receiver's line is given."""


class Message(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """One JSON text frame."""


class Event(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """What happened, without its number, time and author: those are in `Logged`."""


# --- from the client ---------------------------------------------------------------------------------------


class Hello(Message, frozen=True, tag="hello"):
    """The first message. `after` is the last event number this client holds, 0 for none.

    `edition`: the newest additions to the wire that this client reads; later ones are kept from it.
    """

    version: int
    lesson: LessonId
    after: Annotated[int, Meta(ge=0)] = 0
    screen: Literal["a", "b"] = "a"
    edition: Annotated[int, Meta(ge=1)] = 1


class Offer(Message, frozen=True, tag="offer"):
    """The one SDP offer of a peer connection; `connection` counts this client's connections, from 1.

    packed: `sdp` is base64 of raw deflate, and so will be the answer's.
    """

    connection: Annotated[int, Meta(ge=1)]
    sdp: Annotated[str, Meta(max_length=262_144)]
    packed: bool = False


class Sources(Message, frozen=True, tag="sources"):
    """What the sender sends right now; a muted microphone is absent."""

    live: Annotated[list[Source], Meta(max_length=6)]


class StartLesson(Message, frozen=True, tag="start_lesson"):
    """The lead starts the class; recording begins unless `record` is false."""

    record: bool = True


class EndLesson(Message, frozen=True, tag="end_lesson"):
    """The lead ends the class for everyone."""


class CallOn(Message, frozen=True, tag="call_on"):
    """The lead gives `participant` the floor."""

    participant: ParticipantId


class ReturnFloor(Message, frozen=True, tag="return_floor"):
    """The floor goes back to the lead, by the lead or by its holder."""


class Hand(Message, frozen=True, tag="hand"):
    """A classroom raises or lowers its hand; the lead may lower another's by `participant`."""

    up: bool
    participant: ParticipantId | None = None


class SetTalk(Message, frozen=True, tag="set_talk"):
    """The lead switches between listening (only the floor is heard) and discussion (all are heard)."""

    talk: Talk


class SendSignal(Message, frozen=True, tag="send_signal"):
    """An assistant tells the lead how it is in her room."""

    signal: Signal


class TakeSignal(Message, frozen=True, tag="take_signal"):
    """The lead has seen the signal of a room."""

    participant: ParticipantId


class CountPresent(Message, frozen=True, tag="count_present"):
    """An assistant says how many pupils sit in her room: a number, never names."""

    present: Annotated[int, Meta(ge=0, le=300)]


class SendNote(Message, frozen=True, tag="send_note"):
    """A private line between an assistant and the lead; the lead says by `to` to whom. It is kept nowhere."""

    text: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS)]
    to: ParticipantId | None = None


class Ink(Message, frozen=True, tag="ink"):
    """Points of a stroke still being drawn, from point index `start` on. Unnumbered, expendable."""

    id: OperationId
    page: PageId
    colour: Colour
    width: PenWidth
    start: Annotated[int, Meta(ge=0, le=2_000)]
    points: Annotated[list[Coordinate], Meta(max_length=600)]


class DrawStroke(Message, frozen=True, tag="draw_stroke"):
    """A finished stroke. `width` is the pen's diameter at full pressure."""

    id: OperationId
    page: PageId
    colour: Colour
    width: PenWidth
    points: Points


class Erase(Message, frozen=True, tag="erase"):
    """Hides whole objects of one page."""

    id: OperationId
    page: PageId
    objects: Annotated[list[OperationId], Meta(min_length=1, max_length=500)]


class ClearPage(Message, frozen=True, tag="clear_page"):
    """Hides everything visible on a page; can be undone like any operation."""

    id: OperationId
    page: PageId


class Undo(Message, frozen=True, tag="undo"):
    """Takes back the sender's own latest operation that stands."""

    id: OperationId


class Redo(Message, frozen=True, tag="redo"):
    """Brings back the sender's own latest undone operation."""

    id: OperationId


class AddPage(Message, frozen=True, tag="add_page"):
    """Adds a page after the current one and turns to it."""

    id: OperationId


class TurnPage(Message, frozen=True, tag="turn_page"):
    """Shows another page on every screen."""

    page: PageId


class Laser(Message, frozen=True, tag="laser"):
    """Where the laser pointer is; None when it is lifted. Unnumbered, expendable."""

    x: Coordinate | None = None
    y: Coordinate | None = None


class Level(Message, frozen=True, tag="level"):
    """Loudness of the sender's microphone, 0..100. Unnumbered, expendable, at most 5 a second."""

    value: Annotated[int, Meta(ge=0, le=100)]


class Link(Message, frozen=True, tag="link"):
    """What the sender measured of its own line in the last seconds, once every 5 s."""

    rtt_ms: Annotated[int, Meta(ge=0, le=60_000)]
    loss_permille: Annotated[int, Meta(ge=0, le=1000)]
    down_kbps: Annotated[int, Meta(ge=0)]
    up_kbps: Annotated[int, Meta(ge=0)]
    freeze_ms: Annotated[int, Meta(ge=0)] = 0


class BoardCheck(Message, frozen=True, tag="board_check"):
    """The hash of the board that the sender has rendered after event `number`."""

    number: Annotated[int, Meta(ge=0)]
    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Ack(Message, frozen=True, tag="ack"):
    """All events up to `number` are processed; sent at least once a second while events arrive."""

    number: Annotated[int, Meta(ge=0)]


class Ping(Message, frozen=True, tag="ping"):
    """Answered at once by a `Pong`: a sign of life, and the client's clock check."""

    sent_ms: Annotated[int, Meta(ge=0)]


FromClient = (
    Hello | Offer | Sources | StartLesson | EndLesson | CallOn | ReturnFloor | Hand | SetTalk
    | SendSignal | TakeSignal | CountPresent | SendNote
    | Ink | DrawStroke | Erase | ClearPage | Undo | Redo | AddPage | TurnPage | Laser
    | Level | Link | BoardCheck | Ack | Ping
)  # fmt: skip


# --- events of the lesson log ------------------------------------------------------------------------------


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
    | StrokeDrawn | Erased | PageCleared | Undone | Redone | PageAdded | PageTurned
    | LinkMeasured | RungChanged | BoardDiffered
    | Expected | Signalled | SignalTaken | Counted
)  # fmt: skip


# --- state, as a late joiner receives it -------------------------------------------------------------------


class BoardObject(Struct, frozen=True, kw_only=True):
    """A stroke and the operations that hide it; it is visible when `hidden_by` is empty."""

    id: OperationId
    by: ParticipantId
    colour: Colour
    width: PenWidth
    points: Points
    hidden_by: list[OperationId] = []


class BoardPage(Struct, frozen=True, kw_only=True):
    """Objects in drawing order."""

    id: PageId
    objects: list[BoardObject] = []


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


# --- from the server ---------------------------------------------------------------------------------------


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
    ice_servers: list[IceServer] = []


class Snapshot(Message, frozen=True, tag="snapshot"):
    """The whole state, for a client that holds nothing or too little; later events follow it."""

    state: RoomState


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
    | BoardChecked | Roster | NoteSeen | Covers | CatchUp | Pong | RefusedMessage | Goodbye
)  # fmt: skip
