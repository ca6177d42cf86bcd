"""Which class sits in: of several in one room somebody says which, and that one is counted in."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import select

from server.store import schema
from server.store.county_rows import SchoolClass
from tests.server.api.county_people import Api, art, person
from tests.server.store.county_town import Town


async def test_a_room_with_several_classes_tells_them_and_the_chosen_one_is_counted_in(
    site_under_test, admin: Api, town: Town
) -> None:  # fmt: skip
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]["id"]
    room, store = town.rooms[2], site_under_test.store
    before = (await admin.get(f"/cover/classes?room={room.id}"))[1]
    assert [one["id"] for one in before] == [town.classes[2].id]
    second = SchoolClass("class-second", room.school_id, 4, "2班", 6, room.id)
    await store.registry.save(town.county_id, [replace(town.classes[2], classroom_id=room.id), second])
    told = (await admin.get(f"/cover/classes?room={room.id}"))[1]
    assert [(one["grade"], one["pupils"]) for one in told] == [(town.classes[2].grade, town.classes[2].pupils), (4, 6)]
    asked = {"lesson_id": lesson, "classroom_id": room.id, "class_id": told[1]["id"]}
    status, request = await admin.post("/cover", asked)
    assert (status, request["class_id"]) == (200, "class-second")
    assert (await admin.post(f"/cover/{request['id']}", {"state": "admitted"}))[0] == 200
    present = schema.lesson_class
    query = select(present.c.class_id).where(present.c.lesson_id == lesson, present.c.classroom_id == room.id)
    assert list(await store.database.read(lambda c: c.scalars(query).all())) == ["class-second"]


async def test_a_room_where_no_class_usually_sits_may_hold_any_of_its_school(
    site_under_test, admin: Api, town: Town
) -> None:  # fmt: skip
    room, store = town.rooms[1], site_under_test.store
    await store.registry.save(town.county_id, [replace(town.classes[1], classroom_id=None)])
    assert [one["id"] for one in (await admin.get(f"/cover/classes?room={room.id}"))[1]] == [town.classes[1].id]
    stranger = await person(site_under_test, town.rooms[2].id)
    assert (await stranger.get(f"/cover/classes?room={room.id}"))[0] == 404
