"""What clients say: one frozen struct a message, and `FromClient`, the union of them all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from signaling.messages.words import (
    NOTE_CHARACTERS,
    Colour,
    Coordinate,
    Digest,
    LessonId,
    Message,
    OperationId,
    PageId,
    ParticipantId,
    PenWidth,
    PictureSide,
    Points,
    Signal,
    Source,
    Talk,
)


class Hello(Message, frozen=True, tag="hello"):
    """The first message. `after` is the last event number this client holds, 0 for none.

    `edition`: the newest additions to the wire that this client reads; later ones are kept from it. `parts`: it takes a
    board in parts. `ahead`: it has asked for the page that is shown over HTTP. `beside`: what comes beside this
    connection says this number; 0: nothing does.
    """

    version: int
    lesson: LessonId
    after: Annotated[int, Meta(ge=0)] = 0
    screen: Literal["a", "b"] = "a"
    edition: Annotated[int, Meta(ge=1)] = 1
    parts: bool = False
    ahead: bool = False
    beside: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] = 0


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


class PutPicture(Message, frozen=True, tag="put_picture"):
    """Lays a picture that was uploaded under a page's ink; without `page` on a new one, as by `AddPage`."""

    id: OperationId
    digest: Digest
    width: PictureSide
    height: PictureSide
    page: PageId | None = None


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
    """All events up to `number` are processed; sent along with the next ping.

    `parts`: how many parts of the latest snapshot's board have come, told after each.
    """

    number: Annotated[int, Meta(ge=0)]
    parts: Annotated[int, Meta(ge=0)] = 0


class Ping(Message, frozen=True, tag="ping"):
    """Answered at once by a `Pong`: a sign of life, and the client's clock check."""

    sent_ms: Annotated[int, Meta(ge=0)]


FromClient = (
    Hello | Offer | Sources | StartLesson | EndLesson | CallOn | ReturnFloor | Hand | SetTalk
    | SendSignal | TakeSignal | CountPresent | SendNote
    | Ink | DrawStroke | Erase | ClearPage | Undo | Redo | AddPage | PutPicture | TurnPage | Laser
    | Level | Link | BoardCheck | Ack | Ping
)  # fmt: skip

Act = (
    StartLesson | EndLesson | CallOn | ReturnFloor | Hand | SetTalk | SendSignal | TakeSignal | CountPresent | SendNote
    | DrawStroke | Erase | ClearPage | Undo | Redo | AddPage | PutPicture | TurnPage
)  # fmt: skip
"""What somebody does in a lesson. Acts have an order of their own, and may come beside the WebSocket as well."""
