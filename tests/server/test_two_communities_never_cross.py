"""Two communities on one server, driven by random messages: nothing of one reaches anybody of the other.

Stateful: the leads, classes, helpers, watchers and guests of two lessons come, go, draw, call, offer connections, send
pictures and sound, and whatever else the wire has; strangers of the other lesson try the door too. After every step,
every frame and every packet anybody was sent is looked at: ids, names, notes, pictures, media and the coordinates drawn
are each lesson's own, so one of the other's in it is a leak. At the end the lessons' folders are read too: logs,
recordings and their names. That all this would see a leak is shown by leaks of each kind, made on purpose.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.open_rooms import OpenRooms
from server.room_media import RoomMedia
from server.room_recording import RoomRecording, Track
from server.room_runner import RoomRunner
from signaling.errors import TurnedAway
from signaling.messages import (
    Ack,
    AddPage,
    BoardCheck,
    CallOn,
    ClearPage,
    CountPresent,
    DrawStroke,
    Erase,
    FromClient,
    Hand,
    Ink,
    Laser,
    Level,
    Link,
    PutPicture,
    Redo,
    ReturnFloor,
    SendNote,
    SendSignal,
    SetTalk,
    Sources,
    StartLesson,
    TakeSignal,
    TurnPage,
    Undo,
)
from tests.server.two_communities import ASSISTANT, GUEST, LEAD, ROOM, WATCHER, Screen, Side, Town, open_town

SIDES, PEOPLE = st.integers(0, 1), st.integers(0, 5)
OPERATIONS = st.sampled_from([f"operation-{number}" for number in range(6)])
PAGES = st.integers(1, 3)
LIVE = st.lists(st.sampled_from(["microphone", "camera", "screen", "media_sound"]), unique=True)


def messages(town: Town, mine: Side) -> st.SearchStrategy[FromClient]:
    """Whatever the wire has; people and operations are of both sides, what is drawn and written is the sender's own."""
    anybody = st.sampled_from([one.id for side in town.sides for one in side.people])
    points = st.just([mine.mark, mine.mark, 5, mine.mark, mine.mark, 9])
    ink = {"id": OPERATIONS, "page": PAGES, "colour": st.just("#112233"), "width": st.just(8)}
    size = {"width": st.just(320), "height": st.just(240)}
    return st.one_of(
        st.builds(DrawStroke, points=points, **ink),
        st.builds(Ink, start=st.just(0), points=points, **ink),
        st.builds(Erase, id=OPERATIONS, page=PAGES, objects=st.lists(OPERATIONS, min_size=1, max_size=2)),
        st.builds(ClearPage, id=OPERATIONS, page=PAGES),
        st.builds(Undo, id=OPERATIONS) | st.builds(Redo, id=OPERATIONS),
        st.builds(AddPage, id=OPERATIONS),
        st.builds(PutPicture, id=OPERATIONS, digest=st.just(mine.picture), page=st.none() | PAGES, **size),
        st.builds(TurnPage, page=PAGES),
        st.builds(CallOn, participant=anybody),
        st.just(ReturnFloor()),
        st.builds(Hand, up=st.booleans(), participant=st.none() | anybody),
        st.builds(SetTalk, talk=st.sampled_from(["listen", "discussion"])),
        st.builds(Laser, x=st.just(mine.mark), y=st.just(mine.mark)),
        st.builds(Level, value=st.integers(0, 100)),
        st.builds(Sources, live=LIVE),
        st.builds(SendSignal, signal=st.sampled_from(["wait", "cannot_hear"])),
        st.builds(TakeSignal, participant=anybody),
        st.builds(CountPresent, present=st.integers(0, 40)),
        st.builds(SendNote, text=st.just(note(mine)), to=st.none() | anybody),
        st.sampled_from([Link(rtt_ms=9, loss_permille=1, down_kbps=9, up_kbps=9), Ack(number=3), StartLesson()]),
        st.builds(BoardCheck, number=st.integers(0, 20), hash=st.just("0" * 64)),
        st.just(StartLesson(record=False)),
    )


def note(side: Side) -> str:
    """`{name}条` is one of the side's marks."""
    return f"{side.lesson.title[0]}条"


