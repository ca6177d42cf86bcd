"""The server's end of a browser's data channel: datagrams with a receipt, in no order, never sent again by themselves.

SCTP (RFC 9260) with partial reliability (RFC 3758) over a connection's DTLS (RFC 8261), as little of it as a channel
needs that both ends agreed on in advance (RFC 8831, `negotiated`). Whoever uses it decides what is worth sending again,
so nothing ever waits for what was lost. Its user also keeps the rate: there is no congestion control here. What
comes is taken by `sctp_intake`. Pure; time is an argument.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from server.media import sctp_chunks as chunks
from server.media.sctp_chunks import Chunk, Sack
from server.media.sctp_intake import HELD_BYTES, MESSAGE_BYTES, STREAM, Intake, Message

PIECE_BYTES = 1_100
"""Of a message in one packet: with all headers it fits a path of 1280 bytes."""
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
        self._intake: Intake | None = None
        self._came: list[Message] = []
        self._owed: tuple[Chunk, ...] | None = None
        """What goes along with the receipt for this packet; None: none is due."""
        self._outgoing: list[bytes] = []

    def outgoing(self) -> list[bytes]:
        """Packets to send now; they are handed out once."""
        packets, self._outgoing = self._outgoing, []
        return packets

    def messages(self) -> list[Message]:
        """What has come whole; it is handed out once."""
        came, self._came = self._came, []
        return came

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
            forward = [chunks.forward_tsn(chunks.wire(self._given_up))] if self._given_up > self._cumulative else []
            self._say(*forward, chunks.data(chunks.wire(self._next_tsn), STREAM, flags, piece))
            self._next_tsn += 1
        return self._messages

    def receive(self, datagram: bytes) -> list[int]:
        """Takes a packet; the numbers of messages that are now known to have come.

        Of each kind but DATA one chunk: nobody needs to say more at once, and so no packet is answered by many.
        """
        packet = chunks.parsed(datagram)
        if packet is None:
            return []
        came: list[int] = []
        said: set[int] = set()
        for chunk in packet.chunks:
            if chunk.kind in said and chunk.kind != chunks.DATA:
                continue
            said.add(chunk.kind)
            if chunk.kind == chunks.INIT and packet.tag == 0:
                self._begin(chunk)
            elif packet.tag == self._tag:
                came += self._take(chunk)
        if self._owed is not None and self._intake is not None:
            self._say(self._intake.receipt(), *self._owed)
            self._owed = None
        return came

    def _begin(self, chunk: Chunk) -> None:
        """The browser opens; an INIT that comes again gets the same answer (section 5.2.1)."""
        init = chunks.read_init(chunk.value)
        if init is None or (self._peer_tag and init.tag != self._peer_tag):
            return
        self._peer_tag = init.tag
        self._intake = self._intake or Intake(init.tsn)
        self._say(chunks.init_ack(self._tag, chunks.wire(self._first_tsn), HELD_BYTES, self._cookie))

    def _take(self, chunk: Chunk) -> list[int]:
        if chunk.kind == chunks.COOKIE_ECHO and chunk.value == self._cookie:
            self.open = True
            self._say(Chunk(chunks.COOKIE_ACK, 0, b""))
        elif chunk.kind == chunks.HEARTBEAT:
            self._say(Chunk(chunks.HEARTBEAT_ACK, 0, chunk.value))
        elif chunk.kind == chunks.ABORT:
            self.open = False
        elif chunk.kind == chunks.SACK and (sack := chunks.read_sack(chunk.value)) is not None:
            return list(self._received(sack))
        elif self.open and self._intake is not None:
            self._bring(self._intake, chunk)
        return []

    def _bring(self, intake: Intake, chunk: Chunk) -> None:
        """What the browser sends, or will not send again."""
        if chunk.kind == chunks.DATA and (data := chunks.read_data(chunk)) is not None:
            message = intake.take(data)
            if message is not None:
                self._came.append(message)
            self._owed = () if data.stream == STREAM else (chunks.no_such_stream(data.stream),)
        elif chunk.kind == chunks.FORWARD_TSN and (upto := chunks.read_forward_tsn(chunk.value)) is not None:
            intake.given_up(upto)
            self._owed = self._owed or ()

    def _received(self, sack: Sack) -> Iterator[int]:
        """Messages of which every piece has come. What we gave up is not asked for: it counts as come over there."""
        cumulative = chunks.near(sack.cumulative, self._next_tsn)
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
