"""Tokens, and what the server remembers about itself."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from server.store.tables.columns import identity, metadata, ms, word

credential = Table(
    "credential",
    metadata,
    identity(),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    word("kind"),
    Column("subject", String(64), nullable=False),
    ms("issued_ms"),
    ms("expires_ms"),
    ms("revoked_ms", null=True),
    Index("ix_credential_subject", "subject"),
    Index("ix_credential_expires_ms", "expires_ms"),
)

setting = Table("setting", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
