"""Every table. Times are UTC in milliseconds since 1970 (`*_ms`), so no clock or daylight change moves them.

County › schools › classrooms; a community is one centre school and one to three teaching points; a lesson belongs to a
community and has one lead and its classrooms. Memberships carry when they began and ended: regrouping the schools for a
new term leaves old lessons as they were. States and roles are open text: new ones come without a migration.
"""

from __future__ import annotations

from server.store.tables.account import account, recovery_code, sign_in
from server.store.tables.alarm import alarm
from server.store.tables.audit import audit
from server.store.tables.calendar import calendar_event, calendar_feed
from server.store.tables.columns import metadata
from server.store.tables.consent import consent
from server.store.tables.county import (
    classroom,
    community,
    community_member,
    county,
    prescribed_periods,
    school,
    school_class,
    staff,
    staff_role,
    subject,
)
from server.store.tables.credential import credential, setting
from server.store.tables.device import device, device_change, device_state, device_test, ticket
from server.store.tables.invitation import invitation
from server.store.tables.lesson import cover_request, lesson, lesson_class, lesson_classroom
from server.store.tables.privacy import deletion, outside_identity, recording_hold
from server.store.tables.timetable import (
    bell,
    term,
    term_day,
    timetable_entry,
    timetable_entry_class,
    timetable_entry_room,
    timetable_exception,
)

__all__ = [
    "account",
    "alarm",
    "audit",
    "bell",
    "calendar_event",
    "calendar_feed",
    "classroom",
    "community",
    "community_member",
    "consent",
    "county",
    "cover_request",
    "credential",
    "deletion",
    "device",
    "device_change",
    "device_state",
    "device_test",
    "invitation",
    "lesson",
    "lesson_class",
    "lesson_classroom",
    "metadata",
    "outside_identity",
    "prescribed_periods",
    "recording_hold",
    "recovery_code",
    "school",
    "school_class",
    "setting",
    "sign_in",
    "staff",
    "staff_role",
    "subject",
    "term",
    "term_day",
    "ticket",
    "timetable_entry",
    "timetable_entry_class",
    "timetable_entry_room",
    "timetable_exception",
]
