"""The table of API endpoints: one row says the path, the types, which right it takes, and what can go wrong.

The row is at once the route aiohttp serves and the operation in the OpenAPI document; they cannot drift apart.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from aiohttp import ETag, hdrs, web
from aiohttp.helpers import ETAG_ANY

from server.api import csrf
from server.api.auth import Identity, session_of, set_cookie, tell_token
from server.api.context import Services
from server.api.origins import COOKIE, check_origin
from server.api.problems import Problem
from server.api.visit import Visit
from server.permissions import PUBLIC, WRITTEN_DOWN, Action, allows

BODY_LIMIT = 64 * 1024
BODY_WITHIN_S = 30.0
WITHOUT_TOKEN: frozenset[str] = frozenset({"devices.report"})
"""A screen's old page, from before there were tokens, has to be heard: else it is never told to load itself anew."""
SQUEEZED_FROM = 16 * 1024
"""A shorter answer is on its way before it would be compressed."""


@dataclass(frozen=True)
class Call:
    """One request, decoded and authorised. `identity` is None only on public endpoints.

    visit: what the audit log is told; a handler that makes something sets `visit.about` to the new thing's id.
    """

    request: web.Request
    services: Services
    identity: Identity | None
    visit: Visit
    body: Any = None

    @property
    def caller(self) -> Identity:
        """The identity of a call that needs one."""
        if self.identity is None:
            raise Problem(401, "sign_in")
        return self.identity

    def part(self, name: str) -> str:
        """A variable part of the path."""
        return self.request.match_info[name]


