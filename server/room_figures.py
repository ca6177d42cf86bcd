"""What operators see of the rooms and their media."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.media.plane import PlaneStats
from server.metrics import Figure
from signaling.fold import LessonFold
from signaling.presence import Present


def figures_of(rooms: Sequence[LessonFold], stats: PlaneStats) -> Iterator[Figure]:
    """Rooms, participants and packets, for Prometheus."""
    people = [person for room in rooms for person in room.people.values()]
    present = sum(isinstance(person.presence, Present) for person in people)
    yield Figure("tongke_rooms", "Rooms open", "gauge", len(rooms))
    yield Figure("tongke_participants", "Participants present", "gauge", present)
    yield Figure("tongke_media_connections", "Media connections", "gauge", len(stats.peers))
    for direction, packets, size in (
        ("in", stats.packets_in, stats.bytes_in),
        ("out", stats.packets_out, stats.bytes_out),
    ):
        labels = {"direction": direction}
        yield Figure("tongke_media_packets", "RTP packets", "counter", packets, labels)
        yield Figure("tongke_media_bytes", "Bytes of RTP packets", "counter", size, labels)
    for reason, count in stats.dropped.items():
        yield Figure("tongke_media_dropped", "Datagrams dropped, by reason", "counter", count, {"reason": reason})
