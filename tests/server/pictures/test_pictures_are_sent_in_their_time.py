"""A picture leaves a thin line its room, and hurries once the line has become better."""

from server.pictures.pace import FIRST_BYTES, PIECE_BYTES, pieces
from signaling.messages import Rung

CONTENT = bytes(range(256)) * 40


async def sent(*rungs: Rung) -> list[bytes]:
    """The pieces where the line stands on these rungs, one after the other, and stays on the last."""
    told = list(rungs)
    return [piece async for piece in pieces(CONTENT, lambda: told.pop(0) if len(told) > 1 else told[0])]


async def test_a_thin_line_gets_one_packet_at_a_time() -> None:
    came = await sent("smaller")
    assert b"".join(came) == CONTENT
    assert len(came[0]) == FIRST_BYTES
    assert {len(piece) for piece in came[1:-1]} == {PIECE_BYTES}


async def test_the_rest_comes_at_once_when_the_line_has_become_better() -> None:
    came = await sent("smaller", "full")
    assert b"".join(came) == CONTENT
    assert [len(piece) for piece in came] == [FIRST_BYTES, PIECE_BYTES, len(CONTENT) - FIRST_BYTES - PIECE_BYTES]
