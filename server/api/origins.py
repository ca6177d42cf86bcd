"""Which addresses are this server's own: the allow-list for Host and Origin (exact scheme, host and port).

A browser sends Origin with every POST and WebSocket (RFC 6454; WHATWG Fetch), so a page of another site can neither
post nor open a socket in a signed-in user's name. Programs send none; without Origin a request may therefore not ride
on a cookie.
"""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import hdrs, web

from server.addresses import in_url
from server.api.problems import Problem

COOKIE = "tongke"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """The origins this server answers to; replaced whole when the machine's addresses change."""

    def __init__(self) -> None:
        self._origins: frozenset[str] = frozenset()
        self._hosts: frozenset[str] = frozenset()

    def replace(self, listeners: Iterable[tuple[str, int, Iterable[str]]], public: Iterable[str]) -> None:
        """`listeners` are (scheme, port, host names and addresses); `public` whole origins from the configuration."""
        found = {origin(scheme, host.lower(), port) for scheme, port, hosts in listeners for host in hosts}
        found.update(address.lower() for address in public)
        self._origins = frozenset(found)
        self._hosts = frozenset(address.partition("://")[2] for address in found)

    def check_host(self, request: web.BaseRequest) -> None:
        """Raises:
        Problem: `wrong_host`, the request was meant for another name (DNS rebinding; RFC 9110, section 7.4).
        """
        host = request.headers.get(hdrs.HOST, "").lower()
        if host not in self._hosts and host.removesuffix(":443").removesuffix(":80") not in self._hosts:
            raise Problem(421, "wrong_host")

    def check(self, request: web.BaseRequest) -> None:
        """Raises:
        Problem: `origin_refused`, the request comes from a page of another origin, or rides on a cookie without one.
        """
        given = request.headers.getall(hdrs.ORIGIN, [])
        if len(given) == 1 and given[0] in self._origins:
            return
        if given or COOKIE in request.cookies:
            raise Problem(403, "origin_refused")


def origin(scheme: str, host: str, port: int) -> str:
    """The origin's serialisation: the scheme's default port is left out (RFC 6454, section 6.2)."""
    suffix = "" if _DEFAULT_PORTS[scheme] == port else f":{port}"
    return f"{scheme}://{in_url(host)}{suffix}"
