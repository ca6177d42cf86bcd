"""Invitations: who leads a lesson invites a room from outside its community, and the room's school says yes or no."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.api.both_ends import leads, speaks_for
from server.api.county_fields import Identifier, summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.permissions import reach
from server.store.guest_classes import GuestClasses, guest_classes
from server.store.invitation_told import InvitationTold
from server.store.invitations import GuestRoom, Invitation


class InvitationForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which room, and until when its school may say yes and the lesson begin, UTC in milliseconds."""

    classroom_id: Identifier
    until_ms: Annotated[int, Meta(ge=0, le=4_102_444_800_000)]


class InvitationAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The room's school accepts or declines; who leads the lesson withdraws. `class_id`: who sits in the room."""

    state: Literal["accepted", "declined", "withdrawn"]
    class_id: Identifier | None = None


async def lesson_invitations(call: Call) -> list[InvitationTold]:
    """Every invitation to one of the caller's lessons, the newest first."""
    lesson_id = await _led(call, call.part("id"))
    return await call.services.store.invitations.of_lesson(lesson_id, call.services.clock())


async def guest_rooms(call: Call) -> list[GuestRoom]:
    """Rooms of the county that could be invited to one of the caller's lessons: their names and their schools'."""
    lesson_id = await _led(call, call.part("id"))
    return await call.services.store.invitations.rooms_for(call.caller.subject.county_id, lesson_id)


async def invite_room(call: Call) -> Invitation:
    """Invites a room of a school outside the community to one lesson."""
    who, store, form = call.caller.subject, call.services.store, call.body
    lesson_id = await _led(call, call.part("id"))
    async with refused_in_words(call):
        made = await store.invitations.invite(
            who.county_id, lesson_id, form.classroom_id, who.id, form.until_ms, call.services.clock()
        )
    call.visit.about = made.id
    return made


async def waiting_invitations(call: Call) -> list[InvitationTold]:
    """Invitations to rooms within the caller's reach that wait for an answer."""
    who, now_ms = call.caller.subject, call.services.clock()
    room_id = who.id if who.kind == "classroom" else None
    school_id = None if reach(who.roles, "lessons.cover") == "county" else who.school_id or ""
    return await call.services.store.invitations.waiting(who.county_id, school_id, room_id, now_ms)


async def invited_classes(call: Call) -> GuestClasses:
    """The classes that could be in the invited room, and which usually is at that hour: of several, somebody says."""
    one, _, hosted = await _invitation(call)
    if not hosted:
        raise not_found()
    return await guest_classes(call.services.store.database, one.lesson_id, one.classroom_id)


async def answer_invitation(call: Call) -> Invitation:
    """Accepts or declines for a room, or takes the invitation back."""
    who, form, known = call.caller.subject, call.body, call.services.store.invitations
    one, led, hosted = await _invitation(call)
    if not (led if form.state == "withdrawn" else hosted):
        raise not_found()
    now_ms = call.services.clock()
    async with refused_in_words(call):
        match form.state:
            case "accepted":
                done = await known.accept(who.county_id, one.id, who.id, form.class_id, now_ms)
            case "declined":
                done = await known.decline(who.county_id, one.id, who.id, now_ms)
            case "withdrawn":
                if call.services.rung_in(one.lesson_id, one.classroom_id) is not None:
                    raise Problem(409, "invitation_in_use")
                done = await known.withdraw(who.county_id, one.id, now_ms)
    await call.services.covers_changed(one.lesson_id)
    return done


async def _invitation(call: Call) -> tuple[Invitation, bool, bool]:
    """The invitation of the path, whether its lesson is the caller's, and whether its room is.

    All is looked for whether there is such an invitation or not: so that the time tells nobody.

    Raises:
        Problem: `not_found`.
    """
    found = await call.services.store.invitations.find(call.part("id"))
    if found is None:
        raise not_found()
    led, hosted = await leads(call, found.lesson_id), await speaks_for(call, found.classroom_id)
    if found.id != call.part("id"):
        raise not_found()
    return found, led, hosted


async def _led(call: Call, lesson_id: str) -> str:
    """The lesson is one that the caller may change.

    Raises:
        Problem: `not_found`.
    """
    if not await leads(call, lesson_id):
        raise not_found()
    return lesson_id


ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/lessons/{id}/invitations", summary(lesson_invitations), lesson_invitations,
        action="lessons.cover", answer=list[InvitationTold], problems=PROBLEMS[:1],
    ),
    Endpoint(
        "GET", "/api/county/lessons/{id}/guest-rooms", summary(guest_rooms), guest_rooms,
        action="lessons.cover", answer=list[GuestRoom], problems=PROBLEMS[:1],
    ),
    Endpoint(
        "POST", "/api/county/lessons/{id}/invitations", summary(invite_room), invite_room,
        action="lessons.change", answer=Invitation, body=InvitationForm, problems=PROBLEMS,
    ),
    Endpoint(
        "GET", "/api/county/invitations", summary(waiting_invitations), waiting_invitations,
        action="lessons.cover", answer=list[InvitationTold],
    ),
    Endpoint(
        "GET", "/api/county/invitations/{id}/classes", summary(invited_classes), invited_classes,
        action="lessons.cover", answer=GuestClasses, problems=PROBLEMS[:1],
    ),
    Endpoint(
        "POST", "/api/county/invitations/{id}", summary(answer_invitation), answer_invitation,
        action="lessons.cover", answer=Invitation, body=InvitationAnswer, problems=PROBLEMS,
    ),
)  # fmt: skip
