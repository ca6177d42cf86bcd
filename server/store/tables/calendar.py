"""Calendar feeds: who subscribed to whose lessons; and the number of each event's newest change."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from server.store.tables.columns import identity, metadata, ms, ref, word

calendar_feed = Table(
    "calendar_feed",
    metadata,
    identity(),
    ref("county"),
    ref("staff"),
    word("kind"),
    Column("about", String(64), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    ms("made_ms"),
    ms("revoked_ms", null=True),
    Index("uq_calendar_feed_hash", "hash", unique=True),
    Index("ix_calendar_feed_staff_id", "staff_id"),
)
"""`kind`: teacher, room or school, `about` is whose. `hash` is that of the address's secret."""

calendar_event = Table(
    "calendar_event",
    metadata,
    Column("lesson_id", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("sequence", Integer, nullable=False),
    ms("changed_ms"),
    ms("ends_ms"),
    Index("ix_calendar_event_ends_ms", "ends_ms"),
)
"""A lesson as calendars were told of it. It refers to nothing: lessons ahead may be withdrawn."""
