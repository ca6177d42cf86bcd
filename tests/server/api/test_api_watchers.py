"""The names of who watches a lesson: for its teacher and who may change it, for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.server.api.device_screens import get

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def test_the_names_of_who_watches_are_told_to_who_leads(site_under_test: Site) -> None:
    site = site_under_test
    county_id = (await site.store.people.subject(site.admin)).county_id
    inspector = await site.store.people.add_staff(county_id, None, "inspector", "督导甲", site.clock())
    watching = {site.lesson.id: [await site.store.people.subject(inspector.id)]}
    object.__setattr__(site.services, "watching", lambda lesson: watching.get(lesson, []))
    path = f"/api/lessons/{site.lesson.id}/watchers"
    assert await get(site, path, site.lead) == (200, [{"name": "督导甲", "role": "inspector", "school": ""}])
    elsewhere = await site.store.people.add_staff(county_id, None, "lead", "外人", site.clock())
    for other in (inspector.id, site.rooms[0], elsewhere.id):
        assert (await get(site, path, other))[0] == 404
