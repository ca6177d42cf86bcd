"""Handing a sign-in over: a classroom PC shows a QR code, a phone that is signed in approves it, the PC is signed in.

The PC's browser asks for a request and keeps a secret that nobody else sees; the QR carries only the request's id,
which lets its reader look at the request and approve it, not collect what was approved. Both screens show the same
short code, so that nobody approves a stranger's screen. A request lives two minutes and is used once. State is in
memory: after a restart the PC shows a fresh code. Time is in milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace

LIVES_MS = 120_000
OPEN, OPEN_PER_NETWORK = 1_000, 40
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 4


class TooMany(Exception):
    """More screens ask at once than the server keeps requests for."""


@dataclass(frozen=True)
class Request:
    """A screen that wants to be signed in. `approved_by` is the person who said so, `network` where the screen is."""

    id: str
    code: str
    network: str
    browser: str
    expires_ms: int
    secret_hash: bytes
    approved_by: str | None = None


class Handovers:
    """The requests that are open now."""

    def __init__(self) -> None:
        self._requests: OrderedDict[str, Request] = OrderedDict()

    def begin(self, network: str, browser: str, now_ms: int) -> tuple[Request, str]:
        """A new request, and the secret for the browser that asked.

        Raises:
            TooMany: this network, or everybody together, has too many open.
        """
        self._forget(now_ms)
        counts = Counter(request.network for request in self._requests.values())
        if len(self._requests) >= OPEN or counts[network] >= OPEN_PER_NETWORK:
            raise TooMany
        secret = secrets.token_urlsafe(32)
        request = Request(
            id=secrets.token_urlsafe(16),
            code="".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)),
            network=network,
            browser=browser,
            expires_ms=now_ms + LIVES_MS,
            secret_hash=_hash(secret),
        )
        self._requests[request.id] = request
        return request, secret

    def look(self, request_id: str, now_ms: int) -> Request | None:
        """The open request, for the phone to show; None when it is unknown, expired, approved or used."""
        self._forget(now_ms)
        request = self._requests.get(request_id)
        return request if request is not None and request.approved_by is None else None

    def approve(self, request_id: str, subject: str, now_ms: int) -> Request | None:
        """The request, from now on `subject`'s; None when it is no longer open."""
        request = self.look(request_id, now_ms)
        if request is None:
            return None
        approved = replace(request, approved_by=subject)
        self._requests[request_id] = approved
        return approved

    def collect(self, request_id: str, secret: str, now_ms: int) -> Request | None:
        """The request as it stands, for the browser that began it; None for anybody else, or when it is over.

        An approved request is handed out once.
        """
        self._forget(now_ms)
        request = self._requests.get(request_id)
        if request is None or not hmac.compare_digest(request.secret_hash, _hash(secret)):
            return None
        if request.approved_by is not None:
            del self._requests[request_id]
        return request

    def _forget(self, now_ms: int) -> None:
        """Drops what expired; the oldest are in front."""
        while self._requests:
            oldest = next(iter(self._requests.values()))
            if oldest.expires_ms > now_ms:
                return
            self._requests.popitem(last=False)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
