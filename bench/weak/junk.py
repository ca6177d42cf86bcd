"""Junk at a UDP port: `python -m bench.weak.junk ADDRESS PORT PER_SECOND`, until it is ended.

Four kinds take turns: noise, and what begins like STUN, DTLS and RTP (RFC 7983) without being it; seeded, from many
ports.
"""

from __future__ import annotations

import socket
import sys
import time
from random import Random
from typing import Final

SOCKETS: Final = 64
KINDS: Final = 256
BURST_S: Final = 0.005
FIRST_BYTES: Final = ((0, 256), (0, 2), (20, 64), (128, 192))
STUN_COOKIE: Final = bytes.fromhex("2112a442")


def datagrams(random: Random) -> list[bytes]:
    """KINDS different ones, of up to 1200 bytes."""
    made = []
    for at in range(KINDS):
        low, high = FIRST_BYTES[at % len(FIRST_BYTES)]
        body = random.randbytes(random.randint(12, 1199))
        if high == 2:
            body = b"\x01" + (len(body) // 4 * 4).to_bytes(2, "big") + STUN_COOKIE + body
        made.append(bytes([random.randrange(low, high)]) + body)
    return made


def main() -> None:
    """Sends in bursts of BURST_S, and never more than is due."""
    address, port, per_second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
    for sender in senders:
        sender.connect((address, port))
    junk, sent, began = datagrams(Random(1)), 0, time.monotonic()
    while True:
        due = int((time.monotonic() - began) * per_second)
        for number in range(sent, due):
            try:
                senders[number % SOCKETS].send(junk[number % KINDS])
            except ConnectionRefusedError:
                continue  # the port is closed for a moment; the next one may arrive
        sent = due
        time.sleep(BURST_S)


if __name__ == "__main__":
    main()
