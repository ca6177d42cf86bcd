"""Refuses requests that were meant for another name, or come from a page of another origin.

A browser sends Origin with every POST and WebSocket (RFC 6454; WHATWG Fetch), so a page of another site can neither
post nor open a socket in a signed-in user's name. Programs send none; without Origin a request may therefore not ride
on a cookie.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from server.api.problems import Problem
from server.origins import Origins

COOKIE = "tongke"


def check_host(origins: Origins, request: web.BaseRequest) -> None:
    """Raises:
    Problem: `wrong_host`, the request was meant for another name (DNS rebinding; RFC 9110, section 7.4).
    """
    if not origins.has_host(request.headers.get(hdrs.HOST, "").lower()):
        raise Problem(421, "wrong_host")


def check_origin(origins: Origins, request: web.BaseRequest) -> None:
    """Raises:
    Problem: `origin_refused`, the request comes from a page of another origin, or rides on a cookie without one.
    """
    given = request.headers.getall(hdrs.ORIGIN, [])
    if len(given) == 1 and given[0] in origins:
        return
    if given or COOKIE in request.cookies:
        raise Problem(403, "origin_refused")
