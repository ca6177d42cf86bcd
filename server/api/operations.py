"""For operators and their machines: health, readiness, figures, and the API's own description."""

from __future__ import annotations

import ipaddress

from aiohttp import web
from msgspec import Struct

from server.api.auth import within
from server.api.problems import not_found
from server.api.registry import Call, Endpoint, json_response
from server.permissions import PUBLIC, allows


class Health(Struct, frozen=True):
    """`status` is `ok` or `not_ready`."""

    status: str


async def healthz(_call: Call) -> Health:
    """The process answers."""
    return Health(status="ok")


async def readyz(call: Call) -> web.Response:
    """The server takes lessons: started, not draining, and the store answers."""
    if not call.services.ready():
        return json_response(Health(status="not_ready"), status=503)
    await call.services.store.settings.get("ready")
    return json_response(Health(status="ok"))


async def metrics(call: Call) -> web.Response:
    """Prometheus' text format; for this machine, the networks in `web.metrics_from`, and county admins."""
    services = call.services
    networks = [ipaddress.ip_network(network) for network in services.metrics_from]
    allowed = services.authenticator.is_local(call.request)
    allowed = allowed or within(services.authenticator.address(call.request), networks)
    if not allowed:
        identity = await services.authenticator.authenticate(call.request)
        if identity is None or not allows(identity.subject.roles, "figures.read"):
            raise not_found()
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"}
    return web.Response(body=services.metrics.text(), headers=headers)


async def authority(call: Call) -> web.Response:
    """The certificate of this server's own authority, for devices to install."""
    if call.services.authority is None:
        raise not_found()
    headers = {
        "Content-Type": "application/x-x509-ca-cert",
        "Content-Disposition": 'attachment; filename="tongke-ca.crt"',
        "Cache-Control": "no-cache",
    }
    return web.Response(body=call.services.authority.read_bytes(), headers=headers)


ENDPOINTS = (
    Endpoint("GET", "/healthz", "Whether the process answers", healthz, answer=Health, action=PUBLIC),
    Endpoint("GET", "/readyz", "Whether the server takes lessons", readyz, answer=Health, action=PUBLIC),
    Endpoint(
        "GET", "/metrics", "Figures in Prometheus' text format", metrics, action=PUBLIC, content_type="text/plain"
    ),
    Endpoint(
        "GET",
        "/ca.crt",
        "The certificate of the server's own authority",
        authority,
        action=PUBLIC,
        content_type="application/x-x509-ca-cert",
    ),
)
