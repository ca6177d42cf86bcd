"""The web application: every endpoint, the pages, and what is around each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.api import (
    accounts,
    alerts,
    assistant_door,
    audit,
    board_pictures,
    calendars,
    consents,
    county_choices,
    county_communities,
    county_cover,
    county_invitations,
    county_lessons,
    county_provision,
    county_registry,
    county_setup,
    county_staff,
    county_timetable,
    county_year,
    device_line,
    device_reports,
    device_trials,
    devices,
    enter,
    exchange,
    exchange_exports,
    lesson_page,
    lessons,
    missed,
    oidc,
    operations,
    own_account,
    privacy,
    ready,
    recordings,
    rooms,
    sign_in,
    trust,
    wall,
)
from server.api.context import SERVICES, Services
from server.api.exchange_files import BENCH
from server.api.middleware import add_headers, middlewares
from server.api.openapi import document
from server.api.origins import check_origin
from server.api.problems import Problem
from server.api.registry import Call, Endpoint, add_routes, json_response
from server.api.static import ASSETS, Assets, add_pages
from server.api.visit import Visit
from server.exchange.workbench import Workbench
from server.permissions import PUBLIC
from server.pictures.studio import Studio

BODY_LIMIT = 1024 * 1024

ENDPOINTS: tuple[Endpoint, ...] = (
    *enter.ENDPOINTS,
    *sign_in.ENDPOINTS,
    *oidc.ENDPOINTS,
    *own_account.ENDPOINTS,
    *accounts.ENDPOINTS,
    *audit.ENDPOINTS,
    *consents.ENDPOINTS,
    *privacy.ENDPOINTS,
    *lessons.ENDPOINTS,
    *lesson_page.ENDPOINTS,
    *missed.ENDPOINTS,
    *board_pictures.ENDPOINTS,
    *assistant_door.ENDPOINTS,
    *recordings.ENDPOINTS,
    *operations.ENDPOINTS,
    *trust.ENDPOINTS,
    *device_line.ENDPOINTS,  # these three before those with a device's id in the same place
    *device_reports.ENDPOINTS,
    *device_trials.ENDPOINTS,
    *devices.ENDPOINTS,
    *ready.ENDPOINTS,
    *rooms.ENDPOINTS,
    *alerts.ENDPOINTS,
    *wall.ENDPOINTS,
    *county_setup.ENDPOINTS,
    *county_registry.ENDPOINTS,
    *county_staff.ENDPOINTS,
    *county_communities.ENDPOINTS,
    *county_year.ENDPOINTS,
    *county_timetable.ENDPOINTS,
    *county_lessons.ENDPOINTS,
    *county_choices.ENDPOINTS,
    *county_provision.ENDPOINTS,
    *county_cover.ENDPOINTS,
    *county_invitations.ENDPOINTS,
    *calendars.ENDPOINTS,
    *exchange.ENDPOINTS,
    *exchange_exports.ENDPOINTS,
)

SocketHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(services: Services, socket: SocketHandler | None = None) -> web.Application:
    """The application. `socket` serves `/ws`: the Origin is checked before it is called."""
    app = web.Application(middlewares=middlewares(), client_max_size=BODY_LIMIT)
    app[SERVICES] = services
    app[ASSETS] = Assets(services.dist)
    app[BENCH] = Workbench()
    app[board_pictures.STUDIO] = Studio()
    app[device_line.LINES] = set()
    app.on_shutdown.append(device_line.hang_up)
    app.on_response_prepare.append(add_headers)
    add_routes(app, (*ENDPOINTS, Endpoint("GET", "/api/openapi.json", "This document", _describe, action=PUBLIC)))
    if socket is not None:
        app.router.add_get("/ws", _guarded(socket), allow_head=False)
    add_pages(app)
    return app


def _guarded(handler: SocketHandler) -> SocketHandler:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            check_origin(request.app[SERVICES].origins, request)
        except Problem as problem:
            Visit(request, "lesson", "socket").refused(problem)
            raise
        return await handler(request)

    return serve


async def _describe(_call: Call) -> web.Response:
    return json_response(document(ENDPOINTS))
