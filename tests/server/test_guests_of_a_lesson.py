"""Who is let into a lesson besides its cast, in the rooms of a running server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import select

from server.admission import member_for
from server.lesson_log import LessonLog
from server.recording.package import read_manifest
from server.store import schema
from server.store.consents import Missing
from server.store.rows import LessonWithCast, StaffRole, Subject
from server.store.store import Store
from signaling.cast import Member
from signaling.errors import TurnedAway
from signaling.messages import (
    Counted,
    CountPresent,
    Covers,
    Ended,
    EndLesson,
    Expected,
    Goodbye,
    Joined,
    NoteSeen,
    RecordingChanged,
    RefusedMessage,
    Roster,
    SendNote,
    SendSignal,
    Signalled,
    Sources,
    Started,
    StartLesson,
    Welcome,
)
from tests.server.room_server import RoomServer
from tests.server.store.county_town import BEFORE, Town


@pytest.fixture
async def lesson(store: Store, town: Town) -> LessonWithCast:
    """The centre's lesson with its first point; two seats are left."""
    (planned,) = await store.lessons.in_state("planned")
    return planned


async def somebody(store: Store, town: Town, role: StaffRole, school_id: str | None = None) -> str:
    return (await store.people.add_staff(town.county_id, school_id, role, "某人", BEFORE)).id


# --- who, by value -------------------------------------------------------------------------------------------


def who(role: StaffRole, school_id: str | None, *further: StaffRole) -> Subject:
    return Subject("staff-9", "staff", role, "county-1", school_id, "S", "N", further)


async def test_an_assistant_sits_beside_the_room_of_her_school(lesson: LessonWithCast, town: Town) -> None:
    member = member_for(who("assistant", town.points[0].id), lesson, reads=True)
    assert member == Member("staff-9", "assistant", "S", "N", "#5b6470", "assistant", town.rooms[1].id)
    assert member_for(who("assistant", town.centre.id), lesson, reads=True) is None
    assert member_for(who("assistant", town.points[1].id), lesson, reads=True) is None


@pytest.mark.parametrize("role", ["trainer", "inspector", "school_admin", "county_admin"])
async def test_whose_office_it_is_watches_without_a_name(lesson: LessonWithCast, role: StaffRole) -> None:
    member = member_for(who(role, None), lesson, reads=True)
    assert member == Member("staff-9", "observer", "", "", "#5b6470", role)  # type: ignore[arg-type]
    assert member_for(who(role, None), lesson, reads=False) is None


async def test_a_teacher_of_another_lesson_has_no_place(lesson: LessonWithCast, town: Town) -> None:
    assert member_for(who("lead", town.centre.id), lesson, reads=True) is None
    assert member_for(who("lead", town.centre.id, "trainer"), lesson, reads=True) is not None


# --- in the rooms --------------------------------------------------------------------------------------------


