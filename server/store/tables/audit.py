"""The audit log. Triggers of the migration refuse to change or delete its rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from server.store.tables.columns import metadata, ms, word

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    ms("at_ms"),
    Column("who", String(64), nullable=False),
    word("role"),
    word("what"),
    word("outcome"),
    Column("about", String(64), nullable=False),
    Column("network", String(64), nullable=False),
    word("code"),
    Column("times", Integer, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("ix_audit_who", "who"),
    Index("ix_audit_about", "about"),
)
