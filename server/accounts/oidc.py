"""The county's own sign-in service, by OpenID Connect: authorization code with PKCE, state and nonce.

It vouches for who somebody is; which account that is was linked by the person herself, signed in, once. It makes no
accounts. Sources: OpenID Connect Core 1.0 (3.1), Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (`iss` in the answer),
RFC 9700 (best practice).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

T = TypeVar("T")

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with public keys only: a shared secret, or none at all, proves nothing to us."""
FLOWS, FLOWS_PER_NETWORK = 1_024, 64
"""Visits that are kept; a newer one takes the place of the oldest, of its own network first: nobody who begins visits
in a row ends those of other schools.
"""
FLOW_LIVES_MS = 600_000
KNOWN_FOR_MS = 3_600_000
KEYS_AGAIN_MS = 60_000
AWAY_FOR_MS = 5_000
"""After it did not answer, the service is not asked again so soon: nobody waits behind others' tries."""
WAITING = 32
"""So many wait at once for what one of them is asking; whoever comes then is told at once that it does not answer."""
WITHIN_S = 10.0
ANSWER_LIMIT = 256 * 1024
CLOCKS_DIFFER_S = 120


class OidcError(Exception):
    """It did not work out. `code`: `sso_refused` (the answer proves nothing) or `sso_unreachable`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Flow(Struct, frozen=True):
    """One visit to the service, from `began_ms`, by a browser in `network`. `link`: whose account is to be linked; None
    to sign in.

    browser: the SHA-256 of a secret that only the browser has which began it.
    """

    began_ms: int
    nonce: str
    verifier: str
    redirect_uri: str
    browser: bytes
    link: str | None
    network: str


class _Found(Struct, frozen=True):
    """What discovery tells, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(Struct, frozen=True):
    id_token: str


