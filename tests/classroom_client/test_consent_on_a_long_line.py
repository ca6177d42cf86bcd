"""Whether a connection that works is kept, and one that is dead given up, however long the way is."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

import pytest
from aioice import Candidate
from aioice.ice import CandidatePair, Connection, StunProtocol
from aioice.stun import Class, Message, parse_message

from classroom_client import consent
from classroom_client.peer import Peer

pytestmark = pytest.mark.media
SERVER = ("192.0.2.1", 8444)


class Hurried(asyncio.SelectorEventLoop):
    """A loop whose clock leaps to the next thing that is due."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(Leaping(self))

    def time(self) -> float:
        return self.now_s


class Leaping(selectors.SelectSelector):
    def __init__(self, loop: Hurried) -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout:
            self.loop.now_s += timeout
        return found


class Line:
    """Answers each check after a round trip; `lost` says which it never sees."""

    def __init__(self, ice: Connection, round_trip_s: float, lost: Callable[[int], bool]) -> None:
        self.ice, self.round_trip_s, self.lost = ice, round_trip_s, lost
        self.protocol = StunProtocol(ice)
        self.protocol.transport = self  # type: ignore[assignment]
        self.protocol.local_candidate = Candidate("2", 1, "udp", 2, "192.0.2.2", 50_000, "host")
        self.sent_s: list[float] = []

    def sendto(self, data: bytes, _address: object) -> None:
        loop = asyncio.get_running_loop()
        self.sent_s.append(loop.time())
        if not self.lost(len(self.sent_s) - 1):
            loop.call_later(self.round_trip_s, self._answer, parse_message(data))

    def _answer(self, asked: Message) -> None:
        answer = Message(asked.message_method, Class.RESPONSE, asked.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = SERVER
        answer.add_message_integrity(self.ice.remote_password.encode())
        self.protocol.datagram_received(bytes(answer), SERVER)


def kept_s(round_trip_s: float, lost: Callable[[int], bool] = lambda _: False, most_s: float = 300.0) -> float:
    """For how long a connection is kept on such a line, at most `most_s`."""

    async def lasted() -> float:
        ice = Connection(ice_controlling=True)
        ice.remote_username, ice.remote_password = "far", "far's password"
        line = Line(ice, round_trip_s, lost)
        remote = Candidate("1", 1, "udp", 1, SERVER[0], SERVER[1], "host")
        ice._nominated[1] = CandidatePair(line.protocol, remote)
        ended = asyncio.create_task(consent.keep(ice))
        await asyncio.wait({ended}, timeout=most_s)
        at_s = asyncio.get_running_loop().time()
        if ended.done():
            await ended
        ended.cancel()
        return at_s

    loop = Hurried()
    try:
        return loop.run_until_complete(lasted())
    finally:
        loop.close()


@pytest.mark.parametrize("round_trip_s", [0.02, 0.6, 1.2, 3.0])
def test_a_line_that_answers_is_kept_however_long_it_takes(round_trip_s: float) -> None:
    assert kept_s(round_trip_s) == 300.0


def test_every_other_check_may_be_lost_on_a_long_line() -> None:
    assert kept_s(0.6, lambda number: number % 2 == 0) == 300.0


def test_a_line_that_no_longer_answers_is_given_up_after_half_a_minute() -> None:
    assert 28.0 <= kept_s(0.6, lambda _: True) <= 40.0


async def test_a_peer_asks_in_this_way() -> None:
    peer = Peer(1)
    asked: list[Connection] = []

    async def keep(ice: Connection) -> None:
        asked.append(ice)

    ice = peer.transport.transport.iceGatherer._connection
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(consent, "keep", keep)
            await ice.query_consent()
    finally:
        await peer.close()
    assert asked == [ice]
