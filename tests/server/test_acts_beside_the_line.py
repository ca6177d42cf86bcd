"""P65: what a media connection brings goes to the one socket that speaks for its participant."""

from __future__ import annotations

from server.room_lines import RoomLines
from signaling.ws.connection import Connection
from tests.memory_socket import MemorySocket


def line(came: list[str], name: str) -> Connection:
    made = Connection(MemorySocket())
    made.came_beside = lambda message, packed: came.append(f"{name} {message.decode()}") is None
    return made


async def test_P65_the_newest_socket_of_that_participant_hears_it_and_no_other() -> None:
    came: list[str] = []
    lines = RoomLines(lambda who, number, frame: None)
    old, new, other = line(came, "old"), line(came, "new"), line(came, "other")
    assert lines.came_beside("room-1", b"early", False), "nobody is there: nobody's fault"
    lines.came("room-1", old)
    lines.came("room-2", other)
    lines.came_beside("room-1", b"one", False)
    lines.came("room-1", new)
    lines.came_beside("room-1", b"two", False)
    new.close("ended")
    lines.came_beside("room-1", b"three", False)
    lines.lost("room-1")
    lines.came_beside("room-1", b"four", False)
    assert came == ["old one", "new two"]


async def test_P65_who_said_nothing_of_another_way_has_none() -> None:
    lines = RoomLines(lambda who, number, frame: None)
    lines.came("room-1", Connection(MemorySocket()))
    assert not lines.came_beside("room-1", b"77\n1 {}", False)
