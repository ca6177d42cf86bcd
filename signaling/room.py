"""The live room of one lesson. Pure: messages and the time go in, effects come out (docs/protocol.md).

Everything that others can see happens as an event: decided here, numbered, folded into the state, appended to the log
and sent to everyone, its author too. So a room can be made again from its log alone.

Times are milliseconds on the lesson's clock, which starts when its log is opened and goes on over a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from signaling import conduct, permissions
from signaling.cast import Cast, Member
from signaling.checks import BoardChecks
from signaling.drawing import Drawing, drawn
from signaling.effects import Effect, Record, Send
from signaling.errors import Refused
from signaling.fold import LessonFold, Participant
from signaling.helping import Helping
from signaling.lines import Lines
from signaling.messages import (
    VERSION,
    Ack,
    AddPage,
    BoardCheck,
    CallOn,
    CameBack,
    ClearPage,
    CountPresent,
    CoverAsk,
    Covers,
    DrawStroke,
    EndLesson,
    Erase,
    Expected,
    FloorReturned,
    FromClient,
    Hand,
    HandChanged,
    Ink,
    InkSeen,
    Joined,
    Laser,
    LaserSeen,
    Left,
    LessonCard,
    Level,
    LevelSeen,
    Link,
    Logged,
    Message,
    Offer,
    Opened,
    ParticipantId,
    Ping,
    Pong,
    RecordingChanged,
    Redo,
    ReturnFloor,
    RoomState,
    Roster,
    Rung,
    RungChanged,
    SendNote,
    SendSignal,
    SetTalk,
    Snapshot,
    Sources,
    StartLesson,
    TakeSignal,
    TurnPage,
    Undo,
    Welcome,
    WentAway,
)
from signaling.presence import Away, Present, expired, floor_expired, has_place
from signaling.tail import Tail
from signaling.turn import SERVER, Turn
from signaling.views import Views

TIMEOUT_AFTER_PLANNED_END_MS = 900_000
"""An empty room is ended so long after the lesson's planned end."""

LeaveReason = Literal["left", "expired", "replaced", "closed"]
LIVE_ONLY: frozenset[type[Message]] = frozenset({CallOn, ReturnFloor, Hand, SetTalk})
PASSING: frozenset[type[Message]] = frozenset({Ink, Laser, Level, Ping})
"""What never becomes an event: its effects need not wait for the log."""


