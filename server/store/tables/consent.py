"""The consent register: for each class, who recorded the guardians' consent to recording, to which text, until when."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from server.store.tables.columns import identity, metadata, ms, ref

consent = Table(
    "consent",
    metadata,
    identity(),
    ref("school_class"),
    Column("version", String(64), nullable=False),
    Column("recorded_by", String(64), nullable=False),
    ms("recorded_ms"),
    Column("withdrawn_by", String(64)),
    ms("withdrawn_ms", null=True),
    Index("ix_consent_school_class_id", "school_class_id"),
)
"""`version` names the text the guardians agreed to. A withdrawn consent stays as a row."""
