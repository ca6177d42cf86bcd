"""Junk at a UDP port: `python -m classroom_client.lines.junk ADDRESS PORT PER_SECOND`, until its standard input ends.

Four kinds take turns: noise, and what begins like STUN, DTLS and RTP (RFC 7983) without being it; seeded, from many
ports.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from contextlib import suppress
from random import Random
from typing import Final

SOCKETS: Final = 64
KINDS: Final = 256
BURST_S: Final = 0.005
RUN: Final = 40
UDP_SEGMENT: Final = 103
STUN_BEFORE: Final = 4
FIRST_BYTES: Final = ((4, 256), (0, STUN_BEFORE), (20, 64), (128, 192))
STUN_COOKIE: Final = bytes.fromhex("2112a442")


def datagrams(random: Random) -> list[bytes]:
    """KINDS different ones, of up to 1200 bytes."""
    made = []
    for at in range(KINDS):
        low, high = FIRST_BYTES[at % len(FIRST_BYTES)]
        body = random.randbytes(random.randint(12, 1179))
        if high == STUN_BEFORE:  # a whole Binding request, for nobody we know (RFC 8489, section 5)
            made.append(b"\x00\x01" + (len(body) - 12).to_bytes(2, "big") + STUN_COOKIE + body)
        else:
            made.append(bytes([random.randrange(low, high)]) + body)
    return made


def main() -> None:
    """Sends runs of equal datagrams, one call a run (UDP_SEGMENT, udp(7)): it must cost little beside a lesson."""
    address, port, per_second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
    for sender in senders:
        sender.connect((address, port))
    junk, sent, began = datagrams(Random(1)), 0, time.monotonic()  # noqa: S311 (the same junk each time)
    while not select.select([sys.stdin], [], [], BURST_S)[0]:
        due = int((time.monotonic() - began) * per_second)
        while sent + RUN <= due:
            one = junk[sent // RUN % KINDS]
            control = [(socket.SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(one)))]
            with suppress(OSError):  # the port is closed for a moment; the next run may arrive
                senders[sent // RUN % SOCKETS].sendmsg([one * RUN], control)
            sent += RUN


if __name__ == "__main__":
    main()
