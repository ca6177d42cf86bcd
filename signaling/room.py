"""The live room of one lesson. Pure: messages and the time go in, effects come out (docs/protocol.md).

Everything that others can see happens as an event: decided here, numbered, folded into the state, appended to the log
and sent to everyone, its author too. So a room can be made again from its log alone.

Times are milliseconds on the lesson's clock, which starts when its log is opened and goes on over a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from signaling import attendance, conduct
from signaling.answers import Answers
from signaling.attendance import LeaveReason
from signaling.cast import Cast, Member
from signaling.effects import Effect, Record, Send
from signaling.errors import Refused
from signaling.fold import LessonFold
from signaling.messages import (
    VERSION,
    CoverAsk,
    Covers,
    Expected,
    FloorReturned,
    FromClient,
    LessonCard,
    Logged,
    Opened,
    ParticipantId,
    RecordingChanged,
    RoomState,
    Roster,
    Rung,
    RungChanged,
    Snapshot,
    WentAway,
)
from signaling.presence import Present, expired, floor_expired, has_place
from signaling.tail import Tail
from signaling.turn import SERVER, Turn
from signaling.views import Views

TIMEOUT_AFTER_PLANNED_END_MS = 900_000
"""An empty room is ended so long after the lesson's planned end."""


class Room:
    """One lesson's room. Every public method that takes the time returns what follows, in order."""

    def __init__(self, card: LessonCard, cast: Cast) -> None:
        self.fold = LessonFold(card, cast)
        self._tail = Tail()
        self._views = Views()
        self._covers: list[CoverAsk] = []
        self._answers = Answers()

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
                attendance.leave(turn, person, "expired")
        if not self.present and self._is_over(now_ms):
            conduct.end(turn, "timeout", SERVER)
        return self._settled(turn)

    # --- coming and going --------------------------------------------------------------------------------------

    def join(self, who: ParticipantId, now_ms: int, after: int = 0, ahead: RoomState | None = None) -> list[Effect]:
        """A participant's socket is open and it holds the events up to `after`.

        ahead: it holds none, and was told the page shown in this state.

        An older socket of the same participant is closed, with goodbye `replaced`, before this is called.

        Raises:
            Refused: `not_in_lesson`, who is not in the cast.
        """
        person = self.fold.participant(who)
        if person is None:
            raise Refused("not_in_lesson")
        turn = self._turn(now_ms)
        if self.fold.phase != "ended":
            attendance.arrive(turn, person)
        turn.send(who, attendance.welcome(self.fold, person, turn.at))
        missing = self._tail.after(after if ahead is None else ahead.number)
        if missing is None:
            turn.send(who, Snapshot(state=self.state()))
        else:
            if ahead is not None:
                turn.send(who, Snapshot(state=ahead, ahead=True))
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
            attendance.leave(turn, person, reason)
        return self._settled(turn)

    # --- messages ----------------------------------------------------------------------------------------------

    def receive(self, sender: ParticipantId, message: FromClient, now_ms: int) -> list[Effect]:
        """What follows from `message`.

        Raises:
            Refused: `sender` may not send it now. The room is unchanged.
        """
        person = self.fold.people.get(sender)
        if person is None or not isinstance(person.presence, Present):
            raise Refused("not_in_lesson")
        turn = self._turn(now_ms)
        self._answers.answer(turn, person, message)
        return self._settled(turn)

    # --- parts -------------------------------------------------------------------------------------------------

    def _turn(self, now_ms: int) -> Turn:
        return Turn(self.fold, self._tail, now_ms)

    def _settled(self, turn: Turn, fresh: ParticipantId | None = None) -> list[Effect]:
        """The turn's effects, then the routes and views that follow from its events, then its farewells.

        When all is over nothing follows any more for whoever still comes to hear it.
        """
        seen = self._views.update(self.fold, fresh) if turn.moved or (fresh and self.fold.phase != "ended") else []
        return [*turn.effects, *seen, *turn.farewells]

    def _is_over(self, now_ms: int) -> bool:
        if self.fold.wall is None:
            return False
        opened = datetime.fromisoformat(self.fold.wall)
        planned = datetime.fromisoformat(self.fold.card.planned_end)
        return now_ms >= (planned - opened).total_seconds() * 1000 + TIMEOUT_AFTER_PLANNED_END_MS