@dataclass(frozen=True)
class Endpoint:
    """One operation. `answer` is the type sent as JSON, or None when the handler makes its own response.

    content_type: of an answer without a type; several are separated by a comma and a space.
    action: the right that is asked of the caller before anything else; `PUBLIC` where anybody may call.
    lasting: what of the answer its ETag names, for who asks again with If-None-Match; None: it has no ETag.
    redirects: it sends the browser elsewhere (303).
    upload: the body is a file, which the handler reads within bounds of its own.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    handler: Callable[[Call], Awaitable[Any]]
    action: Action | Literal["public"] = field(kw_only=True)
    answer: type | None = None
    body: type | None = None
    query: dict[str, str] = field(default_factory=dict)
    problems: tuple[tuple[int, str], ...] = ()
    content_type: str = "application/json"
    upload: bool = False
    redirects: bool = False
    lasting: Callable[[Any], Any] | None = None

    @property
    def public(self) -> bool:
        """Whether anybody may call, signed in or not."""
        return self.action == PUBLIC

    def errors(self) -> tuple[tuple[int, str], ...]:
        """Every status and code this operation may answer with."""
        signed_in = () if self.public else ((401, "sign_in"), (403, "not_allowed"))
        common = (*signed_in, (421, "wrong_host"), (429, "too_many_failures"), (503, "store_unavailable"))
        token = self.method == "POST" and not self.public and self.action not in WITHOUT_TOKEN
        shown = ((403, "csrf_refused"),) if token else ()
        post = ((403, "origin_refused"), (400, "bad_body"), (413, "too_large")) if self.method == "POST" else ()
        body = ((408, "too_slow"), (415, "not_json")) if self.body is not None or self.upload else ()
        return common + shown + post + body + self.problems


def add_routes(app: web.Application, endpoints: tuple[Endpoint, ...]) -> None:
    """Serves `endpoints`; a known path with another method answers 405."""
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, _serve(endpoint))
        if endpoint.method == "GET":
            app.router.add_route("HEAD", endpoint.path, _serve(endpoint))


def _serve(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        visit = Visit(request, endpoint.action, endpoint.handler.__name__)
        try:
            response = await _answer(endpoint, request, visit)
        except Problem as problem:
            visit.refused(problem)
            raise
        identity = visit.identity
        if identity is not None and identity.via == "cookie" and not response.prepared:
            _tell_browser(visit.services, request, response, identity)
        return response

    return serve


def _tell_browser(services: Services, request: web.Request, response: web.StreamResponse, identity: Identity) -> None:
    """A key that was prolonged; or the token, where the browser has none, as of a session from before there was one."""
    session, secure = session_of(request), services.authenticator.is_secure(request)
    if session is None or csrf.COOKIE in response.cookies:
        return
    if identity.prolonged:
        set_cookie(response, "device", session, secure=secure)
    elif not csrf.is_told(request, session) and COOKIE not in response.cookies:
        tell_token(response, identity.credential.kind, session, secure=secure)


async def _answer(endpoint: Endpoint, request: web.Request, visit: Visit) -> web.StreamResponse:
    """Asks for the right, carries the request out, and writes a change down before it is answered."""
    services = visit.services
    if endpoint.method == "POST":
        check_origin(services.origins, request)
    visit.identity = await _permitted(endpoint, request, visit)
    body = await _read_body(request, endpoint.body) if endpoint.body else None
    call = Call(request=request, services=services, identity=visit.identity, body=body, visit=visit)
    answer = await endpoint.handler(call)
    if endpoint.method == "POST" and endpoint.action in WRITTEN_DOWN:
        await visit.changed()
    if isinstance(answer, web.StreamResponse):
        return answer
    name = _name_of(endpoint.lasting(answer)) if endpoint.lasting else None
    return await _json_answer(request, answer, name)


async def _permitted(endpoint: Endpoint, request: web.Request, visit: Visit) -> Identity | None:
    """The caller, once it has the right the endpoint takes; None on public endpoints.

    Raises:
        Problem: `sign_in`, `csrf_refused`, or `not_allowed` for a role without the right.
    """
    if endpoint.action == PUBLIC:
        return None
    identity = await visit.services.authenticator.authenticate(request)
    if identity is None:
        raise Problem(401, "sign_in", {"WWW-Authenticate": 'Bearer realm="tongke"'})
    visit.identity = identity
    if endpoint.method == "POST" and identity.via == "cookie" and endpoint.action not in WITHOUT_TOKEN:
        csrf.check(request, session_of(request) or "")
    if not allows(identity.subject.roles, endpoint.action):
        raise Problem(403, "not_allowed")
    return identity


def json_response(value: Any, status: int = 200) -> web.Response:
    """`value` as JSON that nobody caches."""
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    content = msgspec.json.encode(value)
    return web.Response(body=content, status=status, content_type="application/json", headers=headers)


def _name_of(lasting: Any) -> ETag:
    """A weak name: answers with the same one say the same, if not in the same bytes (RFC 9110, section 8.8.1)."""
    return ETag(hashlib.blake2b(msgspec.json.encode(lasting), digest_size=16).hexdigest(), is_weak=True)


async def _json_answer(request: web.Request, value: Any, name: ETag | None) -> web.Response:
    """`value` as JSON; a long one that was asked for by GET is sent as gzip to who takes it.

    name: its ETag; who has an answer of this name, or says that any will do, is told only that it still holds.

    Compressing tells the length of what is secret beside what a stranger chose (BREACH, 2013). Here no stranger's page
    can ask in somebody's name: the cookie is `SameSite=Strict`, and no answer to a GET holds a password or a key.
    """
    if name is not None and any(held.value in (name.value, ETAG_ANY) for held in request.if_none_match or ()):
        unchanged = web.Response(status=304, headers={hdrs.CACHE_CONTROL: "no-store"})
        unchanged.etag = name
        return unchanged
    response = json_response(value)
    response.etag = name
    content = response.body
    takes = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower()
    if takes and request.method == hdrs.METH_GET and isinstance(content, bytes) and len(content) >= SQUEEZED_FROM:
        response.body = await asyncio.to_thread(gzip.compress, content, 1, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    return response


async def _read_body(request: web.Request, kind: type) -> Any:
    """The JSON body as `kind`.

    Raises:
        Problem: `bad_body`, `too_large`, or `too_slow`.
    """
    if (request.content_length or 0) > BODY_LIMIT:
        raise Problem(413, "too_large")
    if request.content_type != "application/json":
        raise Problem(415, "not_json")
    came = request.content.read_nowait() if request.content.is_eof() else await _rest_of(request)
    if len(came) > BODY_LIMIT:
        raise Problem(413, "too_large")
    try:
        return msgspec.json.decode(came, type=kind, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "bad_body") from error


async def _rest_of(request: web.Request) -> bytes:
    """A body that did not come whole with its headers, or so much of it as shows that it is too large.

    Raises:
        Problem: `too_slow`.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > BODY_LIMIT:
                    break
    except TimeoutError as error:
        raise Problem(408, "too_slow") from error
    return bytes(content)
