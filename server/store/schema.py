"""The tables. Times are UTC in milliseconds since 1970 (`*_ms`), so no clock or daylight change moves them.

County › schools › classrooms; a community is one centre school and one to three teaching points; a lesson belongs to a
community and has one lead and its classrooms. Memberships carry when they began and ended: regrouping the schools for a
new term leaves old lessons as they were. States and roles are open text: new ones come without a migration.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(64), primary_key=True)


def _ref(table: str, *, null: bool = False, name: str = "") -> Column[str]:
    return Column(name or f"{table}_id", String(64), ForeignKey(f"{table}.id"), nullable=null)


def _ms(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


county = Table(
    "county", metadata, _id(), Column("name", Text, nullable=False), Column("time_zone", Text, nullable=False)
)

school = Table(
    "school",
    metadata,
    _id(),
    _ref("county"),
    Column("kind", String(32), nullable=False),
    Column("name", Text, nullable=False),
)

classroom = Table(
    "classroom",
    metadata,
    _id(),
    _ref("school"),
    Column("name", Text, nullable=False),
    Column("profile", String(32), nullable=False),
)

staff = Table(
    "staff",
    metadata,
    _id(),
    _ref("county"),
    _ref("school", null=True),
    Column("role", String(32), nullable=False),
    Column("name", Text, nullable=False),
)

community = Table(
    "community",
    metadata,
    _id(),
    _ref("county"),
    Column("name", Text, nullable=False),
    Column("term", Text, nullable=False, server_default=""),
    _ms("began_ms"),
    _ms("ended_ms", null=True),
)

community_member = Table(
    "community_member",
    metadata,
    Column("community_id", String(64), ForeignKey("community.id"), primary_key=True),
    Column("school_id", String(64), ForeignKey("school.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    _ms("joined_ms"),
    _ms("left_ms", null=True),
)

lesson = Table(
    "lesson",
    metadata,
    _id(),
    _ref("community"),
    Column("lead_id", String(64), ForeignKey("staff.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("mode", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    _ms("planned_start_ms"),
    _ms("planned_end_ms"),
    _ms("started_ms", null=True),
    _ms("ended_ms", null=True),
    Index("ix_lesson_planned_start_ms", "planned_start_ms"),
    Index("ix_lesson_state", "state"),
)

lesson_classroom = Table(
    "lesson_classroom",
    metadata,
    Column("lesson_id", String(64), ForeignKey("lesson.id"), primary_key=True),
    Column("classroom_id", String(64), ForeignKey("classroom.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_lesson_classroom_classroom_id", "classroom_id"),
)

credential = Table(
    "credential",
    metadata,
    _id(),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    _ms("issued_ms"),
    _ms("expires_ms"),
    _ms("revoked_ms", null=True),
    Index("ix_credential_subject", "subject"),
    Index("ix_credential_expires_ms", "expires_ms"),
)

setting = Table("setting", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
