"""What is wrong beside the rooms' devices: with a lesson, a room before the bell, or the server itself."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from server.store.tables.columns import identity, metadata, ms, ref, word

alarm = Table(
    "alarm",
    metadata,
    identity(),
    ref("county"),
    word("kind"),
    Column("about", String(64), nullable=False),
    ref("school", null=True),
    ref("classroom", null=True),
    Column("told", Text, nullable=False),
    ms("opened_ms"),
    ms("closed_ms", null=True),
    ms("acknowledged_ms", null=True),
    Column("acknowledged_by", String(64)),
    Index("ix_alarm_county_id", "county_id", "closed_ms"),
)
"""`about`: the lesson's or the room's id, empty for the server; `told`: what it was called then."""
