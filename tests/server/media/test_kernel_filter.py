"""What the media port's filter in the kernel passes, seen at a real socket."""

from __future__ import annotations

import socket

import pytest

from server.media.kernel_filter import MOST_PORTS, attach

COOKIE = bytes.fromhex("2112a442")


def binding(kind: int = 1, length: int | None = None, cookie: bytes = COOKIE, body: bytes = bytes(8)) -> bytes:
    size = len(body) if length is None else length
    return kind.to_bytes(2, "big") + size.to_bytes(2, "big") + cookie + bytes(12) + body


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def pair(request: pytest.FixtureRequest):
    family, host = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as receiver, socket.socket(family, socket.SOCK_DGRAM) as sender:
        try:
            receiver.bind((host, 0))
        except OSError:
            pytest.skip("no such address family here")
        sender.bind((host, 0))
        sender.connect(receiver.getsockname()[:2])
        receiver.setblocking(False)
        yield receiver, sender


def came(receiver: socket.socket) -> list[bytes]:
    """What stands in the socket: over loopback a datagram is there, or dropped, when `send` returns."""
    found = []
    while True:
        try:
            found.append(receiver.recv(2048))
        except BlockingIOError:
            return found


def test_of_strangers_only_whole_binding_requests_pass(pair: tuple[socket.socket, socket.socket]) -> None:
    receiver, sender = pair
    assert attach(receiver, ())
    junk = [
        b"", b"\x00", binding(kind=0x0101), binding(kind=0x0011), binding(length=12), binding(length=4),
        binding(cookie=bytes(4)), binding()[:-1], b"\x16" + bytes(40), b"\x80" + bytes(40), b"\xff" * 100,
    ]  # fmt: skip
    for one in (*junk, binding(), binding(body=b"")):
        sender.send(one)
    assert came(receiver) == [binding(), binding(body=b"")]


def test_of_known_ports_media_and_dtls_pass_and_a_new_filter_replaces_the_old_one(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    receiver, sender = pair
    port = sender.getsockname()[1]
    media = [b"\x80" + bytes(40), b"\x16" + bytes(40), b"\x90"]
    for ports, expected in (((port - 1, port, port + 1), media), ((port - 1, port + 1), []), ((port,), media)):
        assert attach(receiver, ports)
        for one in media:
            sender.send(one)
        assert came(receiver) == expected


def test_with_too_many_ports_everything_passes_as_without_a_filter(pair: tuple[socket.socket, socket.socket]) -> None:
    receiver, sender = pair
    port = sender.getsockname()[1]
    many = [one for one in range(1024, 1024 + MOST_PORTS + 1) if one != port][:MOST_PORTS]
    assert attach(receiver, many)
    sender.send(b"\x80")
    assert came(receiver) == []
    assert attach(receiver, [*many, port]) is False
    sender.send(b"\x80")
    assert came(receiver) == [b"\x80"]
