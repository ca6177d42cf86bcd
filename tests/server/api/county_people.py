"""Who asks for the county over HTTP, and an entry of the timetable to ask with."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.server.store.county_town import BEFORE, Town

MONDAY = date(2026, 9, 7)


class Api:
    """Requests of one person; answers are status and JSON."""

    def __init__(self, site: Any, headers: dict[str, str]) -> None:
        self._site = site
        self._headers = headers

    async def get(self, path: str) -> tuple[int, Any]:
        async with self._site.request("GET", "/api/county" + path, headers=self._headers) as response:
            return response.status, await response.json(content_type=None)

    async def post(self, path: str, body: object = None, language: str = "zh-CN") -> tuple[int, Any]:
        headers = self._headers | self._site.origin | {"Accept-Language": language}
        settings = {} if body is None else {"json": body}
        async with self._site.request("POST", "/api/county" + path, headers=headers, **settings) as response:
            return response.status, await response.json(content_type=None)


async def person(site, subject_id: str) -> Api:
    return Api(site, await site.bearer(subject_id))


async def staff(site, town: Town, role: str, school_id: str | None) -> Api:
    return await person(site, (await site.store.people.add_staff(town.county_id, school_id, role, role, BEFORE)).id)


def art(town: Town, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {
        "community_id": town.community_id,
        "weekday": 1,
        "period": 1,
        "subject_id": town.art.id,
        "lead_id": town.lead.id,
        "lead_room_id": town.rooms[0].id,
        "mode": "blended",
        "rooms": [town.rooms[1].id],
        "classes": [{"class_id": town.classes[1].id, "classroom_id": town.rooms[1].id}],
    }
    return form | changes


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]
