"""One request as the audit log tells it: who, from where, what, about which thing."""

from __future__ import annotations

import re

from aiohttp import web

from server.api.auth import Identity
from server.api.context import SERVICES
from server.api.problems import Problem
from server.audit.chain import Entry, Outcome
from server.audit.networks import prefix
from server.store.rows import Subject

REFUSALS = frozenset({401, 403, 404, 429})
"""Statuses that mean "not for you"; a 404 is one for somebody signed in: the thing may be there, and not hers."""
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Visit:
    """What becomes known of a request while it is served. Its public attributes may change on the way."""

    def __init__(self, request: web.Request, what: str, operation: str) -> None:
        self._request = request
        self.services = request.app[SERVICES]
        self.operation = operation
        self.what = what
        self.identity: Identity | None = None
        self.about = next(iter(request.match_info.values()), "")

    async def changed(self) -> None:
        """Writes that the request changed something, before it is answered."""
        await self.services.trail.write(self._entry("changed", self.operation, self._caller()))

    async def came_in(self, subject: Subject, way: str) -> None:
        """Writes that `subject` signs in, before she is."""
        await self.services.trail.write(self._entry("changed", way, subject))

    async def seen(self, about: str) -> None:
        """Writes that the caller is about to see `about`."""
        self.about = about
        await self.services.trail.seen(self._entry("seen", "", self._caller()))

    def refused(self, problem: Problem) -> None:
        """Counts the refusal, if `problem` is one. Pages ask strangers nothing but who they are: that is none."""
        stranger = self.identity is None
        if problem.status not in REFUSALS or (stranger and (problem.status == 404 or self.what == "self")):
            return
        self.services.trail.refused(self._entry("refused", problem.code, self._caller()))

    def _caller(self) -> Subject | None:
        return self.identity.subject if self.identity else None

    def _entry(self, outcome: Outcome, code: str, who: Subject | None) -> Entry:
        return Entry(
            at_ms=self.services.clock(),
            who=who.id if who else "",
            role=who.role if who else "",
            what=self.what,
            outcome=outcome,
            about=self.about if _ID.fullmatch(self.about) else "",
            network=prefix(self.services.authenticator.address(self._request)),
            code=code[:32],
        )
