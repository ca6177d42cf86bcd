"""How many connections one address may open, and all together; slow and malformed senders."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from server import door, logs
from server.config import Log, load
from server.door import Door
from server.listeners import Listeners

LOOPBACK = "127.0.0.1"


class Transport(asyncio.Transport):
    """A transport from an address of our choice."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1)})
        self.aborted = False
        self.protocol: asyncio.BaseProtocol | None = None

    def abort(self) -> None:
        self.aborted = True

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def is_closing(self) -> bool:
        return self.aborted

    def close(self) -> None:
        self.aborted = True


@pytest.fixture
async def server() -> AsyncIterator[web.Server]:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    assert runner.server is not None
    yield runner.server
    await runner.cleanup()


def knock(server: web.Server, address: str) -> bool:
    """Whether a connection from `address` is let in."""
    transport = Transport(address)
    Door(server, lambda: ("10.0.0.1",)).connection_made(transport)
    return not transport.aborted


async def test_one_address_gets_its_share_and_others_are_not_affected(server, monkeypatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_PER_ADDRESS", 3)
    assert [knock(server, "192.0.2.7") for _ in range(5)] == [True, True, True, False, False]
    assert knock(server, "192.0.2.8")


async def test_a_host_cannot_multiply_itself_by_its_ipv6_addresses(server, monkeypatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_PER_ADDRESS", 2)
    assert [knock(server, f"2001:db8::{n}") for n in range(4)] == [True, True, False, False]
    assert knock(server, "2001:db8:0:1::1")


@pytest.mark.parametrize("address", [LOOPBACK, "127.0.0.3", "::1", "10.0.0.1"])
async def test_this_machine_has_no_share(server, monkeypatch, address: str) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_PER_ADDRESS", 1)
    assert all(knock(server, address) for _ in range(5))


async def test_all_together_have_a_limit(server, monkeypatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS", 3)
    assert [knock(server, LOOPBACK) for _ in range(5)] == [True, True, True, False, False]


@pytest.fixture
async def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server with our limits and one page; it waits a shorter time for headers."""
    monkeypatch.setattr("server.listeners.HEADERS_WITHIN_S", 0.5)
    flags = {"data_dir": tmp_path, "http.port": 0, "https.enabled": False}
    listeners = Listeners(load(flags, {}).config)
    app = web.Application()
    app.router.add_get("/", _answer)
    await listeners.prepare()
    await listeners.serve(app)
    yield listeners.running(1, None).http_port
    await listeners.close()
    await listeners.close()


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="here")


async def exchange(port: int, sent: bytes) -> bytes:
    """What comes back for raw bytes, up to the end of the connection."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(sent)
    async with asyncio.timeout(60):
        said = await reader.read()
    writer.close()
    return said


async def test_a_plain_request_is_answered(listening: int) -> None:
    assert b"here" in await exchange(listening, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"\0" * 100,
    ],
)
async def test_bytes_that_are_no_request_are_answered_400_and_never_logged(listening: int, sent: bytes, caplog) -> None:
    logging.getLogger("aiohttp.server").addFilter(logs._is_ours)
    with caplog.at_level(logging.DEBUG, "aiohttp.server"):
        said = await exchange(listening, sent)
    assert said == b"" or said.startswith(b"HTTP/1.1 4") or said.startswith(b"HTTP/1.0 4")
    assert [record for record in caplog.records if record.exc_info and logs._is_ours(record)] == []
    assert b"here" in await exchange(listening, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


async def test_an_unfinished_header_is_not_waited_for(listening: int) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, listening)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    async with asyncio.timeout(60):
        assert await reader.read() == b""
    writer.close()


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Whatever a test does to the process's logging is undone after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_restored")
def test_logs_are_one_json_object_a_line(capsys) -> None:
    logs.configure(Log(format="json", level="info"))
    structlog.get_logger("x").info("room open", lesson="01")
    logging.getLogger("elsewhere").warning("careful")
    logging.getLogger("elsewhere").info("never said")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["room open", "careful"]
    assert lines[0]["lesson"] == "01"
