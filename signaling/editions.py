"""What a client of an earlier edition is told of things that it does not know (docs/protocol.md, P85).

An event it cannot read becomes one that changes nothing, so that its numbers stay consecutive; a message that it cannot
read is left out; of what it can read, the fields it has no place for. Nothing it knows ever depends on them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from signaling.messages import (
    BoardDiffered,
    CatchUp,
    Counted,
    Covers,
    Expected,
    FromServer,
    Logged,
    NoteSeen,
    Roster,
    Signalled,
    SignalTaken,
    Snapshot,
    Welcome,
)

_NEW_OF_A_PERSON = ("part", "beside", "sign", "present_count")
_encoder = msgspec.json.Encoder()


def first_edition(message: FromServer) -> bytes | None:
    """The frame for a client that reads the first edition only; None where it is told nothing."""
    match message:
        case Roster() | NoteSeen() | Covers() | CatchUp():
            return None
        case Logged(event=Expected() | Signalled() | SignalTaken() | Counted()):
            nothing = BoardDiffered(participant="server", number=0)
            return _encoder.encode(msgspec.structs.replace(message, event=nothing))
        case Welcome():
            plain: dict[str, Any] = msgspec.to_builtins(message)
            _without_new(plain["people"])
            return _encoder.encode(plain)
        case Snapshot():
            plain = msgspec.to_builtins(message)
            del plain["parts"]
            _without_new(plain["state"]["people"])
            return _encoder.encode(plain)
        case _:
            return _encoder.encode(message)


def _without_new(people: list[dict[str, Any]]) -> None:
    for person in people:
        for field in _NEW_OF_A_PERSON:
            del person[field]
