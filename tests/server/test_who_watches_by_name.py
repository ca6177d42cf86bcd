"""Who leads a lesson is told by name who watches it; nobody else is, and who has gone is not named any more."""

from __future__ import annotations

from server.store.rows import LessonWithCast
from server.store.store import Store
from signaling.messages import Joined
from tests.server.room_server import RoomServer
from tests.server.store.county_town import BEFORE, Town


async def test_the_people_who_watch_are_known_while_they_do(server: RoomServer, store: Store, town: Town) -> None:
    (lesson,) = await store.lessons.in_state("planned")
    assert isinstance(lesson, LessonWithCast)
    assert server.hub.watching(lesson.lesson.id) == []
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    trainer = await store.people.add_staff(town.county_id, None, "trainer", "王芳", BEFORE)
    pages = [await (await server.page(trainer.id)).join(lesson.lesson.id) for _ in range(2)]
    await lead.hears(Joined)
    assert [(one.name, one.role) for one in server.hub.watching(lesson.lesson.id)] == [("王芳", "trainer")]
    for page in pages:
        await page.leave()
    assert server.hub.watching(lesson.lesson.id) == []
