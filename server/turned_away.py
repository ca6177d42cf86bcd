"""Who asks to be let into a lesson, as far as the audit log needs to know, and the entry when she is not let in."""

from __future__ import annotations

import re

from aiohttp import web

from server.api.auth import Authenticator, Identity
from server.audit.chain import Entry
from server.audit.networks import prefix
from signaling.ws.endpoint import Grant

WHAT = "lesson"
"""In the log's `what`: there is no action for a seat in a lesson, who is in its cast has one."""
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Asker(Grant, frozen=True):
    """A grant that remembers with which role and from which network it asks."""

    role: str
    network: str


def asker(identity: Identity, authenticator: Authenticator, request: web.Request) -> Asker:
    """The grant of somebody who is known."""
    network = prefix(authenticator.address(request))
    return Asker(participant=identity.subject.id, role=identity.subject.role, network=network)


def refusal(grant: Grant, lesson_id: str, now_ms: int) -> Entry:
    """What the log is told of somebody who asked for a lesson that is not there, or not hers."""
    role, network = (grant.role, grant.network) if isinstance(grant, Asker) else ("", "")
    return Entry(
        at_ms=now_ms,
        who=grant.participant,
        role=role,
        what=WHAT,
        outcome="refused",
        about=lesson_id if _ID.fullmatch(lesson_id) else "",
        network=network,
        code="no_such_lesson",
    )
