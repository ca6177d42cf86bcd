"""Accounts of staff, and where their owners are signed in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, String, Table, Text, true

from server.store.tables.columns import metadata, ms, ref, word

account = Table(
    "account",
    metadata,
    ref("staff", key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=true()),
    ms("expires_ms", null=True),
    Column("code_secret", String(64)),
    Column("code_offered", String(64)),
    Column("code_step", BigInteger, nullable=False, server_default="0"),
    ms("created_ms"),
    ms("changed_ms"),
    ms("closed_ms", null=True),
)
"""`name` is what its owner types. `must_change`: the password is a one-time one, good until `expires_ms`.
`code_secret` is shared with the owner's phone, `code_offered` not confirmed yet, `code_step` the last code's step.
"""

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("staff_id", String(64), ForeignKey("account.staff_id", ondelete="CASCADE"), primary_key=True),
    Column("hash", LargeBinary(32), primary_key=True),
)
"""Those not used yet."""

sign_in = Table(
    "sign_in",
    metadata,
    Column("credential_id", String(64), ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(64), nullable=False),
    ms("began_ms"),
    Column("network", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    word("way"),
    Index("ix_sign_in_subject", "subject"),
)
"""Where a cookie was handed out: `way` is `password`, `link` or `phone`. It goes when its credential is purged."""
