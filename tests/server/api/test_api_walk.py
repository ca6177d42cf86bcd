"""Every operation of the API's own document, asked with what it says it takes and with what it does not, by every role.

Nothing may fail by our fault, and every answer must be one that the document tells of: its status, its type, its shape.
Identifiers are drawn from those that exist as well, of the kind the address or the field asks for, so that the walk
gets behind the doors. The draws are seeded.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.permissions import ROLES
from tests.server.api.known_ids import KnownIds
from tests.server.store.county_town import BEFORE, build_town

pytestmark = [pytest.mark.media, pytest.mark.timeout(600)]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
OF_FILES = "/api/recordings/{id}/files/{name}"
"""Its answers have the types of the files; tests of their own look at them."""


@dataclass
class Walker:
    """Asks one operation as somebody, and keeps what was wrong with the answers, and which were good."""

    base: str
    known: KnownIds
    wrong: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def ask(self, operation: APIOperation, mode: GenerationMode, token: str, number: int) -> None:
        """EXAMPLES times, with identifiers that exist in every other one."""
        choose = random.Random(number)

        @seed(number)
        @settings(
            max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(mode), real=st.booleans())
        def walk(case: schemathesis.Case, real: bool) -> None:
            if real and case.path_parameters:
                case.path_parameters = {name: self.known.of(operation.path, choose) for name in case.path_parameters}
            if real and mode is GenerationMode.POSITIVE:
                case.body = self.known.fitted(case.body, choose)
            headers = {"Origin": self.base} | ({"Authorization": f"Bearer {token}"} if token else {})
            response = case.call(base_url=self.base, headers=headers, timeout=20)
            if response.status_code < 300:
                self.answered.add(operation.label)
                if response.headers.get("Content-Type", "").startswith("application/json"):
                    self.known.learn(operation.path, response.json())
            try:
                case.validate_response(response, checks=CHECKS)
            except (AssertionError, schemathesis.core.failures.FailureGroup) as failure:
                told = "; ".join(str(one) for one in getattr(failure, "exceptions", [failure]))
                self.wrong.append(f"{operation.label} {mode.value} {response.status_code}: {told[:400]}")

        walk()


def modes(operation: APIOperation) -> Iterator[GenerationMode]:
    """What can be wrong in a request at all depends on the operation: many take nothing."""
    yield GenerationMode.POSITIVE
    if operation.body:
        yield GenerationMode.NEGATIVE


async def test_every_operation_answers_as_its_document_says_to_every_role(site_under_test) -> None:
    site = site_under_test
    town = await build_town(site.store)
    entry = town.entry()
    await site.store.timetable.save(town.county_id, town.term.id, [entry], BEFORE)
    await site.store.timetable.make(town.county_id, town.term.id, BEFORE)
    site.clock.now_ms = BEFORE
    people = {"county_admin": town.admin.id, "lead": town.lead.id, "classroom": town.rooms[1].id, "": ""}
    for role in set(ROLES) - set(people):
        school = None if role in ("trainer", "inspector") else town.centre.id
        people[role] = (await site.store.people.add_staff(town.county_id, school, role, role, BEFORE)).id
    lessons = [entry.lesson.id for entry in await site.store.lessons.of_community(town.community_id)]
    known = KnownIds({
        "lessons": lessons, "communities": [town.community_id], "rooms": [room.id for room in town.rooms],
        "schools": [town.centre.id, *(point.id for point in town.points)], "classes": [one.id for one in town.classes],
        "staff": [town.lead.id, town.colleague.id], "subjects": [town.art.id, town.music.id], "terms": [town.term.id],
        "entries": [entry.id],
    })  # fmt: skip
    async with site.request("GET", "/api/openapi.json") as response:
        document = await response.json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 80
    walker = Walker(site.base, known)
    number = 0
    for operation in operations:
        if operation.path == OF_FILES:
            continue
        for mode in modes(operation):
            role = list(people)[number % len(people)]
            for who in {"county_admin", role}:
                number += 1
                token = await site.store.credentials.issue("link", people[who], site.clock()) if who else ""
                await asyncio.to_thread(walker.ask, operation, mode, token, number)
    assert "\n".join(sorted(set(walker.wrong))) == ""
    assert len(walker.answered) > len(operations) / 2
