"""What is passed on as it comes and kept nowhere: unfinished ink, the laser pointer, loudness, the time of day.

It never becomes an event, so its effects need not wait for the log.
"""

from __future__ import annotations

from signaling.fold import Participant
from signaling.messages import Ink, InkSeen, Laser, LaserSeen, Level, LevelSeen, Message, Ping, Pong
from signaling.turn import Turn

PASSING: frozenset[type[Message]] = frozenset({Ink, Laser, Level, Ping})


def ink(turn: Turn, sender: Participant, message: Ink) -> None:
    """Everybody else sees the stroke grow, unless it came whole meanwhile, beside the line."""
    if turn.fold.board.done(message.id):
        return
    turn.to_all(InkSeen(by=sender.id, ink=message), but=sender.id)


def laser(turn: Turn, sender: Participant, message: Laser) -> None:
    """Everybody else sees the pointer."""
    turn.to_all(LaserSeen(by=sender.id, x=message.x, y=message.y), but=sender.id)


def level(turn: Turn, sender: Participant, message: Level) -> None:
    """The lead sees how loud a room is."""
    if sender.member.role != "lead":
        turn.to_leads(LevelSeen(by=sender.id, value=message.value))


def ping(turn: Turn, sender: Participant, message: Ping) -> None:
    """The sender learns that its line is up, and what the time is."""
    turn.send(sender.id, Pong(sent_ms=message.sent_ms, now_ms=turn.at))