class TwoCommunities(RuleBasedStateMachine):
    """People of both sides come, go and send, in any order; what each was sent is looked at after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="tongke-cross-"))
        self.town = self.runner.run(open_town(self.folder))
        self.closed = False
        self.came: Counter[str] = Counter()
        """What of one's own side came: so that nothing is proven by nothing."""

    @initialize(ready=st.lists(st.booleans(), min_size=4, max_size=4))
    def begins(self, ready: list[bool]) -> None:
        """Often both classes are well under way: by chance alone few would come so far."""
        for of in range(2):
            for person in range(GUEST) if ready[of] else ():
                self.comes(of, person)
                self.offers(of, person, ["microphone", "camera"])
            if ready[2 + of]:
                self.says(of, LEAD, StartLesson())
                self.says(of, LEAD, SetTalk(talk="discussion"))

    @rule(of=SIDES, person=PEOPLE)
    def comes(self, of: int, person: int) -> None:
        side = self.town.sides[of]
        who = side.people[person]
        if who.id in side.screens:
            return
        try:
            self.runner.run(self.town.join(side, who))
        except TurnedAway as turned:
            assert person == WATCHER or (person, turned.code) == (GUEST, "no_such_lesson"), turned  # noqa: PT017

    @rule(of=SIDES, person=PEOPLE)
    def tries_the_other_door(self, of: int, person: int) -> None:
        who, other = self.town.sides[of].people[person], self.town.sides[1 - of]
        screen = Screen()
        with pytest.raises(TurnedAway) as turned:
            self.runner.run(self.town.joined(other, who, screen))
        assert turned.value.code == "no_such_lesson"
        self.town.sides[of].seen.append(screen)

    @rule(of=SIDES, person=PEOPLE)
    def goes(self, of: int, person: int) -> None:
        side = self.town.sides[of]
        who = side.people[person].id
        if who in side.screens:
            _, line = side.screens.pop(who)
            self.runner.run(self.town.hub.left(who, line))

    @rule(of=SIDES, person=PEOPLE, data=st.data())
    def sends(self, of: int, person: int, data: st.DataObject) -> None:
        self.says(of, person, data.draw(messages(self.town, self.town.sides[of])))

    @rule(of=SIDES, person=PEOPLE, live=LIVE)
    def offers(self, of: int, person: int, live: list[Any]) -> None:
        side = self.town.sides[of]
        if side.people[person].id in side.screens:
            self.runner.run(self.town.offer(side, side.people[person]))
            self.says(of, person, Sources(live=live))

    @rule(of=SIDES)
    def a_class_sits_in(self, of: int) -> None:
        side = self.town.sides[of]
        if side.lesson.id in self.town.hub.rooms.running and GUEST not in side.guests:
            side.guests.add(GUEST)
            self.runner.run(self.town.cover(side))

    @rule(of=SIDES)
    def a_picture_is_uploaded(self, of: int) -> None:
        side = self.town.sides[of]
        self.runner.run(self.town.hub.picture_kept(side.lesson.id, side.picture))

    @rule()
    def everybody_plays(self) -> None:
        for side in self.town.sides:
            self.runner.run(self.town.play(side))

    @invariant()
    def nobody_was_sent_anything_of_the_other_side(self) -> None:
        for side, other in zip(self.town.sides, reversed(self.town.sides), strict=True):
            for screen in side.seen:
                self._look("frame", screen.frames, side, other)
            for client in side.heard_from:
                client.listen()
                self._look("media", client.heard, side, other)

    def teardown(self) -> None:
        self._close()
        for side, other in zip(self.town.sides, reversed(self.town.sides), strict=True):
            folder = self.folder / "lessons" / side.lesson.id
            for path in folder.rglob("*") if folder.is_dir() else ():
                kind = "track" if path.suffix in (".mkv", ".webm") else "file"
                content = path.read_bytes() if path.is_file() else b""
                self._look(kind, [path.name.encode() + b"\n" + content], side, other)
        shutil.rmtree(self.folder)

    def says(self, of: int, person: int, message: FromClient) -> None:
        side = self.town.sides[of]
        who = side.people[person].id
        if who in side.screens:
            self.runner.run(self.town.send(who, side.screens[who], message))
        if isinstance(message, StartLesson) and message.record:
            self.runner.run(self.town.recording(side))

    def _close(self) -> None:
        if not self.closed:
            self.closed = True
            self.runner.run(self.town.close())
            self.runner.close()

    def _look(self, kind: str, told: list[bytes], side: Side, other: Side) -> None:
        for one in told:
            leaked = other.marks.search(one)
            assert leaked is None, f"{kind}: {leaked}"
            self.came[kind] += side.marks.search(one) is not None
            self.came["note"] += note(side).encode() in one
            self.came["picture"] += side.picture.encode() in one
        told.clear()


