"""What may be kept for how long: deletions of recordings, holds on them; and identities of another sign-in service."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from server.store.tables.columns import identity, metadata, ms, ref, word

deletion = Table(
    "deletion",
    metadata,
    identity(),
    ref("county"),
    ref("lesson"),
    ref("school_class", null=True),
    word("cause"),
    word("state"),
    Column("asked_by", String(64)),
    ms("asked_ms"),
    ms("due_ms"),
    ms("begun_ms", null=True),
    ms("done_ms", null=True),
    Column("files", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index("ix_deletion_county_id", "county_id", "asked_ms"),
    Index("ix_deletion_lesson_id", "lesson_id"),
    Index("ix_deletion_state", "state"),
)
"""One deletion of one recording. `cause`: retention, or erasure for `school_class_id`. `state`: waiting (hidden, can be
taken back until `due_ms`), deleting, done (verified: nothing is left), undone. `files` and `bytes` are what was there
when it began. `asked_by` is null where the program follows the county's setting."""

recording_hold = Table(
    "recording_hold",
    metadata,
    identity(),
    ref("lesson"),
    word("cause"),
    Column("reason", Text, nullable=False),
    Column("held_by", String(64), nullable=False),
    ms("held_ms"),
    ms("until_ms"),
    Column("released_by", String(64)),
    ms("released_ms", null=True),
    Index("ix_recording_hold_lesson_id", "lesson_id"),
)
"""A recording kept longer, until a day. `cause`: legal (nothing deletes it) or model (an erasure still does)."""

outside_identity = Table(
    "outside_identity",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    ref("staff"),
    ms("linked_ms"),
    Index("uq_outside_identity_staff_id", "staff_id", unique=True),
)
"""A person's identity at the county's own sign-in service (OpenID Connect), linked once by the person herself."""
