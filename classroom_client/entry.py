"""Coming in by the front door: a link's token becomes a key of our own, and the key tells today's lessons.

A link carries its token in the fragment (`https://server:8443/classroom#token=...`), so that no server log ever holds
it.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec

from signaling.messages import LessonCard, Role

DEADLINE_S: Final = 5.0
COOKIE: Final = "tongke"


class EntryError(Exception):
    """The server let us not in, or could not be reached. `code` is the server's own, or one of ours."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True)
class Door:
    """A server's address, `scheme://host:port`, and how its certificate is checked (None: plain http)."""

    server: str
    tls: ssl.SSLContext | None

    @property
    def websocket(self) -> str:
        """Where the signaling socket is."""
        return "ws" + self.server.removeprefix("http") + "/ws"


class Person(msgspec.Struct, frozen=True):
    """Somebody of a lesson, as the card names them."""

    id: str
    school: str = ""
    name: str = ""


class You(msgspec.Struct, frozen=True):
    """What the caller is in a lesson."""

    id: str
    role: Role


class Card(msgspec.Struct, frozen=True):
    """One of today's lessons. state: planned, live or ended."""

    lesson: LessonCard
    state: str
    lead: Person
    classrooms: list[Person]
    you: You
    recording_id: str | None = None


class _Cards(msgspec.Struct, frozen=True):
    lessons: list[Card]


def split_link(link: str) -> tuple[str, str]:
    """The server's address and the token of a join link.

    Raises:
        EntryError: `bad_link`, not such a link.
    """
    parts = urlsplit(link)
    token = parse_qs(parts.fragment).get("token", [""])[0]
    if parts.scheme not in ("http", "https") or not parts.netloc or not token:
        raise EntryError("bad_link")
    return f"{parts.scheme}://{parts.netloc}", token


def open_door(server: str, ca: Path | None, unchecked_on_loopback: bool) -> Door:
    """How to reach `server`.

    Raises:
        EntryError: `bad_server`; `plain_http`, unencrypted to another machine; `bad_ca`, the file is no certificate.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EntryError("bad_server", server)
    address = f"{parts.scheme}://{parts.netloc}"
    loopback = is_loopback(parts.hostname)
    if parts.scheme == "http":
        if not loopback:
            raise EntryError("plain_http", server)
        return Door(address, None)
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:
        raise EntryError("bad_ca", str(ca)) from error
    if unchecked_on_loopback and loopback:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return Door(address, context)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def enter(door: Door, token: str) -> str:
    """Exchanges a link's token for a key of this device.

    Raises:
        EntryError: the token is refused, or the server cannot be reached.
    """
    async with session(door) as http:
        try:
            async with http.post("/api/enter", json={"token": token}) as response:
                await _check(response)
                cookie = response.cookies.get(COOKIE)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EntryError("unreachable", str(error)) from error
    if cookie is None:
        raise EntryError("no_key")
    return cookie.value


async def post(door: Door, path: str, body: dict[str, Any], key: str | None = None) -> tuple[bytes, str | None]:
    """Sends JSON to one API resource; the body of the answer, and a key of this device where one came with it.

    Raises:
        EntryError: refused, not found, or the server cannot be reached.
    """
    async with session(door, key) as http:
        try:
            async with http.post(path, json=body) as response:
                await _check(response)
                cookie = response.cookies.get(COOKIE)
                return await response.read(), None if cookie is None else cookie.value
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EntryError("unreachable", str(error)) from error


async def fetch(door: Door, key: str, path: str) -> bytes:
    """The body of one API resource.

    Raises:
        EntryError: refused, not found, or the server cannot be reached.
    """
    async with session(door, key) as http:
        try:
            async with http.get(path) as response:
                await _check(response)
                return await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EntryError("unreachable", str(error)) from error


async def lessons(door: Door, key: str) -> list[Card]:
    """Today's lessons of the key's owner.

    Raises:
        EntryError: as `fetch`; `bad_answer` when the body is something else.
    """
    body = await fetch(door, key, "/api/lessons")
    try:
        return msgspec.json.decode(body, type=_Cards).lessons
    except msgspec.ValidationError:
        try:
            return msgspec.json.decode(body, type=list[Card])
        except msgspec.DecodeError as error:
            raise EntryError("bad_answer", str(error)) from error


def session(door: Door, key: str | None = None) -> aiohttp.ClientSession:
    """An HTTP client at this door, with the key where one is given."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=DEADLINE_S, sock_read=30.0)
    connector = aiohttp.TCPConnector(ssl=door.tls if door.tls is not None else True)
    return aiohttp.ClientSession(door.server, headers=headers, timeout=timeout, connector=connector)


async def _check(response: aiohttp.ClientResponse) -> None:
    """Raises the problem (RFC 9457) that an answer states."""
    if response.status < 400:
        return
    body: Any = None
    if "json" in response.content_type:
        body = await response.json(content_type=None)
    code = body.get("code") if isinstance(body, dict) else None
    raise EntryError(code if isinstance(code, str) else f"http_{response.status}")
