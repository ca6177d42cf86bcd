"""The page each role works on."""

from __future__ import annotations

from typing import Final

from server.store.rows import Subject

_PAGES: Final = {
    "county_admin": "/admin",
    "school_admin": "/admin",
    "inspector": "/admin",
    "lead": "/teacher",
    "assistant": "/assistant",
    "trainer": "/replay",
    "classroom": "/classroom",
}


def page_of(subject: Subject) -> str:
    """Where `subject` works."""
    return _PAGES[subject.role]
