"""SQL, HTML and formulas in every text field of every form: kept as they were typed, or refused in words, never run."""

from __future__ import annotations

from typing import Any

import pytest

from server.api.openapi import document
from server.api.site import ENDPOINTS
from server.store.rows import School
from tests.server.store.county_town import BEFORE, build_town

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
    for path, schema in forms():
        body = example(schema, schemas, text, town.classes[0].id)
        async with site.request("POST", path.replace("{id}", town.classes[0].id), headers=headers, json=body) as answer:
            assert answer.status < 500, path
            assert answer.content_type in ("application/json", "application/problem+json"), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await site.store.registry.get(School, town.county_id, town.centre.id) is not None
    assert (await site.store.audit.verify()).broken == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_name_comes_back_exactly_as_it_was_typed(site_under_test, text: str) -> None:
    site = site_under_test
    town = await build_town(site.store)
    site.clock.now_ms = BEFORE
    token = await site.store.credentials.issue("link", town.admin.id, site.clock())
    headers = site.origin | {"Authorization": f"Bearer {token}"}
    form = {"kind": "centre", "name": text}
    async with site.request("POST", "/api/county/schools", headers=headers, json=form) as answer:
        assert answer.status == 200, await answer.text()
    async with site.request("GET", "/api/county/schools", headers=headers) as answer:
        told = await answer.json()
    schools = told if isinstance(told, list) else next(iter(told.values()))
    assert text in [school["name"] for school in schools]
