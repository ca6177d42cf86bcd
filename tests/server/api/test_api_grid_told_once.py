"""A week that did not change is told once: its ETag still holds. A change makes another one at once."""

from __future__ import annotations

from typing import Any

import pytest

from server.county.calendar import moment_ms
from tests.server.api.county_people import MONDAY, Api, art, staff
from tests.server.store.county_town import ZONE, Town

WEEK = "/api/county/grid?from=2026-09-07"


async def ask(site: Any, town: Town, held: str | None = None) -> tuple[int, str, bytes]:
    """Status, ETag and body of the week's grid, asked for by somebody who holds the answer `held`."""
    headers = await site.bearer(town.admin.id) | ({} if held is None else {"If-None-Match": held})
    async with site.request("GET", WEEK, headers=headers) as response:
        assert response.headers["Cache-Control"] == "no-store"
        return response.status, response.headers["ETag"], await response.read()


async def test_a_week_that_did_not_change_is_not_sent_again(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    status, etag, _ = await ask(site_under_test, town)
    assert status == 200
    assert etag.startswith('W/"')
    site_under_test.clock.now_ms += 60_000
    assert await ask(site_under_test, town, etag) == (304, etag, b"")
    assert await ask(site_under_test, town, f'"other", {etag}') == (304, etag, b"")
    assert await ask(site_under_test, town, "*") == (304, etag, b"")
    assert (await ask(site_under_test, town, 'W/"other"'))[0] == 200
    assert (await ask(site_under_test, town, "not an etag"))[0] == 200


async def test_a_change_is_seen_at_once(site_under_test, admin: Api, town: Town) -> None:
    _, empty, _ = await ask(site_under_test, town)
    entry = (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[1]
    status, full, _ = await ask(site_under_test, town, empty)
    assert (status, full != empty) == (200, True)
    await admin.post(f"/entries/{entry['id']}/remove")
    assert (await ask(site_under_test, town, full))[:2] == (200, empty)


async def test_time_that_makes_a_lesson_due_makes_another_answer(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    _, ahead, _ = await ask(site_under_test, town)
    site_under_test.clock.now_ms = moment_ms(MONDAY, 24 * 60, ZONE)
    status, past, _ = await ask(site_under_test, town, ahead)
    assert (status, past != ahead) == (200, True)


@pytest.mark.parametrize("role", ["trainer", "school_admin"])
async def test_what_is_remembered_for_one_is_not_shown_to_another(
    site_under_test, admin: Api, town: Town, role: str
) -> None:  # fmt: skip
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    assert len((await admin.get("/grid?from=2026-09-07"))[1]["lessons"]) == 1
    elsewhere = town.points[-1].id if role == "school_admin" else None
    other = await staff(site_under_test, town, role, elsewhere)
    assert len((await other.get("/grid?from=2026-09-07"))[1]["lessons"]) == (1 if role == "trainer" else 0)
