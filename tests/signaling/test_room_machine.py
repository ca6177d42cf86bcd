"""The room under random lessons: its log alone gives it back, and what it told is always in step with what it is."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signaling.cast import Cast, Member
from signaling.effects import Append, Effect, Record, Route, Send, Want
from signaling.errors import Refused
from signaling.messages import (
    AddPage,
    BoardCheck,
    CallOn,
    ClearPage,
    CountPresent,
    CoverAsk,
    Covers,
    DrawStroke,
    EndLesson,
    Erase,
    FromClient,
    Hand,
    Joined,
    LessonCard,
    Level,
    Link,
    Logged,
    Message,
    NoteSeen,
    Redo,
    ReturnFloor,
    Roster,
    SendNote,
    SendSignal,
    SetTalk,
    Snapshot,
    Sources,
    StartLesson,
    TakeSignal,
    TurnPage,
    Undo,
    View,
    Welcome,
)
from signaling.room import Room
from signaling.views import recorded_layer

CAST = Cast(
    [Member("staff-1", "lead", "S", "T", "#000000")]
    + [Member(f"room-{n}", "classroom", f"S{n}", f"C{n}", f"#00000{n}") for n in (1, 2, 3)]
    + [Member("watch-1", "observer", "S", "O", "#000001")]
)
WINDOWS = ("staff-1", "room-1", "room-2", "room-3", "room-1.b", "watch-1", "room-4", "help-1", "trainer-1")
LATER = {
    "room-4": Member("room-4", "classroom", "S4", "C4", "#000004", part="cover"),
    "help-1": Member("help-1", "assistant", "S1", "A1", "#000005", part="assistant", beside="room-1"),
    "trainer-1": Member("trainer-1", "observer", "", "", "#000006", part="trainer"),
}
"""Who is not planned for the lesson, and may come once it is expected."""
SOURCES = st.lists(
    st.sampled_from(["microphone", "low_speech", "media_sound", "camera", "camera2", "screen"]), max_size=6
)
PARTICIPANTS = st.sampled_from(WINDOWS)


class RandomLesson(RuleBasedStateMachine):
    """Keeps what the runner, the media and the clients keep, from effects alone."""

    @initialize(mode=st.sampled_from(["blended", "delivery"]))
    def open(self, mode: str) -> None:
        times = {"planned_start": "2026-03-02T08:00:00Z", "planned_end": "2026-03-02T08:40:00Z"}
        self.card = LessonCard(id="lesson-1", title="T", subject="S", mode=mode, **times)  # type: ignore[arg-type]
        self.room = Room(self.card, CAST)
        self.now_ms = 0
        self.operations = 0
        self.log: list[Logged] = []
        self.routes: dict[tuple[str, int, str], tuple[str, str]] = {}
        self.layers: dict[tuple[str, int, str], str | None] = {}
        self.people: dict[str, set[str]] = {}
        self.views: dict[str, View] = {}
        self.wants: dict[tuple[str, str], tuple[str, ...]] = {}
        self.numbers: dict[str, int] = {}
        self.connected: set[str] = set()
        self.recording = False
        self.take(self.room.open("2026-03-02T07:55:00Z"))

    # --- what happens --------------------------------------------------------------------------------------

    @rule(who=st.sampled_from(sorted(LATER)))
    def expect(self, who: str) -> None:
        self.take(self.room.expect(LATER[who], self.now_ms))

    @rule(who=PARTICIPANTS, fresh=st.booleans())
    def join(self, who: str, fresh: bool) -> None:
        if self.room.fold.cast.find(who) is None:
            with pytest.raises(Refused):
                self.room.join(who, self.now_ms)
            return
        self.connected.add(who)
        after = 0 if fresh else self.numbers.get(who, 0)
        self.numbers[who] = after
        self.views.pop(who, None)
        self.take(self.room.join(who, self.now_ms, after))
        assert self.room.fold.phase == "ended" or who in self.views

    @rule(who=PARTICIPANTS)
    def lose(self, who: str) -> None:
        self.connected.discard(who)
        self.take(self.room.lost(who, self.now_ms))

    @rule(seconds=st.sampled_from([1, 20, 60, 700]))
    def wait(self, seconds: int) -> None:
        self.now_ms += seconds * 1_000
        self.take(self.room.tick(self.now_ms))

    @rule(who=PARTICIPANTS, live=SOURCES)
    def send_sources(self, who: str, live: list[str]) -> None:
        self.receive(who, Sources(live=live))  # type: ignore[arg-type]

    @rule(record=st.booleans())
    def start(self, record: bool) -> None:
        self.receive("staff-1", StartLesson(record=record))

    @rule(whom=PARTICIPANTS)
    def call_on(self, whom: str) -> None:
        self.receive("staff-1", CallOn(participant=whom))

    @rule(who=PARTICIPANTS, up=st.booleans())
    def hand(self, who: str, up: bool) -> None:
        self.receive(who, Hand(up=up))

    @rule(who=PARTICIPANTS, signal=st.sampled_from(["wait", "cannot_hear"]), present=st.integers(0, 40))
    def help(self, who: str, signal: str, present: int) -> None:
        self.receive(who, SendSignal(signal=signal))  # type: ignore[arg-type]
        self.receive(who, CountPresent(present=present))

    @rule(who=PARTICIPANTS, whom=PARTICIPANTS)
    def answer(self, who: str, whom: str) -> None:
        self.receive(who, TakeSignal(participant=whom))
        self.receive(who, SendNote(text="the loudspeaker hums", to=whom))

    @rule(count=st.integers(0, 2))
    def ask_for_cover(self, count: int) -> None:
        asked = [CoverAsk(id=f"cover-{n}", school="S", room="C", class_name="", pupils=0) for n in range(count)]
        self.take(self.room.covers_changed(asked, self.now_ms))

    @rule(who=PARTICIPANTS)
    def return_floor(self, who: str) -> None:
        self.receive(who, ReturnFloor())

    @rule(talk=st.sampled_from(["listen", "discussion"]))
    def talk(self, talk: str) -> None:
        self.receive("staff-1", SetTalk(talk=talk))  # type: ignore[arg-type]

    @rule(who=PARTICIPANTS, rtt_ms=st.sampled_from([10, 600, 2_000]))
    def link(self, who: str, rtt_ms: int) -> None:
        self.now_ms += 5_000
        self.receive(who, Link(rtt_ms=rtt_ms, loss_permille=0, down_kbps=1, up_kbps=1))
        self.receive(who, Level(value=1))

    @rule(who=PARTICIPANTS, kind=st.integers(0, 9), data=st.data())
    def board(self, who: str, kind: int, data: st.DataObject) -> None:
        self.operations += 1
        operation = f"operation-{self.operations}"
        page = data.draw(st.sampled_from(self.room.fold.board.page_ids))
        known = [each.id for each in self.room.fold.board.visible(page)] or ["stroke-none"]
        messages: dict[int, FromClient] = {
            0: Undo(id=operation),
            1: Redo(id=operation),
            2: AddPage(id=operation),
            3: TurnPage(page=page),
            4: ClearPage(id=operation, page=page),
            5: Erase(id=operation, page=page, objects=known[-2:]),
            6: BoardCheck(number=self.room.number, hash="0" * 64),
            7: BoardCheck(number=self.room.number, hash=self.room.fold.board.hash()),
        }
        stroke = DrawStroke(id=operation, page=page, colour="#000000", width=40, points=[1, 2, 3])
        self.receive(who, messages.get(kind, stroke))

    @precondition(lambda self: self.room.number > 8)
    @rule(chance=st.integers(0, 9))
    def end(self, chance: int) -> None:
        if chance == 0:
            self.receive("staff-1", EndLesson())

    @rule(on=st.booleans())
    def recorder_says(self, on: bool) -> None:
        if self.room.fold.phase == "live":
            self.take(self.room.recording_changed(on, "lesson" if on else "disk_full", self.now_ms))

    @rule()
    def restart(self) -> None:
        self.room = Room.replay(self.card, self.room.fold.cast, self.log)
        self.connected.clear()
        self.routes.clear()
        self.layers.clear()
        self.wants.clear()
        self.recording = False
        self.take(self.room.reopen(self.now_ms))

    # --- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def the_log_alone_gives_the_state(self) -> None:
        assert Room.replay(self.card, self.room.fold.cast, self.log).state() == self.room.state()

    @invariant()
    def everybody_present_knows_everybody(self) -> None:
        everybody = {person.id for person in self.room.fold.people.values()}
        for who in self.connected if self.room.fold.phase != "ended" else ():
            assert self.people[who] == everybody

    @invariant()
    def numbers_are_consecutive_and_times_never_run_back(self) -> None:
        assert [logged.number for logged in self.log] == list(range(1, len(self.log) + 1))
        assert all(one.at <= other.at for one, other in zip(self.log, self.log[1:], strict=False))

    @invariant()
    def present_is_who_is_connected(self) -> None:
        if self.room.fold.phase != "ended":
            assert set(self.room.present) == self.connected

    @invariant()
    def routes_are_those_of_the_views(self) -> None:
        for who in self.room.present if self.room.fold.phase != "ended" else ():
            seats = self.views[who].seats
            expected = {(seat.slot, "video"): (seat.participant, seat.video) for seat in seats if seat.video}
            expected |= {(seat.slot, "audio"): (seat.participant, seat.audio) for seat in seats if seat.audio}
            routed = {(slot, kind): of for (receiver, slot, kind), of in self.routes.items() if receiver == who}
            assert routed == expected

    @invariant()
    def every_picture_on_a_route_is_wanted(self) -> None:
        for of, source in self.routes.values():
            assert source in ("microphone", "media_sound") or self.wants.get((of, source)), (of, source)

    @invariant()
    def nothing_is_asked_of_anybody_for_those_who_only_watch(self) -> None:
        fold = self.room.fold
        looked_at = {
            (*self.routes[key], self.layers[key])
            for key in self.routes
            if fold.people[key[0]].member.role in ("lead", "classroom")
        }
        for (of, source), layers in self.wants.items():
            person = fold.people[of]
            if source not in person.live or source == "low_speech" or fold.phase == "ended":
                continue
            kept = {recorded_layer(person.member.role, source)} if fold.recording else set()  # type: ignore[arg-type]
            assert set(layers) <= kept | {layer for o, s, layer in looked_at if (o, s) == (of, source)}

    @invariant()
    def the_floor_is_held_by_a_classroom_that_has_a_place(self) -> None:
        floor = self.room.fold.floor
        if floor is not None:
            assert self.room.fold.phase == "live"
            assert self.room.fold.people[floor].told().presence in ("present", "away")
            assert self.room.fold.people[floor].member.role == "classroom"

    @invariant()
    def the_recorder_runs_while_the_log_says_so_or_was_told_by_itself(self) -> None:
        assert self.room.fold.phase != "ended" or not self.recording

    # --- the runner's part ---------------------------------------------------------------------------------

    def receive(self, who: str, message: FromClient) -> None:
        before = self.room.state()
        try:
            self.take(self.room.receive(who, message, self.now_ms))
        except Refused:
            assert self.room.state() == before

    def take(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Append():
                    self.log.append(effect.logged)
                case Send(to=to, message=message):
                    assert to in self.connected
                    self.hears(to, message)
                case Route(participant=who, slot=slot, kind=kind, of=of, source=source, layer=layer):
                    self.layers[who, slot, kind] = layer
                    if of is None or source is None:
                        del self.routes[who, slot, kind]
                    else:
                        self.routes[who, slot, kind] = (of, source)
                case Want(participant=who, source=source, layers=layers):
                    self.wants[who, source] = layers
                case Record(on=on):
                    self.recording = on

    def hears(self, who: str, message: Message) -> None:
        match message:
            case View():
                self.views[who] = message
            case Welcome(people=people) | Roster(people=people):
                self.people[who] = {person.id for person in people}
            case Covers():
                assert who == "staff-1"
            case NoteSeen(by=by, to=to):
                assert {by, to} == {"staff-1", "help-1"}
                assert who in (by, to)
            case Snapshot(state=state):
                self.numbers[who] = state.number
            case Logged(number=number, event=event):
                if isinstance(event, Joined) and event.screen == "b":
                    self.people[who].add(event.participant)  # a second window needs no roster
                assert number == self.numbers[who] + 1, "an event was missed or came twice"
                self.numbers[who] = number


RandomLesson.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
TestRandomLesson = RandomLesson.TestCase