TwoCommunities.TestCase.settings = settings(
    max_examples=20, stateful_step_count=60, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestTwoCommunities = TwoCommunities.TestCase
TestTwoCommunities.pytestmark = [pytest.mark.media]


# --- what it sees -------------------------------------------------------------------------------------------------


def two_classes(machine: TwoCommunities) -> None:
    """Two lessons with everything: people of every kind, media, a note, a picture, a guest, a recording."""
    town = machine.town
    for of in range(2):
        machine.comes(of, LEAD)
        machine.says(of, LEAD, StartLesson())
        machine.a_class_sits_in(of)
        for person in range(ROOM, GUEST + 1):
            machine.comes(of, person)
        machine.nobody_was_sent_anything_of_the_other_side()
    for of in range(2):
        for person in range(GUEST + 1):
            machine.offers(of, person, ["microphone", "camera"])
        machine.a_picture_is_uploaded(of)
        machine.says(of, LEAD, PutPicture(id="operation-9", digest=town.sides[of].picture, width=320, height=240))
        machine.says(of, LEAD, SetTalk(talk="discussion"))
        machine.says(of, ASSISTANT, SendNote(text=note(town.sides[of])))
    for _ in range(4):
        machine.everybody_plays()
        machine.nobody_was_sent_anything_of_the_other_side()


@pytest.fixture
def machine() -> Iterator[TwoCommunities]:
    one = TwoCommunities()
    yield one
    one._close()
    shutil.rmtree(one.folder, ignore_errors=True)


@pytest.mark.media
def test_two_whole_classes_are_sent_and_recorded_their_own_and_nothing_else(machine: TwoCommunities) -> None:
    two_classes(machine)
    machine.teardown()
    assert machine.came["media"] >= 2 * 6 * 10
    assert machine.came["track"] >= 2 * (2 + 3)  # the lead's two lines, a picture at least of each class
    assert machine.came["note"] >= 2
    assert machine.came["picture"] >= 2 * 6


def one_room_for_all(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes is brought into the room that was opened first."""
    whole = OpenRooms.of

    async def of(rooms: OpenRooms, lesson: Any) -> RoomRunner:
        return next(iter(rooms.running.values()), None) or await whole(rooms, lesson)

    patch.setattr(OpenRooms, "of", of)


def sources_of_all_rooms(patch: pytest.MonkeyPatch) -> None:
    """A slot is shown a source of whatever room has one."""
    whole = RoomMedia.source_id

    def source_id(media: RoomMedia, of: str, source: Any, layer: Any, **options: bool) -> int | None:
        others = [one for one in media._owners.values() if one is not media]
        found = [whole(one, who, source, layer) for one in others for who in one._connections]
        return next((one for one in found if one is not None), whole(media, of, source, layer, **options))

    patch.setattr(RoomMedia, "source_id", source_id)


def recordings_of_all_rooms(patch: pytest.MonkeyPatch) -> None:
    """A recording is fed by the other room's sources."""
    whole = RoomRecording._wanted

    def wanted(recording: RoomRecording, fold: Any, media: RoomMedia, now_ms: int) -> Iterator[tuple[Track, int]]:
        others = [one for one in media._owners.values() if one is not media]
        for (who, source), source_id in whole(recording, fold, media, now_ms):
            found = [one.source_id(each, source, None) for one in others for each in one._connections]
            yield (who, source), next((one for one in found if one is not None), source_id)

    patch.setattr(RoomRecording, "_wanted", wanted)


@pytest.mark.media
@pytest.mark.parametrize(
    ("plant", "seen_as"),
    [(one_room_for_all, "frame"), (sources_of_all_rooms, "media"), (recordings_of_all_rooms, "track")],
)
def test_a_leak_of_each_kind_is_seen(
    machine: TwoCommunities, monkeypatch: pytest.MonkeyPatch, plant: Any, seen_as: str
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=f"^{seen_as}: "):
        _whole(machine)


def _whole(machine: TwoCommunities) -> None:
    two_classes(machine)
    machine.teardown()
