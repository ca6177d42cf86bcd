"""Whether the board a client has rendered is ours (docs/protocol.md, P39)."""

from __future__ import annotations

from signaling.fold import Participant
from signaling.messages import BoardCheck, BoardChecked, BoardDiffered, ParticipantId, Snapshot
from signaling.turn import SERVER, Turn

DIFFERED_RESTS_MS = 10_000
"""So long after a board differed, that participant's checks are not looked at: its snapshot is under way."""


class BoardChecks:
    """Compares hashes; a board that differs is replaced by a snapshot."""

    def __init__(self) -> None:
        self._differed_at: dict[ParticipantId, int] = {}

    def check(self, turn: Turn, sender: Participant, message: BoardCheck) -> None:
        """Only a hash of the board as it is now can be compared; older and newer ones are not answered."""
        resting = turn.at - self._differed_at.get(sender.id, -DIFFERED_RESTS_MS) < DIFFERED_RESTS_MS
        if resting or not turn.fold.board_number <= message.number <= turn.fold.number:
            return
        same = message.hash == turn.fold.board.hash()
        if not same:
            self._differed_at[sender.id] = turn.at
            if turn.fold.phase != "ended":
                turn.log(BoardDiffered(participant=sender.id, number=message.number), SERVER)
            turn.send(sender.id, Snapshot(state=turn.fold.state()))
        turn.to_leads(BoardChecked(participant=sender.id, number=message.number, same=same))
