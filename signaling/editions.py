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
    PicturePut,
    Roster,
    Signalled,
    SignalTaken,
    Snapshot,
    StrokeDrawn,
    Welcome,
)

_NEW_OF_A_PERSON = ("part", "beside", "sign", "present_count")
_NO_INK: dict[str, Any] = {"colour": "#000000", "width": 4, "points": [0, 0, 0]}
"""A stroke that shows nothing: it stands for a picture, which can be undone and hidden like one."""
_encoder = msgspec.json.Encoder()


def earlier(message: FromServer, edition: int) -> bytes | None:
    """The frame for a client that reads no more than this edition; None where it is told nothing."""
    match message:
        case _ if edition > 2:
            return _encoder.encode(message)
        case Logged(event=PicturePut(id=operation, page=page)):
            unseen = StrokeDrawn(id=operation, page=page, **_NO_INK)
            return _encoder.encode(msgspec.structs.replace(message, event=unseen))
        case Snapshot() if edition > 1:
            plain: dict[str, Any] = msgspec.to_builtins(message)
            return _encoder.encode(_without_pictures(plain))
        case _ if edition > 1:
            return _encoder.encode(message)
        case _:
            return _first(message)


def _first(message: FromServer) -> bytes | None:
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
            return _encoder.encode(_without_pictures(plain))
        case _:
            return _encoder.encode(message)


def _without_pictures(snapshot: dict[str, Any]) -> dict[str, Any]:
    for page in snapshot["state"]["board"]["pages"]:
        page["objects"] += [_unseen(picture) for picture in page.pop("pictures")]
    return snapshot


def _unseen(picture: dict[str, Any]) -> dict[str, Any]:
    return {"id": picture["id"], "by": picture["by"], "hidden_by": picture["hidden_by"], **_NO_INK}


def _without_new(people: list[dict[str, Any]]) -> None:
    for person in people:
        for field in _NEW_OF_A_PERSON:
            del person[field]
