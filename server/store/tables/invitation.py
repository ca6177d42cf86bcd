"""Rooms of schools outside a community that are invited to one of its lessons."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from server.store.tables.columns import identity, metadata, ms, ref, word

invitation = Table(
    "invitation",
    metadata,
    identity(),
    ref("lesson"),
    ref("classroom"),
    ref("school_class", null=True, name="class_id"),
    ref("staff", name="invited_by"),
    ms("invited_ms"),
    ms("until_ms"),
    word("state"),
    Column("answered_by", String(64)),
    ms("answered_ms", null=True),
    ms("withdrawn_ms", null=True),
    Index("ix_invitation_lesson_id", "lesson_id"),
    Index("ix_invitation_classroom_id", "classroom_id"),
    Index("ix_invitation_state", "state"),
)
"""`state`: open, accepted, declined, withdrawn, expired. `answered_by` is a person, or the room itself; `class_id` who
sits in the room, once somebody said so."""