async def test_strangers_get_the_same_answer_as_for_a_lesson_that_is_not_there(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    stranger = await server.page(town.colleague.id)
    other_school = await server.page(await somebody(store, town, "assistant", town.points[1].id))
    for page in (stranger, other_school):
        for lesson_id in (lesson.lesson.id, "no-such-lesson"):
            with pytest.raises(TurnedAway) as turned:
                await page.join(lesson_id)
            assert (turned.value.code, turned.value.retry) == ("no_such_lesson", False)


async def test_who_watches_is_announced_by_office_and_written_down_coming_and_going(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    trainer = await server.page(await somebody(store, town, "trainer"))
    with pytest.raises(TurnedAway) as turned:
        await trainer.join(lesson.lesson.id)
    assert turned.value.code == "not_open"
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await trainer.join(lesson.lesson.id)
    assert [person.name for person in (await lead.hears(Roster)).people if person.part == "trainer"] == [""]
    assert await lead.hears(Expected) == Expected(participant=trainer.who, role="observer", part="trainer")
    assert await lead.hears(Joined) == Joined(participant=trainer.who, role="observer")
    await trainer.send(SendNote(text="你好"))
    assert (await trainer.hears(RefusedMessage)).code == "not_allowed"
    await trainer.leave()
    told = [(entry.who, entry.what, entry.outcome, entry.about, entry.code) for entry in server.written]
    assert told == [(trainer.who, "lesson", "seen", lesson.lesson.id, code) for code in ("watches", "left")]


async def test_no_more_watch_than_may(server: RoomServer, store: Store, town: Town, lesson: LessonWithCast) -> None:
    await (await server.page(town.lead.id)).join(lesson.lesson.id)
    pages = [await server.page(await somebody(store, town, "inspector")) for _ in range(3)]
    await pages[0].join(lesson.lesson.id)
    await pages[1].join(lesson.lesson.id)
    with pytest.raises(TurnedAway) as turned:
        await pages[2].join(lesson.lesson.id)
    assert turned.value.code == "full"
    await pages[0].leave()
    await pages[2].join(lesson.lesson.id)


async def test_no_more_watch_than_may_when_all_come_at_once(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    await (await server.page(town.lead.id)).join(lesson.lesson.id)
    pages = [await server.page(await somebody(store, town, "inspector")) for _ in range(4)]
    came = await asyncio.gather(*(page.join(lesson.lesson.id) for page in pages), return_exceptions=True)
    assert sorted(one.code if isinstance(one, TurnedAway) else "in" for one in came) == ["full", "full", "in", "in"]


async def test_an_assistants_count_is_in_the_log_and_with_her_class(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    helper = await server.page(await somebody(store, town, "assistant", town.points[0].id))
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await helper.join(lesson.lesson.id)
    await helper.send(SendSignal(signal="cannot_hear"))
    assert await lead.hears(Signalled) == Signalled(participant=town.rooms[1].id, signal="cannot_hear")
    await helper.send(CountPresent(present=9))
    assert await lead.hears(Counted) == Counted(participant=town.rooms[1].id, present=9)
    await helper.send(SendNote(text="音箱没有声音"))
    assert (await lead.hears(NoteSeen)).text == "音箱没有声音"
    table = schema.lesson_class
    query = select(table.c.class_id, table.c.present).where(table.c.lesson_id == lesson.lesson.id)
    kept = dict(await store.lessons._database.read(lambda c: [(row[0], row[1]) for row in c.execute(query)]))
    assert kept == {town.classes[0].id: None, town.classes[1].id: 9}


async def test_a_class_that_is_admitted_comes_into_the_running_lesson_at_once(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast, tmp_path: Path
) -> None:
    for one in town.classes:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE)
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await lead.send(StartLesson())
    assert await lead.hears(RecordingChanged) == RecordingChanged(on=True, reason="lesson")
    room, room_page = town.rooms[2], await server.page(town.rooms[2].id)
    with pytest.raises(TurnedAway):
        await room_page.join(lesson.lesson.id)
    asked = await store.covers.ask(town.county_id, lesson.lesson.id, room.id, town.classes[2].id, BEFORE)
    await server.hub.rooms.covers_changed(lesson.lesson.id)
    (ask,) = (await lead.hears(Covers)).asked
    assert (ask.id, ask.school, ask.class_name, ask.pupils) == (asked.id, "第二教学点", "三年级", 12)
    await store.covers.answer(town.county_id, asked.id, "admitted", BEFORE)
    await server.hub.rooms.covers_changed(lesson.lesson.id)
    roster = (await lead.hears(Roster)).people
    assert [(person.school, person.part) for person in roster][-1] == ("第二教学点", "cover")
    assert await lead.hears(Expected) == Expected(participant=room.id, role="classroom", part="cover")
    assert (await lead.hears(Covers)).asked == []
    await room_page.join(lesson.lesson.id)
    assert len({person.colour for person in (await room_page.hears(Welcome)).people}) == 3
    await room_page.send(Sources(live=["camera"]))
    await lead.send(EndLesson())
    await lead.leave()
    await room_page.leave()
    async with asyncio.timeout(30):
        assert await server.closed.get() == lesson.lesson.id
    manifest = read_manifest(tmp_path / "lessons" / lesson.lesson.id)
    assert manifest is not None
    assert [person.id for person in manifest.people] == [town.lead.id, town.rooms[1].id, room.id]


async def test_a_class_that_joins_without_consent_stops_the_recording_before_it_sends(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    for one in town.classes[:2]:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE)
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await lead.send(StartLesson())
    assert await lead.hears(RecordingChanged) == RecordingChanged(on=True, reason="lesson")
    asked = await store.covers.ask(town.county_id, lesson.lesson.id, town.rooms[2].id, town.classes[2].id, BEFORE)
    await store.covers.answer(town.county_id, asked.id, "admitted", BEFORE)
    await server.hub.rooms.covers_changed(lesson.lesson.id)
    assert await lead.hears(RecordingChanged) == RecordingChanged(on=False, reason="consent")


async def test_after_a_restart_guests_who_were_there_are_known(
    store: Store, town: Town, lesson: LessonWithCast, tmp_path: Path
) -> None:
    first = RoomServer(store, tmp_path / "lessons")
    await first.start()
    lead = await (await first.page(town.lead.id)).join(lesson.lesson.id)
    helper = await first.page(await somebody(store, town, "assistant", town.points[0].id))
    await helper.join(lesson.lesson.id)
    await lead.hears(Joined)
    await first.stop()
    again = RoomServer(store, tmp_path / "lessons")
    await again.start()
    lead = await (await again.page(town.lead.id)).join(lesson.lesson.id)
    told = {person.id: (person.part, person.presence) for person in (await lead.hears(Welcome)).people}
    assert told[helper.who] == ("assistant", "away")
    await again.stop()


async def test_who_sends_what_she_may_not_is_in_the_audit_log_once_for_each_kind(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    room = await (await server.page(town.rooms[1].id)).join(lesson.lesson.id)
    for message in (StartLesson(), EndLesson(), StartLesson(), EndLesson(), StartLesson()):
        await room.send(message)
    for _ in range(5):
        assert (await room.hears(RefusedMessage)).code == "not_allowed"
    told = [(one.who, one.role, one.outcome, one.about, one.network, one.code) for one in server.refused]
    assert told == [
        (town.rooms[1].id, "classroom", "refused", lesson.lesson.id, "10.0.0.0/24", f"not_allowed.{kind}")
        for kind in ("start_lesson", "end_lesson")
    ]


# --- credentials that end ------------------------------------------------------------------------------------


async def test_signing_out_closes_the_sockets_of_that_credential_at_once_and_no_other(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    here, there = await server.page(town.lead.id), await server.page(town.rooms[1].id)
    await here.join(lesson.lesson.id)
    await there.join(lesson.lesson.id)
    await store.credentials.revoke(here.asker.credential, BEFORE)
    assert await here.hears(Goodbye) == Goodbye(code="unauthorized", retry=False)
    assert there.line.closing is None
    await store.credentials.revoke_subject(town.rooms[1].id, BEFORE)
    assert await there.hears(Goodbye) == Goodbye(code="unauthorized", retry=False)


async def test_only_what_was_revoked_or_lost_its_holder_is_gone(store: Store, town: Town) -> None:
    ids = []
    for subject in (town.lead.id, town.colleague.id, town.rooms[1].id):
        found = await store.credentials.find(await store.credentials.issue("cookie", subject, BEFORE), BEFORE)
        assert found is not None
        ids.append(found[0].id)
    await store.credentials.revoke(ids[1], BEFORE)
    assert await store.credentials.gone(ids) == {ids[1]}
    assert await store.credentials.gone(["key-unknown"]) == {"key-unknown"}
    assert store.credentials.ended.is_set()


async def test_who_loses_the_role_she_watches_by_is_out_at_once_and_who_changes_her_name_is_not(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast
) -> None:
    trainer = await store.people.add_staff(town.county_id, None, "trainer", "王芳", BEFORE)
    inspector = await store.people.add_staff(town.county_id, None, "inspector", "李雷", BEFORE)
    helper = await store.people.add_staff(town.county_id, town.points[0].id, "assistant", "助教", BEFORE)
    await (await server.page(town.lead.id)).join(lesson.lesson.id)
    watching, looking, helping = [
        await (await server.page(who.id)).join(lesson.lesson.id) for who in (trainer, inspector, helper)
    ]
    changed = [
        structs.replace(trainer, role="assistant"),
        structs.replace(inspector, role="trainer", name="李蕾"),
        structs.replace(helper, school_id=town.points[1].id),
    ]
    await store.registry.save(town.county_id, changed)
    store.credentials.forget()
    for out in (watching, helping):
        assert await out.hears(Goodbye) == Goodbye(code="no_such_lesson", retry=False)
    assert looking.line.closing is None, "an inspector who becomes a trainer still watches"
    with pytest.raises(TurnedAway):
        await (await server.page(trainer.id)).join(lesson.lesson.id)


# --- a class that sits in, and its guardians -----------------------------------------------------------------


async def test_a_room_that_asks_is_taken_for_the_one_class_that_usually_sits_there(
    store: Store, town: Town, lesson: LessonWithCast
) -> None:
    asked = await store.covers.ask(town.county_id, lesson.lesson.id, town.rooms[2].id, None, BEFORE)
    assert asked.class_id == town.classes[2].id


async def test_a_room_whose_class_nobody_knows_keeps_the_lesson_from_being_recorded(
    store: Store, town: Town, lesson: LessonWithCast
) -> None:
    for one in town.classes:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE)
    await store.registry.save(town.county_id, [structs.replace(town.classes[2], classroom_id=None)])
    asked = await store.covers.ask(town.county_id, lesson.lesson.id, town.rooms[2].id, None, BEFORE)
    assert await store.consents.missing_in(lesson.lesson.id) == Missing()
    await store.covers.answer(town.county_id, asked.id, "admitted", BEFORE)
    assert await store.consents.missing_in(lesson.lesson.id) == Missing(rooms=frozenset([town.rooms[2].id]))


async def test_who_comes_to_a_lesson_that_is_over_is_told_so_each_time_however_slow_its_log_closes(
    server: RoomServer, town: Town, lesson: LessonWithCast, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes = LessonLog.close

    async def slowly(log: LessonLog) -> None:
        await asyncio.sleep(0.2)
        await closes(log)

    monkeypatch.setattr(LessonLog, "close", slowly)
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await lead.send(StartLesson())
    await lead.hears(Started)
    await lead.send(EndLesson())
    await lead.hears(Ended)
    await lead.leave()
    for _ in range(3):
        late = await (await server.page(town.rooms[1].id)).join(lesson.lesson.id)
        assert (await late.hears(Goodbye)).code == "ended"
        await late.leave()
