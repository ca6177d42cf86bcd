"""Faults made on purpose, to prove that a rehearsal notices them (`rehearse --sabotage`, hidden from the help)."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, cast, get_args

from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.receive_lines import Kind
from classroom_client.rehearsal.rtp import Packet

Sabotage = Literal["none", "drop", "swap", "delay", "truncate"]
VICTIM: Final = 1
"""The participant whose media is tampered with: the first remote classroom, of every lesson."""
OTHER: Final = 2
DELAY_MS: Final = 400
DROP_EVERY: Final = 10


class Saboteur:
    """What becomes of one participant's media under a sabotage. `none` changes nothing."""

    def __init__(self, sabotage: Sabotage, whose: Whose, remotes: int) -> None:
        self._sabotage = sabotage
        self._whose = whose
        self._remotes = remotes

    def footage_of(self) -> Whose:
        """Whose footage this participant sends: its own, unless the victim's and another's are swapped."""
        if self._sabotage != "swap":
            return self._whose
        other = OTHER if self._remotes >= OTHER else 0
        exchanged = {VICTIM: other, other: VICTIM}
        return Whose(self._whose.lesson, exchanged.get(self._whose.participant, self._whose.participant))

    def sound_late_ms(self) -> int:
        """How late the sound leaves behind its picture."""
        return DELAY_MS if self._sabotage == "delay" and self._whose.participant == VICTIM else 0

    def may_pass(self, kind: Kind, packet: Packet) -> bool:
        """Whether a received packet reaches the checks: the victim loses every tenth picture, retransmissions too."""
        if self._sabotage != "drop" or self._whose.participant != VICTIM or kind != "video":
            return True
        return packet.timestamp // 1000 % DROP_EVERY != 0


def truncate(file: Path, sabotage: Sabotage) -> None:
    """Cuts a downloaded recording to half its size before it is checked."""
    if sabotage == "truncate":
        with file.open("r+b") as handle:
            handle.truncate(file.stat().st_size // 2)


def as_sabotage(name: str) -> Sabotage:
    """The sabotage of that name.

    Raises:
        ValueError: there is none.
    """
    for known in get_args(Sabotage):
        if known == name:
            return cast("Sabotage", known)
    raise ValueError(name)
