"""Calendar feeds: an address that a phone's or an office's calendar subscribes to, and takes back again."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from server.api.county_fields import Identifier, school_within, summary
from server.api.own_account import Done
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.county.calendar import local_day, moment_ms
from server.county.clashes import Kind
from server.exchange.icalendar import calendar, event_digest
from server.permissions import PUBLIC
from server.store.calendars import Calendars, Feed, FeedKind
from server.store.errors import Conflict
from server.store.rows import Classroom, School, Staff, rfc3339
from server.texts import Texts, preferred_language

DAY_MS: Final = 86_400_000
DAYS_BACK, DAYS_AHEAD = 30, 200


class CalendarForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose lessons: a teacher's (one's own without `about`), a room's or a school's."""

    kind: FeedKind
    about: Identifier | None = None


class CalendarCard(Struct, frozen=True):
    """A feed one made: of whom, and when. Its address is not kept."""

    id: str
    kind: FeedKind
    about: str
    name: str
    made: str


class CalendarMade(Struct, frozen=True):
    """`path` is the address on this server. Whoever knows it sees these lessons; it is told this once."""

    card: CalendarCard
    path: str


async def calendars(call: Call) -> list[CalendarCard]:
    """The caller's own feeds."""
    feeds = await _calendars(call).of(call.caller.subject.id)
    return [await _card(call, feed) for feed in feeds]


async def make_calendar(call: Call) -> CalendarMade:
    """A new feed; its address is told once."""
    who, form = call.caller.subject, call.body
    about = form.about or (who.id if form.kind == "teacher" else "")
    await _require(call, form.kind, about)
    try:
        feed, secret = await _calendars(call).make(who.county_id, who.id, form.kind, about, call.services.clock())
    except Conflict as conflict:
        if conflict.code != "too_many_calendars":
            raise
        raise Problem(409, "too_many_calendars") from conflict
    call.visit.about = feed.id
    return CalendarMade(await _card(call, feed), f"/api/calendar/{secret}.ics")


async def revoke_calendar(call: Call) -> Done:
    """Takes an address back: it leads nowhere from now on."""
    if not await _calendars(call).revoke(call.caller.subject.id, call.part("id"), call.services.clock()):
        raise not_found()
    return Done()


async def calendar_feed(call: Call) -> web.Response:
    """The lessons as iCalendar, for whoever knows the address."""
    store, now_ms = call.services.store, call.services.clock()
    feed = await _calendars(call).find(call.part("secret")[:128])
    owner = await store.people.subject(feed.staff_id) if feed else None
    if feed is None or owner is None:
        raise not_found()
    zone = ZoneInfo(await store.people.time_zone(owner.county_id))
    midnight_ms = moment_ms(local_day(now_ms, zone), 0, zone)
    from_ms, to_ms = midnight_ms - DAYS_BACK * DAY_MS, midnight_ms + DAYS_AHEAD * DAY_MS
    lessons = await store.grids.lessons(owner, feed.kind, feed.about, from_ms, to_ms)
    events = {lesson.id: (event_digest(lesson), lesson.end_ms) for lesson in lessons}
    told = await _calendars(call).number(events, from_ms, now_ms)
    name = await _name(call, owner.county_id, feed.kind, feed.about)
    texts = Texts(preferred_language(call.request.headers.get("Accept-Language", "")))
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="tongke.ics"',
        "Cache-Control": "private, max-age=300",
    }
    content = calendar(texts("calendar.name", name=name), feed.kind, lessons, told)
    return web.Response(body=content, headers=headers)


def _calendars(call: Call) -> Calendars:
    return Calendars(call.services.store.database)


async def _require(call: Call, kind: FeedKind, about: str) -> None:
    """One's own lessons; others' within the reach of one's right to see the timetable.

    Raises:
        Problem: `not_found`.
    """
    who = call.caller.subject
    if kind == "teacher" and about == who.id:
        return
    within = school_within(call, "timetable.read")
    registry = call.services.store.registry
    if kind == "school":
        school = await registry.get(School, who.county_id, about)
        home = school.id if school else None
    elif kind == "room":
        room = await registry.get(Classroom, who.county_id, about)
        home = room.school_id if room else None
    else:
        person = await registry.get(Staff, who.county_id, about)
        home = (person.school_id or "-") if person else None
    if home is None or within not in (None, home):
        raise not_found()


async def _card(call: Call, feed: Feed) -> CalendarCard:
    name = await _name(call, feed.county_id, feed.kind, feed.about)
    return CalendarCard(feed.id, feed.kind, feed.about, name, rfc3339(feed.made_ms))


async def _name(call: Call, county_id: str, kind: FeedKind, about: str) -> str:
    store = call.services.store
    if kind == "school":
        school = await store.registry.get(School, county_id, about)
        return school.name if school else ""
    thing: Kind = "room" if kind == "room" else "teacher"
    return (await store.names.of_things(county_id, [(thing, about)])).get(about, "")


ENDPOINTS = (
    Endpoint("GET", "/api/calendars", summary(calendars), calendars, action="account", answer=list[CalendarCard]),
    Endpoint(
        "POST", "/api/calendars", summary(make_calendar), make_calendar, action="account", body=CalendarForm,
        answer=CalendarMade, problems=((404, "not_found"), (409, "too_many_calendars")),
    ),
    Endpoint(
        "POST", "/api/calendars/{id}/revoke", summary(revoke_calendar), revoke_calendar, action="account",
        answer=Done, problems=((404, "not_found"),),
    ),
    Endpoint(
        "GET", "/api/calendar/{secret}.ics", summary(calendar_feed), calendar_feed, action=PUBLIC,
        content_type="text/calendar", problems=((404, "not_found"),),
    ),
)  # fmt: skip
