"""The lesson after the events so far: one fold that the room, a restart and every Python client share.

Docs/protocol.md, rules P11 and P12: nothing that others can see changes but by an event, so folding the log of a lesson
gives its state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from signaling.board import Board
from signaling.cast import Cast, Member, Screen, screen_of
from signaling.messages import (
    BoardDiffered,
    CameBack,
    Counted,
    Digest,
    Ended,
    Expected,
    FloorGiven,
    FloorReturned,
    HandChanged,
    Joined,
    Left,
    LessonCard,
    LinkMeasured,
    Logged,
    Opened,
    ParticipantId,
    Person,
    Quality,
    RecordingChanged,
    RoomState,
    Rung,
    RungChanged,
    Sign,
    Signalled,
    SignalTaken,
    Source,
    SourcesChanged,
    Started,
    TalkChanged,
    WentAway,
)
from signaling.presence import AtDoor, Away, Gone, Presence, Present, word


@dataclass(slots=True)
class Participant:
    """A member of the cast in the room, or the second window of one."""

    member: Member
    id: ParticipantId
    screen: Screen
    presence: Presence = field(default_factory=AtDoor)
    live: list[Source] = field(default_factory=list)
    hand_at: int | None = None
    quality: Quality = "good"
    rung: Rung = "full"
    sign: Sign | None = None
    present_count: int | None = None

    def told(self) -> Person:
        """As messages tell it."""
        return Person(
            id=self.id,
            role=self.member.role,
            school=self.member.school,
            name=self.member.name,
            presence=word(self.presence),
            colour=self.member.colour,
            live=list(self.live),
            hand=self.hand_at is not None,
            hand_at=self.hand_at,
            quality=self.quality,
            rung=self.rung,
            screen=self.screen,
            part=self.member.part,
            beside=self.member.beside,
            sign=self.sign,
            present_count=self.present_count,
        )


class LessonFold:
    """The fold of a lesson's log over its roster. Events of participants outside the cast change nothing."""

    def __init__(self, card: LessonCard, cast: Cast) -> None:
        self.card = card
        self.cast = cast
        self.number = 0
        self.at = 0
        self.wall: str | None = None
        self.phase: Literal["waiting", "live", "ended"] = "waiting"
        self.talk: Literal["listen", "discussion"] = "listen"
        self.floor: ParticipantId | None = None
        self.recording = False
        self.recording_reason = ""
        self.started_at: int | None = None
        self.board = Board()
        self.pictures: set[Digest] = set()
        """Kept for the lesson: those that may be put on a page. Of the files, not of the log."""
        self.board_number = 0
        self.people = {member.id: Participant(member, member.id, "a") for member in cast}

    def apply(self, logged: Logged) -> None:
        """Applies the next event of the log."""
        self.number, self.at = logged.number, logged.at
        match logged.event:
            case Opened(wall=wall):
                self.wall = wall
            case Started():
                self.phase, self.started_at = "live", logged.at
            case Ended():
                self._end()
            case TalkChanged(talk=talk):
                self.talk = talk
            case RecordingChanged(on=on, reason=reason):
                self.recording, self.recording_reason = on, reason
            case FloorGiven(participant=who):
                self.floor = who
            case FloorReturned():
                self.floor = None
            case (
                Joined(participant=who)
                | WentAway(participant=who)
                | CameBack(participant=who)
                | Left(participant=who)
                | SourcesChanged(participant=who)
                | HandChanged(participant=who)
                | LinkMeasured(participant=who)
                | RungChanged(participant=who)
                | Signalled(participant=who)
                | SignalTaken(participant=who)
                | Counted(participant=who)
            ):
                self._apply_to(who, logged)
            case BoardDiffered() | Expected():
                pass  # who is expected stands in the cast, with the names that a log must not hold
            case _:
                self.board.apply(logged)
                self.board_number = logged.number

    def expect(self, member: Member) -> None:
        """One more may come in; a second window stays behind everybody's first."""
        self.cast = self.cast.with_member(member)
        firsts = {each.id: self.people.get(each.id) or Participant(each, each.id, "a") for each in self.cast}
        self.people = firsts | self.people

    def participant(self, who: ParticipantId) -> Participant | None:
        """The participant with this id; a second window from its first coming on. None for a stranger.

        Who first comes when all is over is nobody the log knows of.
        """
        person = self.people.get(who)
        if person is None and (member := self.cast.find(who)) is not None:
            person = Participant(member, who, screen_of(who))
            if self.phase != "ended":
                self.people[who] = person
        return person

    def told(self) -> list[Person]:
        """Everybody, in the order of the cast."""
        return [person.told() for person in self.people.values()]

    def state(self) -> RoomState:
        """All of it, for a late joiner."""
        return RoomState(
            number=self.number,
            phase=self.phase,
            mode=self.card.mode,
            talk=self.talk,
            floor=self.floor,
            recording=self.recording,
            recording_reason=self.recording_reason,
            started_at=self.started_at,
            people=self.told(),
            board=self.board.snapshot(),
        )

    def _apply_to(self, who: ParticipantId, logged: Logged) -> None:
        person = self.participant(who)
        if person is None:
            return
        match logged.event:
            case Joined() | CameBack():
                person.presence = Present(logged.at)
            case WentAway():
                person.presence = Away(logged.at)
            case Left():
                person.presence, person.live, person.hand_at = Gone(logged.at), [], None
            case SourcesChanged(live=live):
                person.live = list(live)
            case HandChanged(up=up):
                person.hand_at = logged.at if up else None
            case LinkMeasured(quality=quality):
                person.quality = quality
            case RungChanged(rung=rung):
                person.rung = rung
            case Signalled(signal=signal):
                person.sign = Sign(signal=signal, at=logged.at)
            case SignalTaken() if person.sign is not None:
                person.sign = replace(person.sign, seen=True)
            case Counted(present=present):
                person.present_count = present

    def _end(self) -> None:
        self.phase, self.floor = "ended", None
        for person in self.people.values():
            person.hand_at = None
