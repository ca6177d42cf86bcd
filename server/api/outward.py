"""Where other machines find this server."""

from __future__ import annotations

from server.api.registry import Call


def base_of(call: Call) -> str:
    """The address other machines reach this server by; the one it was asked by, where that is all that is known."""
    services = call.services
    lan = services.lan()
    if lan is not None and services.authenticator.is_local(call.request):
        return lan
    scheme = "https" if services.authenticator.is_secure(call.request) else "http"
    return f"{scheme}://{call.request.host}"
