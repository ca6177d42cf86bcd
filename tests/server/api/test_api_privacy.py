"""Privacy over HTTP: the register at a glance, what goes when, holds, erasure with a day to take it back, export."""

from __future__ import annotations

import csv
import io
import zipfile

import msgspec
import pytest
from sqlalchemy import insert, update

from server.privacy.keeper import RecordingKeeper
from server.store import schema
from tests.server.privacy.conftest import Jobs, record

NOW = 1_800_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
async def admin(site_under_test) -> dict[str, str]:
    """The county's administrator; the lesson is over, judged, recorded, and class-1 of the lead's school was in it."""
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    one = {"id": "class-1", "school_id": lead.school_id, "grade": 3, "name": "三年级", "pupils": 28}
    seat = {"lesson_id": site.lesson.id, "class_id": "class-1", "classroom_id": site.rooms[0], "grade": 3, "pupils": 28}
    over = update(schema.lesson).where(schema.lesson.c.id == site.lesson.id).values(state="VALID", ended_ms=NOW)
    await site.store.database.write(
        lambda c: (c.execute(insert(schema.school_class), one), c.execute(insert(schema.lesson_class), seat),
                   c.execute(over))
    )  # fmt: skip
    record(site.services.lessons_dir / site.lesson.id)
    site.add_recording()
    return await site.bearer(site.admin)


async def call(site, method: str, path: str, headers: dict[str, str], body: object = None):
    sent = headers | (site.origin if method == "POST" else {})
    async with site.request(method, path, headers=sent, **({"json": body} if body is not None else {})) as response:
        return response.status, await response.json(content_type=None)


async def look(site) -> None:
    await RecordingKeeper(site.store, site.services.lessons_dir, Jobs(), site.clock).look(site.clock())


async def visible(site, headers: dict[str, str]) -> tuple[int, int]:
    """Whether the recording opens, and how many are listed."""
    opened, _ = await call(site, "GET", f"/api/recordings/{site.lesson.id}", headers)
    return opened, len((await call(site, "GET", "/api/recordings", headers))[1]["recordings"])


async def test_the_register_shows_every_class_of_the_school_and_who_recorded_its_consent(
    site_under_test, admin
) -> None:
    site = site_under_test
    assert [one["holds"] for one in (await call(site, "GET", "/api/consents", admin))[1]["classes"]] == [False]
    await call(site, "POST", "/api/classes/class-1/consent", admin, {"version": "2026-1"})
    ((told),) = (await call(site, "GET", "/api/consents", admin))[1]["classes"]
    assert (told["holds"], told["version"], told["recorded_by"]) == (True, "2026-1", "管理员")
    await call(site, "POST", "/api/classes/class-1/consent/withdraw", admin)
    ((told),) = (await call(site, "GET", "/api/consents", admin))[1]["classes"]
    assert (told["holds"], told["withdrawn_ms"]) == (False, NOW)
    other = await site.store.people.add_staff(
        (await site.store.people.subject(site.admin)).county_id,
        (await site.store.people.subject(site.rooms[0])).school_id, "school_admin", "校长", NOW,
    )  # fmt: skip
    assert (await call(site, "GET", "/api/consents", await site.bearer(other.id)))[1]["classes"] == []


async def test_what_goes_soon_is_told_fourteen_days_before(site_under_test, admin) -> None:
    site = site_under_test
    kept = (await call(site, "GET", "/api/privacy/recordings", admin))[1]
    assert (kept["keep_days"], kept["total"], kept["soon"]) == (183, 1, 0)
    assert kept["recordings"][0]["delete_ms"] == NOW + 183 * DAY_MS
    assert (await call(site, "POST", "/api/privacy/keep", admin, {"days": 14}))[0] == 200
    assert (await call(site, "GET", "/api/privacy/recordings", admin))[1]["soon"] == 1
    assert (await call(site, "POST", "/api/privacy/keep", admin, {"days": 6}))[1]["code"] == "bad_body"


async def test_a_hold_keeps_a_recording_through_its_last_day_and_can_be_ended(site_under_test, admin) -> None:
    site, path = site_under_test, f"/api/privacy/recordings/{site_under_test.lesson.id}"
    hold = {"cause": "model", "reason": "县级示范课", "until": "2028-01-15"}
    assert (await call(site, "POST", f"{path}/hold", admin, hold | {"until": "2027-01-14"}))[1]["code"] == "bad_until"
    assert (await call(site, "POST", f"{path}/hold", admin, hold))[0] == 200
    (kept,) = (await call(site, "GET", "/api/privacy/recordings", admin))[1]["recordings"]
    assert kept["hold"]["until_ms"] == 1_831_564_800_000  # 2028-01-16 00:00 in Shanghai
    assert (await call(site, "POST", f"{path}/release", admin))[0] == 200
    assert (await call(site, "POST", f"{path}/release", admin))[0] == 404


