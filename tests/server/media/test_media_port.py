"""The one port with real sockets: batches, segments, framing, and a hostile neighbourhood."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from aiortc.mediastreams import AudioStreamTrack

from server.media import stun
from server.media.datagrams import BATCH, STRIDE, DatagramSocket
from server.media.framing import MAX_FRAME_BYTES
from server.media.listener import Listener
from server.media.plane import EventKind
from server.media.server import MediaConfig, MediaServer
from server.media.srtp import PacketBuffer
from tests.server.media.aiortc_clients import AiortcClient


def plain_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(10)
    return sock


def dropped(reason: str) -> None:
    raise AssertionError(f"dropped: {reason}")


# --- datagrams ---


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_batch_tells_sizes_and_senders(family: int, host: str) -> None:
    try:
        bound = DatagramSocket.bind(host, 0, family)
    except OSError:
        pytest.skip("no such address family here")
    senders = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(3)]
    target = bound.socket.getsockname()
    for at, sender in enumerate(senders):
        sender.bind((host, 0))
        sender.sendto(bytes([at]) * (at + 1), target)
        sender.sendto(b"", target)
    sizes, keys = bound.read()
    assert list(sizes) == [1, 0, 2, 0, 3, 0]
    assert [bound.address(key) for key in keys[::2]] == [sender.getsockname()[:2] for sender in senders]
    assert [bytes(bound.buffer.view[at * STRIDE : at * STRIDE + size]) for at, size in enumerate(sizes) if size] == [
        b"\x00",
        b"\x01\x01",
        b"\x02\x02\x02",
    ]
    assert bound.read() == ([], [])
    for sock in (bound, *senders):
        sock.close()


def test_a_long_datagram_is_cut_and_told_by_its_size() -> None:
    bound, sender = DatagramSocket.bind("127.0.0.1", 0, socket.AF_INET), plain_socket()
    sender.sendto(bytes(9000), bound.socket.getsockname())
    assert bound.read()[0] == [STRIDE]
    bound.close()
    sender.close()


def test_a_run_leaves_as_datagrams_of_equal_length_with_a_shorter_last_one() -> None:
    bound, receiver = DatagramSocket.bind("127.0.0.1", 0, socket.AF_INET), plain_socket()
    data = random.Random(1).randbytes(100 * 130 + 50)
    address = receiver.getsockname()
    expected = [data[at : at + 100] for at in range(0, len(data), 100)]
    assert bound.send_run(memoryview(data), 100, address, dropped)
    assert [receiver.recv(2048) for _ in expected] == expected
    bound.send_singly(memoryview(data), 100, address, dropped)
    assert [receiver.recv(2048) for _ in expected] == expected
    bound.close()
    receiver.close()


def test_what_the_kernel_refuses_is_counted_and_never_raised() -> None:
    bound = DatagramSocket.bind("127.0.0.1", 0, socket.AF_INET)
    reasons: list[str] = []
    bound.send(b"x", ("203.0.113.1", 9), reasons.append)
    bound.send(bytes(70_000), bound.socket.getsockname(), reasons.append)
    assert reasons
    assert set(reasons) == {"egress_error"}
    bound.close()


# --- listener ---


class Ears:
    """Takes what the listener hears; binds flows whose datagram says so."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes]] = []
        self.bound: set[int] = set()
        self.arrived = asyncio.Event()

    def receive(self, sizes: list[int], flows: list[int], buffer: PacketBuffer, stride: int) -> None:
        for at, (size, flow) in enumerate(zip(sizes, flows, strict=True)):
            self.inject(flow, bytes(buffer.view[at * stride : at * stride + size]))

    def inject(self, flow: int, data: bytes) -> None:
        self.heard.append((flow, data))
        if data.endswith(b"bind"):
            self.bound.add(flow)
        self.arrived.set()

    def is_bound(self, flow: int) -> bool:
        return flow in self.bound

    async def hear(self, count: int) -> list[tuple[int, bytes]]:
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                self.arrived.clear()
                await self.arrived.wait()
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
async def port() -> AsyncIterator[tuple[Listener, Ears, list[int]]]:
    lost: list[int] = []
    listener, ears = Listener(lost.append), Ears()
    await listener.start("127.0.0.1", 0, ears, lambda: None)
    yield listener, ears, lost
    await listener.close()
    await listener.close()


def binding(body: bytes) -> bytes:
    """What looks like a Binding request, and so is heard from strangers too."""
    return b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE + bytes(12) + body


async def test_media_of_a_stranger_is_nobodys(port: tuple[Listener, Ears, list[int]]) -> None:
    listener, ears, _ = port
    bound, stranger = plain_socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    target = ("127.0.0.1", listener.port)
    bound.sendto(binding(b"bind"), target)
    await ears.hear(1)
    stranger.bind(("127.0.0.2", bound.getsockname()[1]))  # the same port elsewhere: the kernel's filter passes it
    stranger.sendto(b"\x80media", target)
    assert await ears.hear(1) == [(0, b"\x80media")]
    bound.close()
    stranger.close()


async def test_only_bound_senders_keep_a_flow(port: tuple[Listener, Ears, list[int]]) -> None:
    listener, ears, _ = port
    sender = plain_socket()
    target = ("127.0.0.1", listener.port)
    flows = []
    for data in (binding(b"hello"), binding(b"bind"), b"\x80media"):
        sender.sendto(data, target)
        flows += [flow for flow, _ in await ears.hear(1)]
    assert flows[1] not in (0, flows[0])
    assert flows[2] == flows[1]
    assert listener.address(flows[0]) is None
    assert listener.address(flows[2]) == sender.getsockname()
    listener.send(flows[2], b"back")
    assert sender.recv(100) == b"back"
    listener.forget(flows[2])
    listener.send(flows[2], b"nobody")
    assert listener.dropped["egress_full"] == 1
    sender.close()


