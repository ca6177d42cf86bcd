"""Who asks to be let into a lesson, as far as the audit log needs to know, and the entries about it."""

from __future__ import annotations

import re

from aiohttp import web

from server.api.auth import Authenticator, Identity
from server.audit.chain import Entry
from server.audit.networks import prefix
from server.store.rows import Subject
from signaling.ws.endpoint import Grant

WHAT = "lesson"
"""In the log's `what`: there is no action for a seat in a lesson, who is in its cast has one."""
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Asker(Grant, frozen=True):
    """A grant that remembers who asks with which credential, and from which network."""

    subject: Subject
    credential: str
    network: str


def asker(identity: Identity, authenticator: Authenticator, request: web.Request) -> Asker:
    """The grant of somebody who is known."""
    network = prefix(authenticator.address(request))
    return Asker(identity.subject.id, identity.subject, identity.credential.id, network)


def visit(asker: Asker, lesson_id: str, code: str, now_ms: int) -> Entry:
    """What the log is told of somebody who watches a lesson; code: `watches` when she comes, `left` when she goes."""
    return Entry(
        at_ms=now_ms,
        who=asker.participant,
        role=asker.subject.role,
        what=WHAT,
        outcome="seen",
        about=lesson_id,
        network=asker.network,
        code=code,
    )


def refusal(grant: Grant, lesson_id: str, now_ms: int, code: str = "no_such_lesson") -> Entry:
    """What the log is told of somebody who asked for a lesson that is not there, or not hers.

    Or, with the code `not_allowed.<kind of message>`, of a participant who sent what its part may not.
    """
    role, network = (grant.subject.role, grant.network) if isinstance(grant, Asker) else ("", "")
    return Entry(
        at_ms=now_ms,
        who=grant.participant,
        role=role,
        what=WHAT,
        outcome="refused",
        about=lesson_id if _ID.fullmatch(lesson_id) else "",
        network=network,
        code=code,
    )
