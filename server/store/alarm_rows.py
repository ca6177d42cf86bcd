"""What alarms are made of and what they are, as the store reads and keeps them."""

from __future__ import annotations

from msgspec import Struct

from server.store.rows import LessonState


class Alarm(Struct, frozen=True):
    """Something wrong in a county. about: a lesson's or a room's id, empty for the server. told: what it is called."""

    kind: str
    county_id: str
    about: str = ""
    school_id: str | None = None
    classroom_id: str | None = None
    told: str = ""

    @property
    def key(self) -> str:
        """The same for the same thing gone wrong."""
        return f"{self.kind} {self.county_id} {self.about}"


class NearLesson(Struct, frozen=True):
    """A lesson that is live, or planned around now. school_id: its lead's; rooms: the remote rooms with schools."""

    id: str
    county_id: str
    school_id: str | None
    title: str
    state: LessonState
    start_ms: int
    end_ms: int
    rooms: tuple[tuple[str, str, str], ...]
    """(room, its school, its name)."""
