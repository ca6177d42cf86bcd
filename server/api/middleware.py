"""What happens around every request: the host is checked, problems become responses, headers are added."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.api.context import SERVICES
from server.api.headers import secure
from server.api.origins import check_host
from server.api.problems import Problem, ProblemWriter, not_found
from server.store.errors import StoreError

log = structlog.get_logger(__name__)


def middlewares() -> list[Middleware]:
    """The chain, outermost first."""
    writer = ProblemWriter()

    @web.middleware
    async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        services = request.app[SERVICES]
        try:
            check_host(services.origins, request)
            response = await handler(request)
        except Problem as problem:
            response = writer.response(request, problem)
        except web.HTTPException as error:
            response = writer.response(request, _from_aiohttp(error))
        except StoreError as error:
            log.error("store failed", code=error.code, path=_route(request), error=str(error))
            response = writer.response(request, Problem(503, "store_unavailable", {"Retry-After": "2"}))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("request failed", method=request.method, path=_route(request))
            response = writer.response(request, Problem(500, "server_fault"))
        services.metrics.answered(response.status)
        return response

    return [answer_problems]


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `app.on_response_prepare`: streams and sockets get the headers too."""
    secure(response.headers, request.path)


def _route(request: web.Request) -> str:
    """The route without its variable parts: one of them may be a secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _from_aiohttp(error: web.HTTPException) -> Problem:
    """The router's own refusals, in our words."""
    if error.status == 405:
        return Problem(405, "wrong_method", {"Allow": error.headers.get("Allow", "")})
    if error.status == 413:
        return Problem(413, "too_large")
    if error.status >= 500:
        return Problem(500, "server_fault")
    return not_found()
