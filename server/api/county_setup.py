"""The county itself: how far it is set up, its name and its time zone."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from server.api.county_fields import Name, summary
from server.api.own_account import Done
from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.county.calendar import local_day
from server.store.setup import Standing


class CountyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the county is called and whose clock its schools keep, such as Asia/Shanghai."""

    name: Name
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]


async def set_up(call: Call) -> Standing:
    """How far the county is set up."""
    store, county_id = call.services.store, call.caller.subject.county_id
    zone = ZoneInfo(await store.people.time_zone(county_id))
    now_ms = call.services.clock()
    return await store.setup.standing(county_id, local_day(now_ms, zone), now_ms)


async def change_county(call: Call) -> Done:
    """The county with another name or time zone; lessons ahead keep their time on the schools' clocks."""
    form, store, county_id = call.body, call.services.store, call.caller.subject.county_id
    if form.time_zone not in available_timezones():
        raise Problem(409, "bad_zone")
    before = await store.people.time_zone(county_id)
    await store.registry.set_county(county_id, form.name, form.time_zone)
    if form.time_zone != before:
        for term in await store.terms.all(county_id):
            await store.timetable.make(county_id, term.id, call.services.clock())
    return Done()


ENDPOINTS = (
    Endpoint("GET", "/api/county/setup", summary(set_up), set_up, action="county.read", answer=Standing),
    Endpoint(
        "POST", "/api/county", summary(change_county), change_county,
        action="county.change", answer=Done, body=CountyForm, problems=((409, "bad_zone"),),
    ),
)  # fmt: skip
