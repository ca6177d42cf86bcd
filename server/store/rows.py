"""Rows as values. Times are UTC milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from msgspec import Struct, convert

from signaling.messages import LessonCard, Mode

SchoolKind = Literal["centre", "teaching_point"]
Profile = Literal["simple", "standard", "recording"]
StaffRole = Literal["county_admin", "school_admin", "lead", "assistant", "trainer", "inspector"]
LessonState = Literal["planned", "live", "UNJUDGED", "VALID", "INVALID", "REASONABLE_MISSED", "UNREASONABLE_MISSED"]
"""UNJUDGED: over, its log not read yet. The names in capitals are those of the field's own reports (docs/county.md)."""
LessonOrigin = Literal["timetable", "planned", "self_initiated", "rehearsal", "demo"]
"""Where a lesson comes from: the timetable, an administrator's plan, its teacher, practice that counts nowhere, or the
demonstration (`server.demo`)."""
JoinedAs = Literal["planned", "cover", "invited"]
"""Whether a remote room was planned for, joined because its own teacher was away, or came from outside the community by
invitation."""
RoomVerdict = Literal["valid", "invalid", "absent"]
"""What a room's listening was worth (`server.county.judging`)."""
CredentialKind = Literal["link", "cookie", "device", "browser"]
"""How a token was handed out: in a link to open, as a browser's cookie, as a room device's key, or as the mark of a
browser that its owner signed in with before, which opens nothing.
"""


class School(Struct, frozen=True):
    """A school of the county."""

    id: str
    county_id: str
    kind: SchoolKind
    name: str
    code: str | None = None
    closed_ms: int | None = None


class Classroom(Struct, frozen=True):
    """A room with a screen."""

    id: str
    school_id: str
    name: str
    profile: Profile
    code: str | None = None
    closed_ms: int | None = None


class Staff(Struct, frozen=True):
    """A person who signs in; without a school for the county's own people."""

    id: str
    county_id: str
    school_id: str | None
    role: StaffRole
    name: str
    code: str | None = None
    left_ms: int | None = None
    duty: str = ""


class Community(Struct, frozen=True):
    """One centre school and one to three teaching points, for a term."""

    id: str
    county_id: str
    name: str
    term_id: str | None
    began_ms: int
    ended_ms: int | None


class Lesson(Struct, frozen=True):
    """A lesson, planned or held."""

    id: str
    community_id: str
    lead_id: str
    title: str
    subject: str
    mode: Mode
    state: LessonState
    planned_start_ms: int
    planned_end_ms: int
    started_ms: int | None
    ended_ms: int | None

    def card(self) -> LessonCard:
        """The lesson as the wire tells it."""
        return LessonCard(
            id=self.id,
            title=self.title,
            subject=self.subject,
            mode=self.mode,
            planned_start=rfc3339(self.planned_start_ms),
            planned_end=rfc3339(self.planned_end_ms),
        )


class CastMember(Struct, frozen=True):
    """Who is expected in a lesson: `id` is the participant's id on the wire."""

    id: str
    role: Literal["lead", "classroom"]
    school_id: str
    school: str
    name: str
    joined_as: JoinedAs = "planned"


class LessonWithCast(Struct, frozen=True):
    """A lesson and who is expected in it, the lead first."""

    lesson: Lesson
    cast: tuple[CastMember, ...]


class Subject(Struct, frozen=True):
    """Whom a credential stands for: a member of staff or a classroom.

    `role` is the one whose page opens first; somebody may hold `further` ones.
    """

    id: str
    kind: Literal["staff", "classroom"]
    role: StaffRole | Literal["classroom"]
    county_id: str
    school_id: str | None
    school: str
    name: str
    further: tuple[StaffRole, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles, the first one first."""
        return (self.role, *self.further)


class Credential(Struct, frozen=True):
    """A token's row, without the token; `hash` is what is kept of it."""

    id: str
    kind: CredentialKind
    subject: str
    issued_ms: int
    expires_ms: int
    hash: bytes = b""


R = TypeVar("R", bound=Struct)


def build(kind: type[R], row: Mapping[Any, Any]) -> R:
    """The row as a value of `kind`, its types checked; columns that `kind` does not have are left out."""
    return convert({field: row[field] for field in kind.__struct_fields__}, kind)


def rfc3339(utc_ms: int) -> str:
    """`utc_ms` as RFC 3339 in UTC, milliseconds kept."""
    moment = datetime.fromtimestamp(utc_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
