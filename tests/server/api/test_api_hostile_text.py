"""SQL, HTML and formulas in every text field of every form: kept as they were typed, or refused in words, never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import update

from server.api.openapi import document
from server.api.site import ENDPOINTS
from server.county.calendar import moment_ms
from server.store import schema
from server.store.rows import School
from tests.server.api.conftest import Site
from tests.server.api.county_people import art
from tests.server.api.device_screens import ask
from tests.server.privacy.conftest import record
from tests.server.store.county_town import BEFORE, ZONE, Town, build_town

HOSTILE = (
    "'); DROP TABLE school; --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://evil.example")',
    "{{constructor.constructor('return 1')()}}",
)
APART = {"/api/leave", "/api/account/leave-everywhere", "/api/classes/{id}/erase"}
"""They would sign the test out, or need the name of the class."""


def example(schema: dict[str, Any], schemas: dict[str, Any], text: str, known: str) -> Any:
    """A value of the schema: `text` wherever a text may stand, `known` where an identifier must."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, text, known)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas, text, known)
    match schema.get("type"):
        case "object":
            return {name: example(inner, schemas, text, known) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {}), schemas, text, known)] if schema.get("items") else []
        case "string" if schema.get("format") == "date":
            return "2026-09-07"
        case "string":
            return known if "A-Za-z0-9" in schema.get("pattern", "") else text[: schema.get("maxLength", 400)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return None


def forms() -> list[tuple[str, dict[str, Any]]]:
    """Every path that takes a JSON body, with the body's schema."""
    found = []
    for path, methods in document(ENDPOINTS)["paths"].items():
        sent = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if sent and path not in APART:
            found.append((path, sent["schema"]))
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_in_every_form_breaks_nothing(site_under_test, text: str) -> None:
    site = site_under_test
    town = await build_town(site.store)
    site.clock.now_ms = BEFORE
    schemas = document(ENDPOINTS)["components"]["schemas"]
    token = await site.store.credentials.issue("link", town.admin.id, site.clock())
    headers = site.origin | {"Authorization": f"Bearer {token}"}
    for path, body_schema in forms():
        body = example(body_schema, schemas, text, town.classes[0].id)
        async with site.request("POST", path.replace("{id}", town.classes[0].id), headers=headers, json=body) as answer:
            assert answer.status < 500, path
            assert answer.content_type in ("application/json", "application/problem+json"), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await site.store.registry.get(School, town.county_id, town.centre.id) is not None
    assert (await site.store.audit.verify()).broken == []


def fields(schema: dict[str, Any], schemas: dict[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """Where a string may stand in a body that is no choice and no date, and the pattern it must have."""
    if "$ref" in schema:
        yield from fields(schemas[schema["$ref"].rpartition("/")[2]], schemas, at)
    for inner in schema.get("anyOf", []):
        yield from fields(inner, schemas, at)
    for name, inner in schema.get("properties", {}).items():
        yield from fields(inner, schemas, f"{at}.{name}" if at else name)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], schemas, at)
    if schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
        yield at, schema.get("pattern", "")


def free_texts() -> set[tuple[str, str]]:
    """Every field of the API in which any text may be kept, by path and name."""
    schemas = document(ENDPOINTS)["components"]["schemas"]
    found = {(path, name, pattern) for path, schema in forms() for name, pattern in fields(schema, schemas)}
    return {(path, name) for path, name, pattern in found if "A-Za-z0-9" not in pattern} - NOT_KEPT


NOT_KEPT: Final = {
    ("/api/enter", "token"), ("/api/sign-in", "name"), ("/api/sign-in", "password"), ("/api/sign-in", "code"),
    ("/api/sign-in", "new_password"), ("/api/account/password", "password"), ("/api/account/password", "new_password"),
    ("/api/sign-in/screen/collect", "id"), ("/api/sign-in/screen/approve", "id"), ("/api/account/sign-ins/end", "id"),
    ("/api/devices/claim", "claim"), ("/api/devices/pair", "code"),  # compared with what is kept
    ("/api/accounts", "staff_id"), ("/api/lessons/{id}/catch-up", "room"), ("/api/devices/health", "lesson"),
    ("/api/devices/pair", "classroom"), ("/api/devices/pair", "device"),  # identifiers of what there is
    ("/api/accounts", "name"), ("/api/county", "time_zone"), ("/api/devices/health", "rung"),
    ("/api/devices/health", "version"), ("/api/devices/media", "sdp"),  # refused unless of a shape of their own
    *((f"/api/county/{path}", "weeks") for path in (
        "terms/{id}/entries", "terms/{id}/entries/check", "entries/{id}", "entries/{id}/check")),
    *((f"/api/county/{path}/check", "title") for path in ("terms/{id}/entries", "entries/{id}")),  # only asks
}  # fmt: skip


class Teller:
    """Posts forms with the text in some fields, and looks for it in what is told afterwards."""

    def __init__(self, site: Site, text: str, headers: dict[str, str]) -> None:
        self.text, self.stored = text, set[tuple[str, str]]()
        self._site, self._headers = site, headers

    async def keeps(self, path: str, told_at: str, body: dict[str, Any], *names: str, about: str = "") -> Any:
        """`names`: the fields of `body` that hold the text; each must be told at `told_at`, as it was typed."""
        put = {name: self.text for name in names if "." not in name}
        answered = await self._ask("POST", path.replace("{id}", about), json=body | put)
        told = await self._ask("GET", told_at)
        wanted = len(names) if not about else 1
        assert list(_texts_in(told)).count(self.text) >= wanted, (path, names)
        self.stored |= {(path, name) for name in names}
        return answered

    async def _ask(self, method: str, path: str, **settings: Any) -> Any:
        async with self._site.request(method, path, headers=self._headers, **settings) as answer:
            assert answer.status == 200, (path, await answer.text())
            assert answer.content_type == "application/json"
            return await answer.json()


def _texts_in(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    for inner in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _texts_in(inner)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_kept_in_every_field_and_told_exactly_as_it_was_typed(site_under_test, text: str) -> None:
    site = site_under_test
    town = await build_town(site.store)
    site.clock.now_ms = BEFORE
    token = await site.store.credentials.issue("link", town.admin.id, site.clock())
    one = Teller(site, text, site.origin | {"Authorization": f"Bearer {token}"})
    await _names(one, town)
    await _timetable(one, town, site)
    await _rooms_and_papers(one, town, site)
    assert one.stored == free_texts()
    async with site.request("GET", "/healthz") as answer:
        assert answer.status == 200
    assert (await site.store.audit.verify()).broken == []


async def _names(one: Teller, town: Town) -> None:
    county = "/api/county"
    await one.keeps(county, county, {"time_zone": "Asia/Shanghai"}, "name")
    both = ("name", "code")
    school = {"kind": "teaching_point"}
    new = await one.keeps(f"{county}/schools", f"{county}/schools", school, *both)
    await one.keeps(f"{county}/schools/{{id}}", f"{county}/schools", school, *both, about=new["id"])
    room = {"school_id": new["id"], "profile": "simple"}
    made = await one.keeps(f"{county}/rooms", f"{county}/rooms", room, *both)
    await one.keeps(f"{county}/rooms/{{id}}", f"{county}/rooms", room, *both, about=made["id"])
    grown = {"school_id": new["id"], "grade": 3, "pupils": 9}
    made = await one.keeps(f"{county}/classes", f"{county}/classes", grown, "name")
    await one.keeps(f"{county}/classes/{{id}}", f"{county}/classes", grown, "name", about=made["id"])
    made = await one.keeps(f"{county}/subjects", f"{county}/subjects", {}, *both)
    await one.keeps(f"{county}/subjects/{{id}}", f"{county}/subjects", {}, *both, about=made["id"])
    said = (*both, "duty")
    made = await one.keeps(f"{county}/staff", f"{county}/staff", {"role": "trainer"}, *said)
    await one.keeps(f"{county}/staff/{{id}}", f"{county}/staff", {"role": "trainer"}, *said, about=made["id"])
    joined = {"centre_id": town.centre.id, "points": [new["id"]]}
    made = await one.keeps(f"{county}/communities", f"{county}/communities", joined, "name")
    await one.keeps(f"{county}/communities/{{id}}", f"{county}/communities", {}, "name", about=made["id"])
    term = {"begins": "2027-03-01", "ends": "2027-06-30"}
    made = await one.keeps(f"{county}/terms", f"{county}/terms", term, "name")
    await one.keeps(f"{county}/terms/{{id}}", f"{county}/terms", term, "name", about=made["id"])
    days = {"days": [{"day": "2027-05-01", "name": one.text}]}
    await one.keeps(
        f"{county}/terms/{{id}}/days", f"{county}/terms/{made['id']}/days", days, "days.name", about=made["id"]
    )


async def _timetable(one: Teller, town: Town, site: Site) -> None:
    county, entries = "/api/county", f"/api/county/terms/{town.term.id}/entries"
    made = await one.keeps(f"{county}/terms/{{id}}/entries", entries, art(town), "title", about=town.term.id)
    entry = made["entry"]["id"] if "entry" in made else made["id"]
    await one.keeps(f"{county}/entries/{{id}}", entries, art(town), "title", about=entry)
    lesson = (await one._ask("GET", f"{county}/grid?from=2026-09-14"))["lessons"][0]
    await one.keeps(
        f"{county}/lessons/{{id}}/excuse", f"{county}/grid?from=2026-09-14", {}, "reason", about=lesson["id"]
    )
    changes = f"{county}/terms/{town.term.id}/changes"
    cancelled = {"day": "2026-09-07", "kind": "cancelled"}
    await one.keeps(f"{county}/entries/{{id}}/change", changes, cancelled, "reason", about=entry)
    own = {
        "community_id": town.community_id, "lead_id": town.colleague.id, "rooms": [town.rooms[2].id],
        "subject_id": town.music.id, "mode": "blended", "origin": "planned",
        "start_ms": moment_ms(date(2026, 9, 8), 600, ZONE), "minutes": 40,
    }  # fmt: skip
    await one.keeps(f"{county}/lessons", f"{county}/grid?from=2026-09-07", own, "title")


async def _rooms_and_papers(one: Teller, town: Town, site: Site) -> None:
    about = town.classes[0].id
    await one.keeps("/api/classes/{id}/consent", f"/api/classes/{about}/consent", {}, "version", about=about)
    code = await ask(site)
    given = {"code": code["code"], "classroom": town.rooms[0].id}
    device = await one.keeps("/api/devices/pair", "/api/devices", given, "name")
    await one.keeps("/api/devices/{id}/rename", "/api/devices", {}, "name", about=device["id"])
    held = Teller(site, one.text, site.origin | await site.bearer(site.admin))
    over = update(schema.lesson).where(schema.lesson.c.id == site.lesson.id).values(state="VALID", ended_ms=BEFORE)
    await site.store.database.write(lambda c: c.execute(over))
    record(site.services.lessons_dir / site.lesson.id)
    site.add_recording()
    path, lesson = "/api/privacy/recordings", site.lesson.id
    body = {"cause": "model", "until": "2027-08-20"}
    await held.keeps(f"{path}/{{id}}/hold", path, body, "reason", about=lesson)
    one.stored |= held.stored
