"""The lesson as this client knows it: the fold of what the server told. Pure: messages in, state to read."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from signaling.board import Board
from signaling.board_in_parts import BoardInParts
from signaling.messages import (
    AnyEvent,
    BoardDiffered,
    BoardHistory,
    BoardPart,
    CameBack,
    Counted,
    Ended,
    Expected,
    FloorGiven,
    FloorReturned,
    FromServer,
    HandChanged,
    InkSeen,
    Joined,
    LaserSeen,
    Left,
    LessonCard,
    LinkMeasured,
    Logged,
    Opened,
    ParticipantId,
    Person,
    RecordingChanged,
    Role,
    RoomState,
    Roster,
    RungChanged,
    Signalled,
    SignalTaken,
    Snapshot,
    SourcesChanged,
    Started,
    StrokeDrawn,
    TalkChanged,
    View,
    Welcome,
    WentAway,
)

Phase = Literal["waiting", "live", "ended"]


class Lesson:
    """One lesson. `number` is the last event held; everything is empty until the first welcome."""

    def __init__(self) -> None:
        self.you: ParticipantId | None = None
        self.role: Role | None = None
        self.card: LessonCard | None = None
        self.number = 0
        self.phase: Phase = "waiting"
        self.talk: Literal["listen", "discussion"] = "listen"
        self.floor: ParticipantId | None = None
        self.recording = False
        self.recording_reason = ""
        self.people: dict[ParticipantId, Person] = {}
        self.board = Board()
        self.board_number = 0
        self.board_changes = 0
        """Counts what could be seen of the board."""
        self._parts: BoardInParts | None = None
        self.view = View(stage="waiting", seats=[])
        self.ink: dict[str, InkSeen] = {}
        """Others' unfinished strokes by their operation."""
        self.laser: LaserSeen | None = None

    @property
    def title(self) -> str:
        """The lesson's title, empty before the first welcome."""
        return "" if self.card is None else self.card.title

    @property
    def board_whole(self) -> bool:
        """Whether nothing of the board is still to come."""
        return self._parts is None

    def school_of(self, who: ParticipantId) -> str:
        """The school's name of a participant or of its second window."""
        person = self.people.get(who.removesuffix(".b"))
        return "" if person is None else person.school

    def receive(self, message: FromServer) -> None:
        """Folds one message; those that tell nothing of the lesson change nothing."""
        match message:
            case Welcome():
                self.you, self.role, self.card = message.you, message.role, message.lesson
                self._meet(message.people)
            case Roster(people=people):
                self._meet(people)
            case Snapshot(state=state, parts=parts):
                self._restore(state, parts)
            case BoardPart() | BoardHistory():
                self._board_came(message)
            case Logged():
                self._happened(message)
            case View():
                self.view = message
            case InkSeen():
                self._ink(message)
            case LaserSeen():
                self.laser = message if message.x is not None else None
            case _:
                return

    def _meet(self, people: list[Person]) -> None:
        self.people = {person.id: person for person in people}

    def _restore(self, state: RoomState, parts: bool) -> None:
        self._meet(state.people)
        self.number = self.board_number = state.number
        self.phase, self.talk, self.floor = state.phase, state.talk, state.floor
        self.recording, self.recording_reason = state.recording, state.recording_reason
        self._parts = BoardInParts(state.board) if parts else None
        self.board = Board.restore(state.board)
        self.board_changes += 1
        self.ink.clear()

    def _board_came(self, part: BoardPart | BoardHistory) -> None:
        """More of the board of the latest snapshot."""
        if self._parts is not None and self._parts.take(part):
            self.board = self._parts.board()
            self.board_changes += 1
            self._parts = None if self._parts.whole else self._parts

    def _happened(self, logged: Logged) -> None:
        if logged.number <= self.number:
            return
        self.number = logged.number
        match logged.event:
            case Started():
                self.phase = "live"
            case Ended():
                self.phase, self.floor = "ended", None
            case TalkChanged(talk=talk):
                self.talk = talk
            case RecordingChanged(on=on, reason=reason):
                self.recording, self.recording_reason = on, reason
            case FloorGiven(participant=who):
                self.floor = who
            case FloorReturned():
                self.floor = None
            case Opened() | BoardDiffered() | Expected() | Signalled() | SignalTaken() | Counted():
                return  # a classroom's screen shows none of it
            case Joined() | WentAway() | CameBack() | Left() | SourcesChanged() | HandChanged():
                self._person_changed(logged.event, logged.at)
            case LinkMeasured() | RungChanged():
                self._person_changed(logged.event, logged.at)
            case _:
                self._board_changed(logged)

    def _person_changed(self, event: AnyEvent, at: int) -> None:
        person = self.people.get(getattr(event, "participant", ""))
        if person is None:
            return
        match event:
            case Joined() | CameBack():
                person = replace(person, presence="present")
            case WentAway():
                person = replace(person, presence="away")
            case Left():
                person = replace(person, presence="left", live=[], hand=False, hand_at=None)
            case SourcesChanged(live=live):
                person = replace(person, live=live)
            case HandChanged(up=up):
                person = replace(person, hand=up, hand_at=at if up else None)
            case LinkMeasured(quality=quality):
                person = replace(person, quality=quality)
            case RungChanged(rung=rung):
                person = replace(person, rung=rung)
        self.people[person.id] = person
        if person.presence in ("away", "left"):
            self._forget_expendables(person.id)

    def _forget_expendables(self, who: ParticipantId) -> None:
        """Whose line broke in the middle of a stroke never ends it."""
        self.ink = {operation: seen for operation, seen in self.ink.items() if seen.by != who}
        if self.laser is not None and self.laser.by == who:
            self.laser = None

    def _board_changed(self, logged: Logged) -> None:
        if self._parts is None or self._parts.note(logged):
            self.board.apply(logged)
        self.board_number = logged.number
        self.board_changes += 1
        if isinstance(logged.event, StrokeDrawn):
            self.ink.pop(logged.event.id, None)

    def _ink(self, seen: InkSeen) -> None:
        """Points follow those held; a part that leaves a hole is passed over, the stroke itself will come."""
        ink = seen.ink
        held = self.ink.get(ink.id)
        before = [] if held is None else held.ink.points[: 3 * ink.start]
        if len(before) == 3 * ink.start:
            self.ink[ink.id] = InkSeen(by=seen.by, ink=replace(ink, start=0, points=before + ink.points))
