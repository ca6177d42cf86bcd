"""The page that is shown goes over HTTP in its own time, is kept by nobody, and is refused as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.store.rows import Subject
from signaling.errors import TurnedAway

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

CONTENT = bytes(range(250)) * 40


async def test_a_page_comes_whole_and_only_to_who_is_in_the_lesson(site_under_test: Site) -> None:
    here = site_under_test

    async def page_ahead(who: Subject, lesson_id: str, screen: str) -> bytes | None:
        if who.id != here.rooms[0] or lesson_id != here.lesson.id:
            raise TurnedAway("no_such_lesson")
        return CONTENT if screen == "a" else None

    object.__setattr__(here.services, "page_ahead", page_ahead)
    path = f"/api/lessons/{here.lesson.id}/page"
    room, other = await here.bearer(here.rooms[0]), await here.bearer(here.rooms[1])
    async with here.request("GET", path, headers=room) as response:
        assert (response.status, await response.read()) == (200, CONTENT)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.content_type == "application/octet-stream"
    async with here.request("GET", f"{path}?screen=b", headers=room) as response:
        assert (response.status, await response.read()) == (204, b"")
    for headers, elsewhere in ((other, path), (room, "/api/lessons/..%2f..%2fkey/page")):
        async with here.request("GET", elsewhere, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (404, "not_found")
    async with here.request("GET", path) as response:
        assert response.status == 401