class Room:
    """One lesson's room. Every public method that takes the time returns what follows, in order."""

    def __init__(self, card: LessonCard, cast: Cast) -> None:
        self.fold = LessonFold(card, cast)
        self._tail = Tail()
        self._views = Views()
        self._covers: list[CoverAsk] = []
        helping = Helping()
        self._methods: dict[type[Message], Callable[[Turn, Participant, Any], None]] = {
            Sources: conduct.sources,
            StartLesson: conduct.start,
            EndLesson: conduct.end_by,
            CallOn: conduct.call_on,
            ReturnFloor: conduct.return_floor,
            Hand: conduct.hand,
            SetTalk: conduct.set_talk,
            SendSignal: helping.signal,
            TakeSignal: helping.take,
            CountPresent: helping.count,
            SendNote: helping.note,
            Ink: self._ink,
            Laser: self._laser,
            Level: self._level,
            Link: Lines().measured,
            BoardCheck: BoardChecks().check,
            Ping: self._ping,
            Ack: self._nothing,
            Offer: self._nothing,
            **dict.fromkeys((DrawStroke, Erase, ClearPage, Undo, Redo, AddPage, TurnPage), self._draw),
        }

    @classmethod
    def replay(cls, card: LessonCard, cast: Cast, events: Iterable[Logged]) -> Room:
        """The room after these events of its log. After a restart, `reopen` comes next."""
        room = cls(card, cast)
        for logged in events:
            room.fold.apply(logged)
            room._tail.add(logged)
        return room

    @property
    def number(self) -> int:
        """Of the last event."""
        return self.fold.number

    @property
    def present(self) -> list[ParticipantId]:
        """Whose line is up."""
        return [person.id for person in self.fold.people.values() if isinstance(person.presence, Present)]

    def state(self) -> RoomState:
        """All that a late joiner needs."""
        return self.fold.state()

    # --- the room's life ---------------------------------------------------------------------------------------

    def open(self, wall: str, now_ms: int = 0) -> list[Effect]:
        """The first event of a new log; `wall` is the UTC time at 0 on the lesson's clock, RFC 3339."""
        turn = self._turn(now_ms)
        turn.log(Opened(version=VERSION, lesson=self.fold.card.id, mode=self.fold.card.mode, wall=wall), SERVER)
        return turn.effects

    def reopen(self, now_ms: int) -> list[Effect]:
        """After a restart: everybody's line broke with the old process; a running recording goes on.

        Nobody is connected yet, so nobody is told: they learn it when they come back.
        """
        turn = self._turn(now_ms)
        if self.fold.phase == "ended":
            return turn.effects
        for who in self.present:
            turn.log(WentAway(participant=who), SERVER)
        if self.fold.phase == "live" and self.fold.recording_reason not in conduct.NEVER_RECORDED:
            if self.fold.recording:
                turn.log(RecordingChanged(on=True, reason="restart"), SERVER)
            turn.effects.append(Record(True, "restart"))  # a recorder that had stopped by itself still waits to go on
        return [effect for effect in self._settled(turn) if not isinstance(effect, Send)]

    def end(self, reason: conduct.EndReason, now_ms: int, by: str = SERVER) -> list[Effect]:
        """Ends the class for everyone; ending twice is ending once."""
        turn = self._turn(now_ms)
        conduct.end(turn, reason, by)
        return self._settled(turn)

    def recording_changed(self, on: bool, reason: str, now_ms: int) -> list[Effect]:
        """The recorder stopped or started by itself: the disk filled up, or has space again."""
        turn = self._turn(now_ms)
        told = (self.fold.recording, self.fold.recording_reason)
        if (on, reason) != told and self.fold.phase != "ended":
            turn.log(RecordingChanged(on=on, reason=reason), SERVER)
        return self._settled(turn)

    def rung_changed(self, who: ParticipantId, rung: Rung, now_ms: int) -> list[Effect]:
        """The server measured that a participant's line carries less than before, or more again."""
        turn = self._turn(now_ms)
        person = self.fold.people.get(who)
        if person is not None and person.rung != rung and has_place(person.presence) and self.fold.phase != "ended":
            turn.log(RungChanged(participant=who, rung=rung), SERVER)
        return self._settled(turn)

    def expect(self, member: Member, now_ms: int) -> list[Effect]:
        """One more may come in: a class that sits in, an assistant, an observer. Twice is once."""
        turn = self._turn(now_ms)
        if self.fold.cast.find(member.id) is not None:
            return []
        self.fold.expect(member)
        if self.fold.phase != "ended":
            turn.to_all(Roster(people=self.fold.told()))
            turn.log(Expected(participant=member.id, role=member.role, part=member.part), SERVER)
        return self._settled(turn)

    def covers_changed(self, asked: list[CoverAsk], now_ms: int) -> list[Effect]:
        """Which classes wait for the lead's answer to their asking to sit in."""
        turn = self._turn(now_ms)
        if asked != self._covers and self.fold.phase != "ended":
            self._covers = asked
            turn.to_leads(Covers(asked=asked))
        return turn.effects

    def tick(self, now_ms: int) -> list[Effect]:
        """What follows from the time alone; to be called about once a second."""
        turn = self._turn(now_ms)
        if self.fold.phase == "ended":
            return turn.effects
        holder = self.fold.people.get(self.fold.floor or "")
        if holder is not None and floor_expired(holder.presence, now_ms):
            turn.log(FloorReturned(participant=holder.id), SERVER)
        for person in list(self.fold.people.values()):
            if expired(person.presence, now_ms):
                self._leave(turn, person, "expired")
        if not self.present and self._is_over(now_ms):
            conduct.end(turn, "timeout", SERVER)
        return self._settled(turn)

    # --- coming and going --------------------------------------------------------------------------------------

    def join(self, who: ParticipantId, now_ms: int, after: int = 0) -> list[Effect]:
        """A participant's socket is open and it holds the events up to `after`.

        An older socket of the same participant is closed, with goodbye `replaced`, before this is called.

        Raises:
            Refused: `not_in_lesson`, who is not in the cast.
        """
        person = self.fold.participant(who)
        if person is None:
            raise Refused("not_in_lesson")
        turn = self._turn(now_ms)
        if self.fold.phase != "ended":
            self._arrive(turn, person)
        turn.send(who, self._welcome(person, turn.at))
        missing = self._tail.after(after)
        if missing is None:
            turn.send(who, Snapshot(state=self.state()))
        else:
            turn.effects += [Send(who, logged) for logged in missing]
        if self._covers and person.member.role == "lead":
            turn.send(who, Covers(asked=self._covers))
        if self.fold.phase == "ended":
            conduct.see_off(turn, who)
        return self._settled(turn, fresh=who)

    def lost(self, who: ParticipantId, now_ms: int) -> list[Effect]:
        """A participant's line broke; its place, floor and hand are kept for a while."""
        turn = self._turn(now_ms)
        person = self.fold.people.get(who)
        if person is not None and isinstance(person.presence, Present) and self.fold.phase != "ended":
            turn.log(WentAway(participant=who), who)
        return self._settled(turn)

    def leave(self, who: ParticipantId, now_ms: int, reason: LeaveReason = "left") -> list[Effect]:
        """A participant is gone for good: told so, or sent away."""
        turn = self._turn(now_ms)
        person = self.fold.people.get(who)
        if person is not None and has_place(person.presence) and self.fold.phase != "ended":
            self._leave(turn, person, reason)
        return self._settled(turn)

    def _arrive(self, turn: Turn, person: Participant) -> None:
        match person.presence:
            case Present():
                return
            case Away(since_ms=since):
                event: CameBack | Joined = CameBack(participant=person.id, away_ms=turn.at - since)
            case _:
                event = Joined(participant=person.id, role=person.member.role, screen=person.screen)
        turn.log(event, person.id, but=person.id)

    def _leave(self, turn: Turn, person: Participant, reason: LeaveReason) -> None:
        by = person.id if reason == "left" else SERVER
        if self.fold.floor == person.id:
            turn.log(FloorReturned(participant=person.id), by)
        if person.hand_at is not None:
            turn.log(HandChanged(participant=person.id, up=False), by)
        turn.log(Left(participant=person.id, reason=reason), by)

    def _welcome(self, person: Participant, at: int) -> Welcome:
        return Welcome(
            version=VERSION,
            you=person.id,
            role=person.member.role,
            lesson=self.fold.card,
            people=self.fold.told(),
            number=self.fold.number,
            now_ms=at,
        )

    # --- messages ----------------------------------------------------------------------------------------------

    def receive(self, sender: ParticipantId, message: FromClient, now_ms: int) -> list[Effect]:
        """What follows from `message`.

        Raises:
            Refused: `sender` may not send it now. The room is unchanged.
        """
        person = self.fold.people.get(sender)
        if person is None or not isinstance(person.presence, Present):
            raise Refused("not_in_lesson")
        self._permit(person, type(message))
        turn = self._turn(now_ms)
        self._methods[type(message)](turn, person, message)
        return self._settled(turn)

    def _permit(self, person: Participant, message: type[Message]) -> None:
        has_floor = self.fold.floor == person.id
        if message not in self._methods:
            raise Refused("bad_message", f"{message.__struct_config__.tag} comes first, and once")
        if not permissions.permits(person.member.role, message, has_floor=has_floor, screen=person.screen):
            raise Refused("not_allowed")
        if self.fold.phase == "ended" and message not in permissions.WATCHING | {EndLesson}:
            raise Refused("lesson_ended")
        if self.fold.phase == "waiting" and message in LIVE_ONLY:
            raise Refused("not_live")

    def _draw(self, turn: Turn, sender: Participant, message: Drawing) -> None:
        event = drawn(self.fold.board, sender.id, sender.member.role, message)
        if event is not None:
            turn.log(event, sender.id)

    def _ink(self, turn: Turn, sender: Participant, message: Ink) -> None:
        turn.to_all(InkSeen(by=sender.id, ink=message), but=sender.id)

    def _laser(self, turn: Turn, sender: Participant, message: Laser) -> None:
        turn.to_all(LaserSeen(by=sender.id, x=message.x, y=message.y), but=sender.id)

    def _level(self, turn: Turn, sender: Participant, message: Level) -> None:
        if sender.member.role != "lead":
            turn.to_leads(LevelSeen(by=sender.id, value=message.value))

    def _ping(self, turn: Turn, sender: Participant, message: Ping) -> None:
        turn.send(sender.id, Pong(sent_ms=message.sent_ms, now_ms=turn.at))

    def _nothing(self, turn: Turn, sender: Participant, message: Ack | Offer) -> None:
        """Acknowledgements are the connection's business, offers the media's."""

    # --- parts -------------------------------------------------------------------------------------------------

    def _turn(self, now_ms: int) -> Turn:
        return Turn(self.fold, self._tail, now_ms)

    def _settled(self, turn: Turn, fresh: ParticipantId | None = None) -> list[Effect]:
        """The turn's effects, then the routes and views that follow from its events, then its farewells."""
        seen = self._views.update(self.fold, fresh) if turn.moved or fresh else []
        return [*turn.effects, *seen, *turn.farewells]

    def _is_over(self, now_ms: int) -> bool:
        if self.fold.wall is None:
            return False
        opened = datetime.fromisoformat(self.fold.wall)
        planned = datetime.fromisoformat(self.fold.card.planned_end)
        return now_ms >= (planned - opened).total_seconds() * 1000 + TIMEOUT_AFTER_PLANNED_END_MS
