"""Terms and the weekly timetable. Days are dates and times are minutes since midnight, both in the county's zone.

Lessons are made from it with UTC times; how is in `server.county`.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from server.store.tables.columns import identity, metadata, ms, ref, word

term = Table(
    "term",
    metadata,
    identity(),
    ref("county"),
    Column("name", Text, nullable=False),
    Column("begins", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Index("uq_term_county_id_name", "county_id", "name", unique=True),
)

term_day = Table(
    "term_day",
    metadata,
    ref("term", key=True),
    Column("day", Date, primary_key=True),
    Column("follows", Date),
    Column("name", Text, nullable=False, server_default=""),
)
"""A day that is not what its weekday says: a holiday (`follows` is null), or a make-up day taught as day `follows`."""

bell = Table(
    "bell",
    metadata,
    identity(),
    ref("county"),
    ref("school", null=True),
    Column("period", Integer, nullable=False),
    Column("starts_min", Integer, nullable=False),
    Column("ends_min", Integer, nullable=False),
    Index("ix_bell_county_id", "county_id"),
)
"""When period N is; a school's own rows come before the county's."""

timetable_entry = Table(
    "timetable_entry",
    metadata,
    identity(),
    ref("term"),
    ref("community"),
    Column("weekday", Integer, nullable=False),
    Column("period", Integer),
    Column("starts_min", Integer),
    Column("ends_min", Integer),
    Column("weeks", String(255), nullable=False, server_default=""),
    ref("subject"),
    Column("title", Text, nullable=False, server_default=""),
    ref("staff", name="lead_id"),
    ref("classroom", name="lead_room_id", null=True),
    word("mode"),
    ms("removed_ms", null=True),
    Index("ix_timetable_entry_term_id", "term_id"),
)
"""A weekly lesson: `weekday` 1 is Monday; `period`, or else `starts_min` and `ends_min`; `weeks` is empty for all."""

timetable_entry_room = Table(
    "timetable_entry_room",
    metadata,
    ref("timetable_entry", key=True, name="entry_id"),
    ref("classroom", key=True),
    Column("position", Integer, nullable=False),
)
"""The remote rooms, in the order of their seats."""

timetable_entry_class = Table(
    "timetable_entry_class",
    metadata,
    ref("timetable_entry", key=True, name="entry_id"),
    ref("school_class", key=True, name="class_id"),
    ref("classroom"),
)
"""Which class takes part, and in which of the entry's rooms."""

timetable_exception = Table(
    "timetable_exception",
    metadata,
    ref("timetable_entry", key=True, name="entry_id"),
    Column("day", Date, primary_key=True),
    word("kind"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("to_day", Date),
    Column("starts_min", Integer),
    Column("ends_min", Integer),
    ref("staff", name="lead_id", null=True),
)
"""One day's lesson of an entry is cancelled with a reason, or moved, or given by somebody else."""
