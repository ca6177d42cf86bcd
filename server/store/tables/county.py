"""The county and what stands still in it: schools, classrooms, classes, subjects, communities, staff.

Nothing here is deleted once it was used: it is closed at a moment, so that old lessons keep their names. A `code` is
what the county itself calls a thing in its lists; imports find things again by it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false

from server.store.tables.columns import identity, metadata, ms, ref, word

county = Table(
    "county",
    metadata,
    identity(),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("policy", Text, nullable=False, server_default="{}"),
)

school = Table(
    "school",
    metadata,
    identity(),
    ref("county"),
    word("kind"),
    Column("name", Text, nullable=False),
    Column("code", String(64)),
    ms("closed_ms", null=True),
    Index("uq_school_county_id_code", "county_id", "code", unique=True),
)

classroom = Table(
    "classroom",
    metadata,
    identity(),
    ref("school"),
    Column("name", Text, nullable=False),
    word("profile"),
    Column("code", String(64)),
    ms("closed_ms", null=True),
    Index("uq_classroom_school_id_code", "school_id", "code", unique=True),
)

school_class = Table(
    "school_class",
    metadata,
    identity(),
    ref("school"),
    Column("grade", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("pupils", Integer, nullable=False),
    ref("classroom", null=True),
    ms("closed_ms", null=True),
    Index("ix_school_class_school_id", "school_id"),
)

subject = Table(
    "subject",
    metadata,
    identity(),
    ref("county"),
    Column("code", String(64)),
    Column("name", Text, nullable=False),
    Column("weak", Boolean, nullable=False, server_default=false()),
    Index("uq_subject_county_id_code", "county_id", "code", unique=True),
    Index("uq_subject_county_id_name", "county_id", "name", unique=True),
)

prescribed_periods = Table(
    "prescribed_periods",
    metadata,
    ref("subject", key=True),
    Column("grade", Integer, primary_key=True, autoincrement=False),
    Column("per_week", Integer, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    identity(),
    ref("county"),
    ref("school", null=True),
    word("role"),
    Column("name", Text, nullable=False),
    Column("code", String(64)),
    ms("left_ms", null=True),
    Column("duty", Text, nullable=False, server_default=""),
    Index("uq_staff_county_id_code", "county_id", "code", unique=True),
    Index("ix_staff_school_id", "school_id"),
)
"""`duty`: what she is on duty for and how she is reached, in the county's words; empty for most."""

staff_role = Table("staff_role", metadata, ref("staff", key=True), Column("role", String(32), primary_key=True))
"""Further roles. `staff.role` is the one whose page opens first; it is not repeated here."""

community = Table(
    "community",
    metadata,
    identity(),
    ref("county"),
    Column("name", Text, nullable=False),
    ref("term", null=True),
    ms("began_ms"),
    ms("ended_ms", null=True),
)

community_member = Table(
    "community_member",
    metadata,
    ref("community", key=True),
    ref("school", key=True),
    Column("joined_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    ms("left_ms", null=True),
    Index("ix_community_member_school_id", "school_id"),
)
"""A school's stay in a community: one row a stay, so that a school may leave and come back."""
