"""When other ways in have to end: after a reset, and when somebody becomes an administrator."""

from __future__ import annotations

from server.store.calendars import Calendars
from tests.server.api.test_api_accounts import get, post, ready


async def test_a_reset_ends_every_other_way_in(site_under_test) -> None:
    site, now_ms = site_under_test, site_under_test.clock.now_ms
    signed_in = await ready(site)
    link = await site.store.credentials.issue("link", site.lead, now_ms)
    await site.store.outside.link("https://sso.example", "lilei", site.lead, now_ms)
    county_id = (await site.store.people.subject(site.lead)).county_id
    calendars = Calendars(site.store.database)
    _, secret = await calendars.make(county_id, site.lead, "teacher", site.lead, now_ms)
    _, others = await calendars.make(county_id, site.admin, "teacher", site.lead, now_ms)
    assert (await post(site, f"/api/accounts/{site.lead}/reset", {}, await site.bearer(site.admin)))[0] == 200
    assert (await get(site, "/api/me", signed_in))[0] == 401
    assert await site.store.credentials.find(link, now_ms) is None
    assert not await site.store.outside.is_linked(site.lead)
    assert await calendars.find(secret) is None
    assert await calendars.find(others) is not None, "another person's feed of the same lessons stays"


async def test_who_becomes_an_administrator_is_signed_out_and_sets_up_a_phone(site_under_test) -> None:
    site = site_under_test
    signed_in = await ready(site)
    headers, path = await site.bearer(site.admin), f"/api/county/staff/{site.lead}"
    (known,) = [one for one in (await get(site, "/api/county/staff", headers))[1] if one["id"] == site.lead]
    form = {name: known[name] for name in ("name", "role", "school_id")}
    assert (await post(site, path, form | {"further_roles": ["trainer"]}, headers))[0] == 200
    assert (await get(site, "/api/me", signed_in))[0] == 200, "a role without a phone ends nothing"
    assert (await post(site, path, form | {"further_roles": ["school_admin"]}, headers))[0] == 200
    assert (await get(site, "/api/me", signed_in))[0] == 401
    again = {"name": "lilei", "password": "春天的小河静静流过村庄"}
    assert (await post(site, "/api/sign-in", again))[1]["next"] == "set_up_code"


async def test_who_has_another_role_is_looked_for_in_the_lessons_that_run(site_under_test) -> None:
    site = site_under_test
    county_id = (await site.store.people.subject(site.lead)).county_id
    trainer = await site.store.people.add_staff(county_id, None, "trainer", "教研员", site.clock())
    headers = await site.bearer(site.admin)
    site.store.credentials.ended.clear()
    form = {"name": "教研员", "role": "assistant"}
    assert (await post(site, f"/api/county/staff/{trainer.id}", form, headers))[0] == 200
    assert site.store.credentials.ended.is_set()