async def test_tcp_on_the_same_port_carries_framed_packets_both_ways(port: tuple[Listener, Ears, list[int]]) -> None:
    listener, ears, lost = port
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    stream = b"".join(struct.pack("!H", len(data)) + data for data in (b"\x00bind", b"", b"second", bytes(1500)))
    for at in range(0, len(stream), 700):
        writer.write(stream[at : at + 700])
        await writer.drain()
    heard = await ears.hear(3)
    assert [data for _, data in heard] == [b"\x00bind", b"second", bytes(1500)]
    flow = heard[0][0]
    listener.buffer.view[:7] = b"abcdefg"
    listener.send_run(flow, 7, 3)
    listener.send(flow, b"raw")
    async with asyncio.timeout(10):
        assert await reader.readexactly(18) == b"\x00\x03abc\x00\x03def\x00\x01g\x00\x03raw"
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(10):
        while not lost:
            await asyncio.sleep(0)
    assert lost == [flow]


async def test_a_frame_longer_than_any_packet_ends_the_connection(port: tuple[Listener, Ears, list[int]]) -> None:
    listener, _, lost = port
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(struct.pack("!H", MAX_FRAME_BYTES + 1))
    async with asyncio.timeout(10):
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
    assert len(lost) == 1
    writer.close()


async def test_a_peer_that_stops_reading_loses_packets_and_holds_up_nobody(
    port: tuple[Listener, Ears, list[int]],
) -> None:
    listener, ears, _ = port
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1024)
    writer.write(b"\x00\x05\x00bind")
    ((flow, _),) = await ears.hear(1)
    for _ in range(20_000):
        listener.send(flow, bytes(1200))
        if listener.dropped["egress_full"]:
            break
    assert listener.dropped["egress_full"] == 1
    del reader
    writer.close()


# --- a server under fire ---


def junk(chance: random.Random, at: int) -> bytes:
    """Everything that scanners and attackers send."""
    match at % 10:
        case 0:
            return b""
        case 1:
            return bytes((chance.randrange(256),))
        case 2:
            return chance.randbytes(chance.randrange(12, 60))
        case 3:
            return b"\x80" + chance.randbytes(3000)
        case 4:
            return b"\x16\xfe\xff" + chance.randbytes(200)
        case 5:
            return b"\x00\x01" + chance.randbytes(2) + stun.COOKIE + chance.randbytes(chance.randrange(80))
        case 6:
            body = chance.randbytes(36)
            return b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE + chance.randbytes(12) + body
        case 7:
            return stun.request(chance.randbytes(12), "abcdefgh:ijkl", b"wrong", nominate=True)
        case 8:
            return b"\x80\xc8" + chance.randbytes(60)
        case _:
            return b"\x90\x60" + chance.randbytes(1200)


def port_in_use(server: MediaServer, connection: int) -> int:
    """The port from which the client of a connection sends."""
    flow = server.plane.selected_flow(connection)
    assert flow is not None
    address = server._listener.address(flow)
    assert address is not None
    return address[1]


async def test_a_flood_of_junk_is_never_answered_and_a_lesson_goes_on() -> None:
    """20,000 hostile datagrams, while a connection is set up and sound flows: half of them from the client's own port
    number at another address, which the kernel's filter passes."""
    started = asyncio.Event()
    server = MediaServer(
        MediaConfig(port=0), lambda kind, *_, **__: started.set() if kind is EventKind.SOURCE_STARTED else None
    )
    await server.start()
    attacker, neighbour = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    attacker.bind(("127.0.0.1", 0))
    for one in (attacker, neighbour):
        one.setblocking(False)
    chance = random.Random(3)
    client = AiortcClient(AudioStreamTrack())
    connection = server.offer(await client.offer())

    async def attack(attacker: socket.socket, count: int) -> None:
        for at in range(count):
            attacker.sendto(junk(chance, at), ("127.0.0.1", server.port))
            if at % BATCH == 0:
                await asyncio.sleep(0)

    try:
        async with asyncio.timeout(60):
            await asyncio.gather(attack(attacker, 10_000), client.accept(connection.answer), started.wait())
            before = server.plane.stats().packets_in
            neighbour.bind(("127.0.0.9", port_in_use(server, connection.id)))
            await attack(neighbour, 10_000)
            while server.plane.stats().packets_in < before + 20:
                await asyncio.sleep(0.01)
        counts = server.plane.stats().dropped
        assert {"size", "junk", "unbound", "stun"} <= set(counts)
        for one in (attacker, neighbour):
            with pytest.raises(BlockingIOError):
                one.recv(2048)
        assert connection.connected
    finally:
        attacker.close()
        neighbour.close()
        await client.close()
        await server.close()


async def test_a_spoofed_goodbye_or_handshake_from_elsewhere_changes_nothing() -> None:
    server = MediaServer(MediaConfig(port=0), lambda *_, **__: None)
    await server.start()
    client = AiortcClient()
    connection = server.offer(await client.offer())
    closed: list[str] = []
    connection.on_closed = closed.append
    foreign = plain_socket()
    alert = b"\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x09\x00\x02\x01\x00"
    hello = b"\x16\xfe\xff" + os.urandom(150)
    for data in (alert, hello):
        foreign.sendto(data, ("127.0.0.1", server.port))
    try:
        await client.accept(connection.answer)
        for data in (alert, hello):
            foreign.sendto(data, ("127.0.0.1", server.port))
        other = AiortcClient()
        await other.offer()
        await other.close()
        assert closed == []
        assert connection.connected
    finally:
        foreign.close()
        await client.close()
        await server.close()