async def test_why_a_recording_is_held_is_told_only_to_who_holds_or_inspects(site_under_test, admin) -> None:
    site, path = site_under_test, f"/api/privacy/recordings/{site_under_test.lesson.id}"
    await call(site, "POST", f"{path}/hold", admin, {"cause": "legal", "reason": "投诉", "until": "2028-01-15"})
    county_id = (await site.store.people.subject(site.admin)).county_id
    inspector = await site.store.people.add_staff(county_id, None, "inspector", "督导", NOW)
    why = []
    for who in (site.admin, inspector.id, site.lead):
        kept = (await call(site, "GET", "/api/privacy/recordings", await site.bearer(who)))[1]["recordings"]
        why.append([(one["hold"]["cause"], one["hold"]["reason"], one["hold"]["held_by"]) for one in kept])
    assert why == [[("legal", "投诉", site.admin)], [("legal", "投诉", site.admin)], [("legal", "", "")]]


async def test_an_erasure_hides_at_once_can_be_taken_back_for_a_day_and_keeps_the_consents(
    site_under_test, admin
) -> None:
    site, path = site_under_test, "/api/classes/class-1"
    await call(site, "POST", f"{path}/consent", admin, {"version": "2026-1"})
    assert await visible(site, admin) == (200, 1)
    wrong = await call(site, "POST", f"{path}/erase", admin, {"confirm": "四年级"})
    assert (wrong[0], wrong[1]["code"]) == (409, "confirmation_differs")
    status, erased = await call(site, "POST", f"{path}/erase", admin, {"confirm": "三年级"})
    assert (status, erased["waiting"], erased["waiting_until_ms"]) == (200, 1, NOW + DAY_MS)
    assert await visible(site, admin) == (404, 0)
    await look(site)
    back = (await call(site, "POST", f"{path}/erase/undo", admin))[1]
    assert (back["waiting"], back["recordings"], back["files"]) == (0, 1, 8)
    assert await visible(site, admin) == (200, 1)
    site.clock.now_ms += 1
    await call(site, "POST", f"{path}/erase", admin, {"confirm": "三年级"})
    site.clock.now_ms += DAY_MS
    await look(site)
    assert not (site.services.lessons_dir / site.lesson.id / "media").exists()
    assert (await call(site, "POST", f"{path}/erase/undo", admin))[1]["code"] == "nothing_to_undo"
    log = (await call(site, "GET", "/api/privacy/deletions", admin))[1]["deletions"]
    assert [(one["deletion"]["state"], one["deletion"]["cause"]) for one in log] == [
        ("done", "erasure"), ("undone", "erasure"),
    ]  # fmt: skip
    assert (await call(site, "GET", f"{path}/consent", admin))[1]["holds"] is True


async def test_an_erasure_takes_model_lessons_and_leaves_what_the_law_holds(site_under_test, admin) -> None:
    site, path = site_under_test, f"/api/privacy/recordings/{site_under_test.lesson.id}"
    for cause, erasable in (("legal", 0), ("model", 1)):
        await call(site, "POST", f"{path}/hold", admin, {"cause": cause, "reason": "因", "until": "2028-01-15"})
        told = (await call(site, "GET", "/api/classes/class-1/recordings", admin))[1]
        assert (told["recordings"], told["held"]) == (erasable, 1 - erasable)


async def test_a_class_exports_as_tables_that_spreadsheets_open_and_formulas_do_not_run(site_under_test, admin) -> None:
    site = site_under_test
    await call(site, "POST", "/api/classes/class-1/consent", admin, {"version": "=1+1"})
    async with site.request("GET", "/api/classes/class-1/export", headers=admin) as response:
        assert (response.status, response.content_type) == (200, "application/zip")
        content = await response.read()
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        tables = {
            name: list(csv.DictReader(io.StringIO(zipped.read(name).decode("utf-8-sig"))))
            for name in zipped.namelist() if name.endswith(".csv")
        }  # fmt: skip
        whole = msgspec.json.decode(zipped.read("class.json"))
    assert set(tables) == {"lessons.csv", "consents.csv", "deletions.csv", "recordings.csv"}
    (lesson,) = tables["lessons.csv"]
    assert (lesson["id"], lesson["pupils"], lesson["started_utc"]) == (site.lesson.id, "28", "")
    assert tables["consents.csv"][0]["version"] == "'=1+1"
    assert whole["consents"][0]["version"] == "=1+1"


async def test_a_school_sees_and_exports_its_own_class_and_erases_nothing(site_under_test, admin) -> None:
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    head = await site.store.people.add_staff(lead.county_id, lead.school_id, "school_admin", "校长", NOW)
    headers = await site.bearer(head.id)
    assert (await call(site, "GET", "/api/privacy/recordings", headers))[1]["total"] == 1
    async with site.request("GET", "/api/classes/class-1/export", headers=headers) as response:
        assert response.status == 200
    assert (await call(site, "POST", "/api/classes/class-1/erase", headers, {"confirm": "三年级"}))[0] == 403
    stranger = await site.store.people.add_school(lead.county_id, "centre", "外校", NOW)
    other = await site.store.people.add_staff(lead.county_id, stranger.id, "school_admin", "校长", NOW)
    headers = await site.bearer(other.id)
    assert (await call(site, "GET", "/api/privacy/recordings", headers))[1]["total"] == 0
    assert (await call(site, "GET", "/api/classes/class-1/export", headers))[0] == 404
