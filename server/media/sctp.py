"""The server's end of a browser's data channel: datagrams with a receipt, in no order, never sent again by themselves.

SCTP (RFC 9260) with partial reliability (RFC 3758) over a connection's DTLS (RFC 8261), as little of it as a channel
needs that both ends agreed on in advance (RFC 8831, `negotiated`) and that only we send on. Whoever uses it decides
what is worth sending again, so nothing ever waits for what was lost. Its user also keeps the rate: there is no
congestion control here. Pure; time is an argument.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from server.media import sctp_chunks as chunks
from server.media.sctp_chunks import Chunk, Packet, Sack

STREAM = 0
PIECE_BYTES = 1_100
"""Of a message in one packet: with all headers it fits a path of 1280 bytes."""
MESSAGE_BYTES = 32 * 1024
WINDOW_BYTES = 64 * 1024
GIVEN_UP_AFTER_S = 4.0
"""What has no receipt by then is given up: far above any round trip that a lesson can be held over."""
MOST_ON_THE_WAY = 128
"""Browsers take no packet more than 256 ahead of the first one that they miss."""
MOST_BLOCKS = MOST_ON_THE_WAY // 2
"""Of a receipt: with more, what is on the way has no gaps left. Whoever is at the other end, it costs us little."""


class _Piece(Struct):
    tsn: int
    message: int
    sent_s: float
    came: bool = False


class Association:
    """One channel. `receive` and `send` leave packets in `outgoing`, to be sent at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._tag, self._peer_tag = 1 + secrets.randbelow(0xFFFFFFFF), 0
        self._cookie = secrets.token_bytes(16)
        self._first_tsn = self._next_tsn = secrets.randbelow(1 << 31)
        self._given_up = self._cumulative = self._first_tsn - 1
        self._pieces: deque[_Piece] = deque()
        self._messages = 0
        self._missing: dict[int, int] = {}
        """Pieces of each message that have no receipt yet; none of them has been given up."""
        self.open = False
        self._outgoing: list[bytes] = []

    def outgoing(self) -> list[bytes]:
        """Packets to send now; they are handed out once."""
        packets, self._outgoing = self._outgoing, []
        return packets

    def send(self, message: bytes, now_s: float) -> int | None:
        """Sends a message once; its number, for the receipt. None where the channel is not open, or full.

        message: at most MESSAGE_BYTES.
        """
        assert 0 < len(message) <= MESSAGE_BYTES, "whoever sends knows the limit"
        pieces = [message[at : at + PIECE_BYTES] for at in range(0, len(message), PIECE_BYTES)]
        self._give_up(now_s)
        if not self.open or len(self._pieces) + len(pieces) > MOST_ON_THE_WAY:
            return None
        self._messages += 1
        self._missing[self._messages] = len(pieces)
        for at, piece in enumerate(pieces):
            flags = (chunks.BEGINS if at == 0 else 0) | (chunks.ENDS if at == len(pieces) - 1 else 0)
            self._pieces.append(_Piece(self._next_tsn, self._messages, now_s))
            forward = [chunks.forward_tsn(_wire(self._given_up))] if self._given_up > self._cumulative else []
            self._say(*forward, chunks.data(_wire(self._next_tsn), STREAM, flags, piece))
            self._next_tsn += 1
        return self._messages

    def receive(self, datagram: bytes) -> list[int]:
        """Takes a packet; the numbers of messages that are now known to have come.

        Of each kind one chunk: nobody needs to say more at once, and so no packet is answered by many.
        """
        packet = chunks.parsed(datagram)
        if packet is None:
            return []
        came: list[int] = []
        said: set[int] = set()
        for chunk in packet.chunks:
            if chunk.kind in said:
                continue
            said.add(chunk.kind)
            if chunk.kind == chunks.INIT and packet.tag == 0:
                self._begin(chunk)
            elif packet.tag == self._tag:
                came += self._take(chunk, packet)
        return came

    def _begin(self, chunk: Chunk) -> None:
        """The browser opens; an INIT that comes again gets the same answer (section 5.2.1)."""
        init = chunks.read_init(chunk.value)
        if init is None or (self._peer_tag and init.tag != self._peer_tag):
            return
        self._peer_tag = init.tag
        self._say(chunks.init_ack(self._tag, _wire(self._first_tsn), WINDOW_BYTES, self._cookie))

    def _take(self, chunk: Chunk, packet: Packet) -> list[int]:
        if chunk.kind == chunks.COOKIE_ECHO and chunk.value == self._cookie:
            self.open = True
            self._say(Chunk(chunks.COOKIE_ACK, 0, b""))
        elif chunk.kind == chunks.HEARTBEAT:
            self._say(Chunk(chunks.HEARTBEAT_ACK, 0, chunk.value))
        elif chunk.kind == chunks.ABORT:
            self.open = False
        elif chunk.kind == chunks.SACK and (sack := chunks.read_sack(chunk.value)) is not None:
            return list(self._received(sack))
        return []

    def _received(self, sack: Sack) -> Iterator[int]:
        """Messages of which every piece has come. What we gave up is not asked for: it counts as come over there."""
        cumulative = _near(sack.cumulative, self._next_tsn)
        self._cumulative = max(self._cumulative, cumulative)
        shift, blocks = cumulative - sack.cumulative, sack.came[:MOST_BLOCKS]
        for piece in self._pieces:
            told = piece.tsn <= self._cumulative or any(piece.tsn - shift in block for block in blocks)
            if not told or piece.came:
                continue
            piece.came = True
            if piece.message in self._missing:
                self._missing[piece.message] -= 1
                if not self._missing[piece.message]:
                    del self._missing[piece.message]
                    yield piece.message

    def _give_up(self, now_s: float) -> None:
        while self._pieces and (self._pieces[0].came or now_s - self._pieces[0].sent_s > GIVEN_UP_AFTER_S):
            piece = self._pieces.popleft()
            self._given_up = piece.tsn
            if not piece.came:
                self._missing.pop(piece.message, None)

    def _say(self, *said: Chunk) -> None:
        self._outgoing.append(chunks.packet(self._port, self._peer_tag, said))


def _wire(tsn: int) -> int:
    return tsn & 0xFFFFFFFF


def _near(tsn: int, reference: int) -> int:
    """A number on the wire without its wrap, nearest to `reference`."""
    return reference + ((tsn - reference + 0x80000000 & 0xFFFFFFFF) - 0x80000000)
