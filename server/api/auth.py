"""Who is asking: the cookie `tongke` of a browser, or `Authorization: Bearer` of an appliance or a script."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from aiohttp import hdrs, web

from server.api import csrf
from server.api.origins import COOKIE
from server.api.problems import Problem
from server.limiter import FailureLimiter
from server.store.credentials import LIFETIME_MS, Credentials, due_for_renewal
from server.store.rows import Credential, CredentialKind, Subject

Clock = Callable[[], int]
"""UTC in milliseconds since 1970."""

_ONLY_COOKIES = re.compile(rf"(?:{csrf.COOKIE}=[\w-]+; )?{COOKIE}=([\w-]+)(?:; {csrf.COOKIE}=[\w-]+)?", re.ASCII)


@dataclass(frozen=True)
class Identity:
    """A caller that proved who it is. `prolonged`: its device key was renewed just now, its cookie must follow."""

    subject: Subject
    credential: Credential
    via: Literal["cookie", "bearer"]
    prolonged: bool = False


class Authenticator:
    """Finds identities, exchanges link tokens, and knows a caller's address."""

    def __init__(
        self, credentials: Credentials, clock: Clock, monotonic: Callable[[], float], proxies: Iterable[str] = ()
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._monotonic = monotonic
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._limiter = FailureLimiter()

    async def authenticate(self, request: web.BaseRequest) -> Identity | None:
        """Whose request this is, or None. A bearer token comes before a cookie.

        Raises:
            Problem: `too_many_failures` for bearer tokens nobody issued.
        """
        scheme, _, bearer = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() == "bearer":
            found = await self._credentials.find(bearer.strip(), self._clock())
            if found is None or found[0].kind == "browser":
                self._count_failure(request)
                return None
            return Identity(subject=found[1], credential=found[0], via="bearer")
        token = session_of(request)
        found = await self._credentials.find(token, self._clock()) if token else None
        if found is None or found[0].kind not in ("cookie", "device"):
            return None
        prolonged = due_for_renewal(found[0], self._clock())
        return Identity(subject=found[1], credential=found[0], via="cookie", prolonged=prolonged)

    async def enter(self, request: web.BaseRequest, token: str) -> Subject:
        """Whose a link's token is. Nothing else opens a door: a device's key or a cookie begets no other.

        Raises:
            Problem: `token_refused`, or `too_many_failures` after ten wrong ones.
        """
        found = await self._credentials.find(token, self._clock())
        if found is None or found[0].kind != "link":
            self._count_failure(request)
            raise Problem(401, "token_refused")
        return found[1]

    def address(self, request: web.BaseRequest) -> str:
        """The caller's address: the last one in X-Forwarded-For that a trusted proxy did not add itself."""
        address = request.remote or ""
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        while hops and self._is_proxy(address):
            address = hops.pop()
        return address

    def is_secure(self, request: web.BaseRequest) -> bool:
        """Whether the caller's side of the connection is https, here or at a trusted proxy."""
        if self._is_proxy(request.remote or ""):
            return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        return request.scheme == "https"

    def is_local(self, request: web.BaseRequest) -> bool:
        """Whether the caller is on this machine itself, not behind a proxy on it."""
        if "X-Forwarded-For" in request.headers and not self._is_proxy(request.remote or ""):
            return False
        return within(self.address(request), [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")])

    def _is_proxy(self, address: str) -> bool:
        return within(address, self._proxies)

    def _count_failure(self, request: web.BaseRequest) -> None:
        address, now_s = self.address(request), self._monotonic()
        wait_s = self._limiter.retry_after_s(address, now_s)
        if wait_s > 0:
            raise Problem(429, "too_many_failures", {"Retry-After": str(int(wait_s) + 1)})
        self._limiter.failed(address, now_s)


def session_of(request: web.BaseRequest) -> str | None:
    """The session's secret; where no cookies but ours came, as from every screen, the header is not taken apart."""
    only = _ONLY_COOKIES.fullmatch(request.headers.get(hdrs.COOKIE, ""))
    return only[1] if only else request.cookies.get(COOKIE)


def set_cookie(response: web.StreamResponse, kind: CredentialKind, token: str, *, secure: bool) -> None:
    """The browser's half: not readable by scripts, never sent from another site, gone when the key is.

    Beside it the token that the page has to show, which scripts of our own pages can read.
    """
    response.set_cookie(
        COOKIE,
        token,
        max_age=LIFETIME_MS[kind] // 1000,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=secure,
    )
    tell_token(response, kind, token, secure=secure)


def tell_token(response: web.StreamResponse, kind: CredentialKind, token: str, *, secure: bool) -> None:
    """The token of a session, for the page to read and to show."""
    response.set_cookie(
        csrf.COOKIE,
        csrf.token_of(token),
        max_age=LIFETIME_MS[kind] // 1000,
        path="/",
        httponly=False,
        samesite="Strict",
        secure=secure,
    )


def within(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether `address`, v4-mapped or not, lies in one of `networks`."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