class OidcProvider:
    """Sends browsers to the service and understands what they bring back. `clock` is UTC in milliseconds."""

    def __init__(self, issuer: str, client_id: str, secret: str, clock: Callable[[], int]) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._found: tuple[int, _Found] | None = None
        self._keys: tuple[int, KeySet] | None = None
        self._asking = asyncio.Lock()
        self._waiting = 0
        self._away_until_ms = 0

    async def begin(self, redirect_uri: str, link: str | None, network: str) -> tuple[str, str]:
        """Where to send the browser, and the secret it must keep until it comes back.

        Raises:
            OidcError: `sso_unreachable`.
        """
        found = await self._discover()
        state, browser = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        flow = Flow(
            self._clock(), secrets.token_urlsafe(24), secrets.token_urlsafe(48), redirect_uri, _digest(browser), link,
            network,
        )  # fmt: skip
        self._keep(state, flow)
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(_digest(flow.verifier)).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
        return f"{found.authorization_endpoint}{joint}{urlencode(asked)}", browser

    def _keep(self, state: str, flow: Flow) -> None:
        near = [other for other, kept in self._flows.items() if kept.network == flow.network]
        if len(near) >= FLOWS_PER_NETWORK:
            del self._flows[near[0]]
        self._flows[state] = flow
        if len(self._flows) > FLOWS:
            self._flows.popitem(last=False)

    async def finish(self, state: str, browser: str, code: str, iss: str | None) -> tuple[Flow, str]:
        """The visit that ends here, and whom the service names: its `sub`. A state counts once.

        Raises:
            OidcError: nothing is proven, or the service does not answer.
        """
        flow = self._flows.pop(state, None)
        if flow is None or self._clock() - flow.began_ms > FLOW_LIVES_MS:
            raise OidcError("sso_refused", "state")
        if not secrets.compare_digest(_digest(browser), flow.browser):
            raise OidcError("sso_refused", "browser")
        if not code:
            raise OidcError("sso_refused", "code")
        if iss is not None and iss != self.issuer:
            raise OidcError("sso_refused", "iss")
        found = await self._discover()
        tokens = await self._exchange(found, flow, code)
        return flow, await self._subject(found, tokens.id_token, flow.nonce)

    async def _exchange(self, found: _Found, flow: Flow, code: str) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "client_id": self._client_id,
            "code_verifier": flow.verifier,
        }
        if self._secret:
            form["client_secret"] = self._secret
        return await _ask(found.token_endpoint, _Tokens, form)

    async def _subject(self, found: _Found, token: str, nonce: str) -> str:
        try:
            claims = await self._claims(found, token)
        except (JoseError, ValueError) as error:
            raise OidcError("sso_refused", type(error).__name__) from error
        now_s = self._clock() / 1000
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        subject = claims.get("sub")
        holds = {
            "iss": claims.get("iss") == self.issuer,
            "aud": self._client_id in audiences,
            "azp": claims.get("azp", self._client_id) == self._client_id,
            "exp": _number(claims.get("exp")) > now_s - CLOCKS_DIFFER_S,
            "iat": abs(_number(claims.get("iat")) - now_s) < FLOW_LIVES_MS / 1000,
            "nonce": claims.get("nonce") == nonce,
            "sub": isinstance(subject, str) and 0 < len(subject) <= 255,
        }
        for name, right in holds.items():
            if not right:
                raise OidcError("sso_refused", name)
        return str(subject)

    async def _claims(self, found: _Found, token: str) -> dict[str, Any]:
        """The claims of a token that is signed; a key we do not know may be a new one."""
        try:
            return jwt.decode(token, await self._key_set(found, KNOWN_FOR_MS), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            return jwt.decode(token, await self._key_set(found, KEYS_AGAIN_MS), algorithms=ALGORITHMS).claims

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One asks the service, a bounded number waits for what it learns.

        Raises:
            OidcError: `sso_unreachable`; also while it was tried in vain just now.
        """
        if self._waiting >= WAITING:
            raise OidcError("sso_unreachable", "waiting")
        self._waiting += 1
        try:
            async with self._asking:
                if 0 < self._away_until_ms - self._clock() <= AWAY_FOR_MS:
                    raise OidcError("sso_unreachable", "just now")
                try:
                    yield
                except OidcError as error:
                    if error.code == "sso_unreachable":
                        self._away_until_ms = self._clock() + AWAY_FOR_MS
                    raise
        finally:
            self._waiting -= 1

    async def _discover(self) -> _Found:
        async with self._turn():
            if self._found is None or self._clock() - self._found[0] > KNOWN_FOR_MS:
                found = await _ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", _Found)
                if found.issuer != self.issuer:
                    raise OidcError("sso_refused", "issuer")
                scheme = urlsplit(self.issuer).scheme
                ends = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
                if any(urlsplit(end).scheme not in ("https", scheme) for end in ends):
                    raise OidcError("sso_refused", "scheme")
                self._found = self._clock(), found
            return self._found[1]

    async def _key_set(self, found: _Found, known_for_ms: int) -> KeySet:
        """The service's public keys; asked again when older than `known_for_ms`."""
        async with self._turn():
            if self._keys is None or self._clock() - self._keys[0] > known_for_ms:
                told = await _ask(found.jwks_uri, dict[str, Any])
                self._keys = self._clock(), KeySet.import_key_set({"keys": list(told.get("keys", []))})
            return self._keys[1]


async def _ask(url: str, kind: type[T], form: dict[str, str] | None = None) -> T:
    """The JSON answer of the service, bounded in size and time; redirects are not followed.

    Raises:
        OidcError: `sso_refused` where it says no, `sso_unreachable` where it says nothing of use.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(WITHIN_S), trust_env=True) as http,
            http.request("POST" if form else "GET", url, data=form, allow_redirects=False) as response,
        ):
            content, status = await _content(response), response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise OidcError("sso_unreachable", type(error).__name__) from error
    if form and 400 <= status < 500:
        raise OidcError("sso_refused", str(status))
    try:
        if status != 200:
            raise ValueError(status)
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise OidcError("sso_unreachable", str(status)) from error


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer, in however many pieces it comes; of a larger one what is over the limit is left."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > ANSWER_LIMIT:
            break
    return bytes(content[:ANSWER_LIMIT])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
