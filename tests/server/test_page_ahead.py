"""The page that is shown is told ahead of a line that is being made, to who is in the lesson and to nobody else."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from server.store.rows import Subject
from server.store.store import Store
from signaling.errors import TurnedAway
from signaling.messages import BoardPart, DrawStroke, Joined, Snapshot, StrokeDrawn
from signaling.part_objects import objects_of
from tests.server.room_server import Page, RoomServer
from tests.server.store.county_town import BEFORE, Town

STROKES = 200
POINTS = [10, 20, 128] * 8


async def _subject(store: Store, who: str) -> Subject:
    found = await store.people.subject(who)
    assert found is not None
    return found


async def _lesson_with(strokes: int, server: RoomServer, store: Store, town: Town) -> tuple[str, Page]:
    """A running lesson's id and its lead, who has drawn so much."""
    (lesson,) = await store.lessons.in_state("planned")
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    await _draws(lead, range(strokes))
    return lesson.lesson.id, lead


async def _draws(lead: Page, strokes: range) -> None:
    for number in strokes:
        await lead.send(DrawStroke(id=f"stroke-{number:04d}", page=1, colour="#1a1a1a", width=40, points=POINTS))
    for _ in strokes:
        await lead.hears(StrokeDrawn)


async def test_P27_a_line_begins_with_the_page_that_was_told_ahead_and_what_happened_since(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id, lead = await _lesson_with(STROKES, server, store, town)
    room = town.rooms[1].id
    content = await server.hub.page_ahead(await _subject(store, room), lesson_id, "a")
    assert content is not None
    part = msgspec.json.decode(zlib.decompress(content, wbits=-15), type=BoardPart)
    assert (part.page, len(objects_of(part)), part.complete) == (1, STROKES, True)

    await _draws(lead, range(STROKES, STROKES + 1))
    page = await (await server.page(room)).join(lesson_id, ahead=True, parts=True)
    snapshot = await page.hears(Snapshot)
    assert (snapshot.state.number, snapshot.parts, snapshot.ahead) == (part.number, True, True)
    assert (await page.hears(StrokeDrawn)).id == f"stroke-{STROKES:04d}"
    assert (await page.hears(Joined)).participant == room


async def test_P27_a_line_that_asked_for_nothing_ahead_gets_a_snapshot_of_its_own(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id, _ = await _lesson_with(3, server, store, town)
    room = town.rooms[1].id
    assert await server.hub.page_ahead(await _subject(store, room), lesson_id, "a") is None, "so little"
    page = await (await server.page(room)).join(lesson_id, ahead=True, parts=True)
    assert not (await page.hears(Snapshot)).ahead
    assert await server.hub.page_ahead(await _subject(store, room), lesson_id, "a") is None, "its line is up"


async def test_P27_who_asks_again_is_told_the_same_and_nothing_is_made_twice(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id, lead = await _lesson_with(STROKES, server, store, town)
    room = await _subject(store, town.rooms[1].id)
    first = await server.hub.page_ahead(room, lesson_id, "a")
    assert first is not None
    await _draws(lead, range(STROKES, STROKES + 1))
    assert await server.hub.page_ahead(room, lesson_id, "a") is first


async def test_P27_a_line_that_takes_no_parts_gets_the_whole_board_by_itself(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id, _ = await _lesson_with(STROKES, server, store, town)
    room = town.rooms[1].id
    assert await server.hub.page_ahead(await _subject(store, room), lesson_id, "a") is not None
    page = await (await server.page(room)).join(lesson_id, ahead=True)
    snapshot = await page.hears(Snapshot)
    assert (snapshot.parts, snapshot.ahead) == (False, False)
    assert len(snapshot.state.board.pages[0].objects) == STROKES


async def test_P27_nobody_is_told_of_a_page_who_may_not_come_in_as_one_of_the_class(
    server: RoomServer, store: Store, town: Town
) -> None:
    (lesson,) = await store.lessons.in_state("planned")
    await (await server.page(town.lead.id)).join(lesson.lesson.id)
    trainer = await store.people.add_staff(town.county_id, None, "trainer", "王芳", BEFORE)
    for who, lesson_id in (
        (trainer.id, lesson.lesson.id),
        (town.rooms[2].id, lesson.lesson.id),
        (town.lead.id, "01kqx"),
    ):
        with pytest.raises(TurnedAway, match="no_such_lesson"):
            await server.hub.page_ahead(await _subject(store, who), lesson_id, "a")
