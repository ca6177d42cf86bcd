"""The second lock on a cookie: a request that changes something also shows a token that only our own pages can read.

The token is an HMAC under the session's own secret, so nothing is kept, and it ends with the session. The page finds it
in a cookie that scripts may read, and sends it in a header, which no form and no other site can (decision 0010).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from aiohttp import hdrs, web

from server.api.problems import Problem

HEADER: Final = "X-CSRF-Token"
COOKIE: Final = "tongke_csrf"
_LABEL: Final = b"tongke csrf 1"


def token_of(session: str) -> str:
    """The token that belongs to a session's secret."""
    digest = hmac.digest(session.encode(), _LABEL, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def check(request: web.BaseRequest, session: str) -> None:
    """Raises:
    Problem: `csrf_refused`, the request does not show the token of its session.
    """
    given = [value.encode(errors="surrogateescape") for value in request.headers.getall(HEADER, [])]
    if len(given) != 1 or not hmac.compare_digest(given[0], token_of(session).encode()):
        raise Problem(403, "csrf_refused")


def is_told(request: web.BaseRequest, session: str) -> bool:
    """Whether the browser has the cookie with the token already."""
    return f"{COOKIE}={token_of(session)}" in request.headers.get(hdrs.COOKIE, "")
