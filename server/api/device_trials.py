"""What a room's device measures: a self-test and its parts, a media connection and the line itself."""

from __future__ import annotations

import asyncio
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.devices.measurements import SelfTest
from server.devices.media_trial import TrialRefused
from server.devices.verdict import Fault
from signaling.messages import IceServer

PROBE_DOWN = 2 * 1024 * 1024
PROBE_UP = 256 * 1024
PROBE_WITHIN_S = 20.0
_BLOCK = bytes(64 * 1024)


class Verdict(Struct, frozen=True):
    """What a self-test found, the worst first; nothing when all is well."""

    faults: list[Fault]


class TrialOffer(Struct, frozen=True, forbid_unknown_fields=True):
    """An SDP offer as for a lesson."""

    sdp: Annotated[str, Meta(min_length=1, max_length=60_000)]


class TrialAnswer(Struct, frozen=True):
    """The answer to it, and the relay that a lesson would tell; nothing where none is configured."""

    sdp: str
    ice_servers: list[IceServer]


class Taken(Struct, frozen=True):
    """How many bytes came."""

    bytes: int


async def self_test(call: Call) -> Verdict:
    """The figures of a self-test; the answer says what they mean."""
    device_only(call)
    known = await call.services.devices.device(call.caller.credential, "page")
    return Verdict(faults=known.test(call.body, call.services.clock()))


async def media_trial(call: Call) -> TrialAnswer:
    """Opens a media connection that carries nothing and ends by itself."""
    device_only(call)
    trials = call.services.media_trials
    if trials is None:
        raise Problem(503, "trial_refused")
    try:
        answer = trials.answer(call.body.sdp)
        return TrialAnswer(sdp=answer, ice_servers=trials.relays(call.services.clock() / 1000))
    except TrialRefused as refused:
        raise Problem(503, "trial_refused", {"Retry-After": "10"}) from refused


async def probe_down(call: Call) -> web.StreamResponse:
    """Bytes for the device to count, until it has enough."""
    device_only(call)
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "application/octet-stream"
    response.content_length = PROBE_DOWN
    await response.prepare(call.request)
    async with asyncio.timeout(PROBE_WITHIN_S):
        for _ in range(PROBE_DOWN // len(_BLOCK)):
            await response.write(_BLOCK)
        await response.write_eof()
    return response


async def probe_up(call: Call) -> Taken:
    """Takes bytes and forgets them."""
    device_only(call)
    taken = 0
    try:
        async with asyncio.timeout(PROBE_WITHIN_S):
            async for chunk in call.request.content.iter_any():
                taken += len(chunk)
                if taken > PROBE_UP:
                    raise Problem(413, "too_large")
    except TimeoutError as error:
        raise Problem(408, "too_slow") from error
    return Taken(bytes=taken)


def device_only(call: Call) -> None:
    """A link may open a page, but only a device's own key speaks for it.

    Raises:
        Problem: `not_allowed`.
    """
    if call.caller.credential.kind != "device":
        raise Problem(403, "not_allowed")


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/devices/selftest",
        "The figures of a self-test",
        self_test,
        answer=Verdict,
        body=SelfTest,
        action="devices.report",
    ),
    Endpoint(
        "POST",
        "/api/devices/media",
        "A media connection for a moment",
        media_trial,
        answer=TrialAnswer,
        body=TrialOffer,
        action="devices.report",
        problems=((503, "trial_refused"),),
    ),
    Endpoint(
        "GET",
        "/api/devices/probe",
        "Bytes to measure the line down",
        probe_down,
        action="devices.report",
        content_type="application/octet-stream",
    ),
    Endpoint(
        "POST",
        "/api/devices/probe",
        "Takes bytes, to measure the line up",
        probe_up,
        answer=Taken,
        action="devices.report",
        problems=((408, "too_slow"),),
    ),
)
