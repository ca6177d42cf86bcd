"""The devices of the classrooms: which there are, how each is now, what changed, what tests found, what is broken.

Figures and faults are JSON of `server.devices`. History is bounded: `server.store.device_history` cuts it as it writes.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from server.store.tables.columns import identity, metadata, ms, ref, word

device = Table(
    "device",
    metadata,
    identity(),
    ref("classroom"),
    Column("name", Text, nullable=False),
    word("kind"),
    Column("credential_id", String(64)),
    ms("paired_ms"),
    Column("paired_by", String(64)),
    ms("revoked_ms", null=True),
    Index("ix_device_classroom_id", "classroom_id"),
)

device_state = Table(
    "device_state",
    metadata,
    ref("device", key=True),
    ms("heard_ms"),
    Column("health", Text, nullable=False),
    ms("tested_ms", null=True),
    Column("test_faults", Text, nullable=False, server_default="[]"),
)

device_change = Table(
    "device_change",
    metadata,
    ref("device", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    ms("at_ms"),
    Column("what", Text, nullable=False),
)

device_test = Table(
    "device_test",
    metadata,
    ref("device", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    ms("at_ms"),
    Column("figures", Text, nullable=False),
    Column("faults", Text, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    identity(),
    ref("device"),
    Column("fault", String(64), nullable=False),
    ms("opened_ms"),
    ms("closed_ms", null=True),
    ms("acknowledged_ms", null=True),
    Column("acknowledged_by", String(64)),
    Index("ix_ticket_device_id", "device_id"),
    Index("ix_ticket_closed_ms", "closed_ms"),
)
