"""What operators see of the rooms and their media."""

from __future__ import annotations

from server.media.plane import PlaneStats
from server.room_figures import figures_of
from signaling.cast import Cast, Member
from signaling.fold import LessonFold
from signaling.messages import LessonCard
from signaling.room import Room


def lesson(present: int) -> LessonFold:
    """A room of three with so many in it."""
    card = LessonCard(id="l", title="", subject="", mode="blended", planned_start="", planned_end="")
    room = Room(card, Cast([Member(each, "lead", "", "", "#000000") for each in "abc"]))
    for who in "abc"[:present]:
        room.join(who, 0)
    return room.fold


def test_rooms_their_people_and_their_packets_are_told() -> None:
    stats = PlaneStats(packets_in=1, packets_out=2, bytes_in=3, bytes_out=4, dropped={"replayed": 5}, peers={})
    told = {(one.name, *(one.labels or {}).values()): one.value for one in figures_of([lesson(2), lesson(1)], stats)}
    assert told == {
        ("tongke_rooms",): 2,
        ("tongke_participants",): 3,
        ("tongke_media_connections",): 0,
        ("tongke_media_packets", "in"): 1,
        ("tongke_media_bytes", "in"): 3,
        ("tongke_media_packets", "out"): 2,
        ("tongke_media_bytes", "out"): 4,
        ("tongke_media_dropped", "replayed"): 5,
    }
