"""What a room's device says and asks: a pairing code, its key, its health."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from server.accounts.qr import QrDrawing, draw
from server.api.auth import set_cookie
from server.api.context import Services
from server.api.device_trials import device_only
from server.api.outward import base_of
from server.api.problems import Problem
from server.api.registry import Call, Endpoint, json_response
from server.devices.codes import LIFETIME_MS, Kind, TooManyScreens
from server.devices.measurements import Health
from server.limiter import subnet
from server.permissions import PUBLIC
from server.store.rows import Credential


class AskCode(Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of screen waits."""

    kind: Kind


class PairingCode(Struct, frozen=True):
    """A code to show, the address it is taken to with its QR code, and the claim, which is for the screen alone."""

    code: str
    url: str
    qr: QrDrawing
    claim: str
    lifetime_ms: int


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """The claim that came with a code."""

    claim: Annotated[str, Meta(min_length=1, max_length=128)]


class Claimed(Struct, frozen=True):
    """Whether the screen has a room. With `paired` comes the device's key, as a cookie; `expired`: ask for a code."""

    state: Literal["waiting", "paired", "expired"]


class Heard(Struct, frozen=True):
    """The answer to a report: the server's time and build, the county's zone, and what the room's lessons are called.

    timetable: another text whenever the room's lessons changed. reload: load the page anew, now is a good time.
    """

    device: str
    now_ms: int
    zone: str
    build: str
    timetable: str
    reload: bool


class Version(Struct, frozen=True):
    """Which build of the pages this server hands out; empty where none is built."""

    build: str


async def ask_code(call: Call) -> PairingCode:
    """A code for a screen without a key."""
    services = call.services
    place = subnet(services.authenticator.address(call.request))
    try:
        waiting, claim = services.devices.codes.ask(call.body.kind, place, services.clock())
    except TooManyScreens as error:
        raise Problem(429, "too_many_screens", {"Retry-After": "60"}) from error
    url = f"{base_of(call)}/pair#code={waiting.code}"
    return PairingCode(code=waiting.code, url=url, qr=draw(url), claim=claim, lifetime_ms=LIFETIME_MS)


async def claim_key(call: Call) -> web.Response:
    """Whether somebody gave the screen a room; if so, its key."""
    services = call.services
    desk = services.devices
    waiting = desk.codes.claimed(call.body.claim, services.clock())
    if waiting is None:
        return json_response(Claimed("expired"))
    if waiting.assigned is None or waiting.held:
        return json_response(Claimed("waiting"))
    call.visit.what, call.visit.about = "devices.pair", waiting.assigned.device_id
    with desk.codes.hold(waiting, services.clock):
        token = await desk.hand_over(waiting.assigned)
        room = await services.store.people.subject(waiting.assigned.classroom_id)
        if token is not None and room is not None:
            await call.visit.came_in(room, "claim_key")
    desk.codes.done(call.body.claim)
    if token is None:
        return json_response(Claimed("expired"))
    response = json_response(Claimed("paired"))
    set_cookie(response, "device", token, secure=services.authenticator.is_secure(call.request))
    return response


async def health(call: Call) -> Heard:
    """One report of a device."""
    device_only(call)
    return await answer_to(call.services, call.caller.credential, call.body)


async def answer_to(services: Services, credential: Credential, report: Health) -> Heard:
    """Takes the report of the device that holds `credential`; what it is told.

    Raises:
        StoreError: the store had to be asked, and did not answer.
    """
    desk = services.devices
    known = await desk.device(credential, report.kind)
    build = desk.build()
    reload = await desk.heard(known, report, build)
    room_id = known.device.classroom_id
    room = desk.timetable.rooms.get(room_id)
    return Heard(
        device=known.device.id,
        now_ms=services.clock(),
        zone=room.zone if room else "UTC",
        build=build,
        timetable=desk.timetable.digest(room_id),
        reload=reload,
    )


async def version(call: Call) -> Version:
    """The build of the pages."""
    return Version(build=call.services.devices.build())


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/devices/code",
        "A pairing code for a screen without a key",
        ask_code,
        answer=PairingCode,
        body=AskCode,
        action=PUBLIC,
        problems=((429, "too_many_screens"),),
    ),
    Endpoint(
        "POST",
        "/api/devices/claim",
        "The key, once somebody gave the screen a room",
        claim_key,
        answer=Claimed,
        body=Claim,
        action=PUBLIC,
    ),
    Endpoint(
        "POST",
        "/api/devices/health",
        "A device's report",
        health,
        answer=Heard,
        body=Health,
        action="devices.report",
    ),
    Endpoint("GET", "/api/version", "The build of the pages", version, answer=Version, action=PUBLIC),
)
