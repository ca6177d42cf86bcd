"""The consent register: who may read and change it, what it keeps, and what the audit log is told."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from server.store import schema
from server.store.audit import Wanted

NOW = 1_800_000_000_000


@pytest.fixture
async def school_class(site_under_test) -> str:
    """A class of the lead's school."""
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    row = {"id": "class-1", "school_id": lead.school_id, "grade": 3, "name": "三年级", "pupils": 28}
    await site.store.database.write(lambda c: c.execute(insert(schema.school_class), row))
    return "class-1"


async def call(site, method: str, path: str, headers: dict[str, str], body: object = None):
    sent = headers | (site.origin if method == "POST" else {})
    async with site.request(method, path, headers=sent, **({"json": body} if body is not None else {})) as response:
        return response.status, await response.json(content_type=None)


async def test_consent_holds_from_its_entry_to_its_withdrawal_and_every_entry_stays(
    site_under_test, school_class
) -> None:
    site, path = site_under_test, f"/api/classes/{school_class}/consent"
    admin = await site.bearer(site.admin)
    assert await call(site, "GET", path, admin) == (200, {"holds": False, "entries": []})
    assert await site.store.consents.without([school_class, "class-2"]) == {school_class, "class-2"}
    for version in ("2026-09", "2027-02"):
        site.clock.now_ms += 1
        assert (await call(site, "POST", path, admin, {"version": version}))[1]["holds"] is True
    assert await site.store.consents.without([school_class]) == set()
    site.clock.now_ms += 1
    register = (await call(site, "POST", f"{path}/withdraw", admin))[1]
    assert register["holds"] is False
    assert [(one["version"], one["recorded_by"], one["withdrawn_by"], one["withdrawn_ms"] - NOW)
            for one in register["entries"]] == [
        ("2027-02", site.admin, site.admin, 3), ("2026-09", site.admin, site.admin, 2),
    ]  # fmt: skip
    assert (await call(site, "POST", f"{path}/withdraw", admin))[1]["code"] == "no_consent"
    codes = [row.entry.code for row in await site.store.audit.page(wanted=Wanted(about=(school_class,)))]
    assert codes == ["withdraw_consent", "record_consent", "record_consent"]


async def test_a_class_out_of_reach_is_not_there(site_under_test, school_class) -> None:
    site = site_under_test
    county_id = (await site.store.people.subject(site.admin)).county_id
    elsewhere = await site.store.people.add_school(county_id, "centre", "别处", NOW)
    other = await site.store.people.add_staff(county_id, elsewhere.id, "school_admin", "校长", NOW)
    headers = await site.bearer(other.id)
    paths = (f"/api/classes/{school_class}/consent", "/api/classes/class-no/consent")
    answers = [await call(site, "GET", path, headers) for path in paths]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert (await call(site, "POST", paths[0], headers, {"version": "x"})) == answers[0]
    assert (await call(site, "GET", paths[0], await site.bearer(site.lead)))[0] == 200
    assert (await call(site, "POST", paths[0], await site.bearer(site.lead), {"version": "x"}))[0] == 403
