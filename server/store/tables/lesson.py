"""Lessons, who is in them, and what was found about them afterwards.

A lesson repeats what a report needs of the timetable (lead, rooms, classes with their size that day): a later change of
timetable, class or community leaves held lessons as they were.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, Table, Text

from server.store.tables.columns import identity, metadata, ms, ref, word

lesson = Table(
    "lesson",
    metadata,
    identity(),
    ref("community"),
    ref("staff", name="lead_id"),
    Column("title", Text, nullable=False),
    Column("subject", Text, nullable=False),
    word("mode"),
    word("state"),
    ms("planned_start_ms"),
    ms("planned_end_ms"),
    ms("started_ms", null=True),
    ms("ended_ms", null=True),
    word("origin", default="planned"),
    ref("term", null=True),
    ref("timetable_entry", null=True, name="entry_id"),
    Column("entry_day", Date),
    ref("subject", null=True),
    ref("classroom", null=True, name="lead_room_id"),
    Column("reason", Text),
    word("finding", null=True),
    ms("judged_ms", null=True),
    ref("staff", null=True, name="judged_by"),
    Index("ix_lesson_planned_start_ms", "planned_start_ms"),
    Index("ix_lesson_state", "state"),
    Index("ix_lesson_lead_id", "lead_id", "planned_start_ms"),
    Index("ix_lesson_community_id", "community_id", "planned_start_ms"),
    Index("ix_lesson_lead_room_id", "lead_room_id"),
    Index("uq_lesson_entry_id_entry_day", "entry_id", "entry_day", unique=True),
)
"""`origin`: timetable, planned (by hand), self_initiated, rehearsal, demo. `reason` is a person's words for a missed
lesson, `finding` the code of what the log showed; `judged_by` is null where the program judged."""

lesson_classroom = Table(
    "lesson_classroom",
    metadata,
    ref("lesson", key=True),
    ref("classroom", key=True),
    Column("position", Integer, nullable=False),
    word("joined_as", default="planned"),
    Column("connected_ms", Integer),
    word("verdict", null=True),
    Index("ix_lesson_classroom_classroom_id", "classroom_id"),
)
"""A remote room's seat: `joined_as` planned, cover, invited; `connected_ms` and `verdict` once the lesson is judged."""

lesson_class = Table(
    "lesson_class",
    metadata,
    ref("lesson", key=True),
    ref("school_class", key=True, name="class_id"),
    ref("classroom"),
    Column("grade", Integer, nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("present", Integer),
    Index("ix_lesson_class_class_id", "class_id"),
)
"""A class in a lesson, with its grade and size as they were; `present` is what its assistant counted."""

cover_request = Table(
    "cover_request",
    metadata,
    identity(),
    ref("lesson"),
    ref("classroom"),
    ref("school_class", null=True, name="class_id"),
    word("state"),
    ms("asked_ms"),
    ms("answered_ms", null=True),
    Index("ix_cover_request_lesson_id", "lesson_id"),
)
"""A class whose teacher is away asks to sit in: asked, admitted, refused, withdrawn."""
