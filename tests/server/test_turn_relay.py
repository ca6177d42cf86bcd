"""The relay as deploy/ sets it up, with the real coturn and HAProxy: what gets through, and what does not."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web
from aioice import stun, turn

from server import certificates
from server.addresses import own_addresses
from server.commands import relay
from server.config import Config, load
from server.doctor.ways import ways
from server.turn import LIFETIME_S, credentials, secret_of, urls

OWN = own_addresses()
READY_WITHIN_S = 10.0
needs_programs = pytest.mark.skipif(
    not (shutil.which("turnserver") and shutil.which("haproxy") and OWN),
    reason="no coturn, HAProxy or network here: deploy/setup.sh dev installs the two",
)
NOW_S = datetime.now(UTC).timestamp()


@dataclass(frozen=True)
class Relay:
    """A running relay. tls: trusts the server's authority."""

    config: Config
    secret: str
    tls: ssl.SSLContext


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path) -> Config:
    ports = {name: free_port() for name in ("relay.port", "relay.tls_port", "http.port")}
    return load({"data_dir": folder, "relay.host": OWN[0], **ports}, {}).config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    config = configured(tmp_path_factory.mktemp("relay"))
    identity = certificates.ensure(config.data_dir / "tls", ["localhost", *OWN], datetime.now(UTC))
    folder = relay.write(config, OWN, root=False)
    programs = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (
            ["turnserver", "-c", str(folder / relay.TURNSERVER_CONF)],
            ["haproxy", "-db", "-f", str(folder / relay.HAPROXY_CFG)],
        )
    ]
    try:
        for port in (config.relay.port, config.relay.tls_port):
            asyncio.run(listening(port))
        yield Relay(config, secret_of(config.data_dir), ssl.create_default_context(cafile=identity.authority))
    finally:
        for program in programs:
            program.kill()
            program.wait()


async def listening(port: int) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(OWN[0], port)
                writer.close()
                return
            await asyncio.sleep(0.05)


class Inbox(asyncio.DatagramProtocol):
    """Datagrams as they come; an echo sends each back."""

    def __init__(self, *, echo: bool = False) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self._echo = echo
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes | str, addr: tuple[str, int]) -> None:
        assert isinstance(data, bytes)
        self.came.put_nowait(data)
        if self._echo and self._transport is not None:
            self._transport.sendto(data.upper(), addr)


@asynccontextmanager
async def allocated(
    running: Relay, way: str, user: str, password: str
) -> AsyncIterator[tuple[Inbox, turn.TurnTransport]]:
    port = running.config.relay.tls_port if way == "tls" else running.config.relay.port
    transport, inbox = await turn.create_turn_endpoint(
        Inbox,
        server_addr=(OWN[0], port),
        username=user,
        password=password,
        ssl=running.tls if way == "tls" else None,
        transport="udp" if way == "udp" else "tcp",
    )
    try:
        yield inbox, transport
    finally:
        transport.close()


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_media_goes_through_the_relay_over_udp_tcp_and_tls(running: Relay, way: str) -> None:
    loop = asyncio.get_running_loop()
    media, _ = await loop.create_datagram_endpoint(lambda: Inbox(echo=True), local_addr=(OWN[0], 0))
    try:
        async with allocated(running, way, *credentials(running.secret, "room-1", NOW_S)) as (inbox, transport):
            transport.sendto(b"hello", media.get_extra_info("sockname"))
            async with asyncio.timeout(READY_WITHIN_S):
                assert await inbox.came.get() == b"HELLO"
    finally:
        media.close()


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize(
    "peer",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.9",
        "192.168.7.7",
        "169.254.169.254",
        "8.8.8.8",
        "224.0.0.1",
    ],
)
async def test_coturn_refuses_peers_that_are_not_the_media_ports_address(running: Relay, peer: str) -> None:
    async with allocated(running, "udp", *credentials(running.secret, "room-1", NOW_S)) as (_, transport):
        inner = transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
        with pytest.raises(stun.TransactionFailed) as refused:
            await inner.channel_bind(0x4000, (peer, 8444))
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize("fault", ["password", "expired", "another secret"])
async def test_credentials_that_are_wrong_or_old_open_nothing(running: Relay, fault: str) -> None:
    at_s = NOW_S - LIFETIME_S - 60 if fault == "expired" else NOW_S
    user, password = credentials("guess" if fault == "another secret" else running.secret, "room-1", at_s)
    with pytest.raises(stun.TransactionFailed) as refused:
        async with allocated(running, "udp", user, "no" if fault == "password" else password):
            pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


@pytest.mark.media
@needs_programs
@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1"], []])
async def test_pages_come_through_the_same_port_with_the_callers_true_address(
    running: Relay, protocols: list[str]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(
            {name: request.headers.getall(name) for name in ("X-Forwarded-For", "X-Forwarded-Proto")}
        )

    app = web.Application()
    app.router.add_get("/", answer)
    pages = web.AppRunner(app)
    await pages.setup()
    await web.TCPSite(pages, "127.0.0.1", running.config.http.port).start()
    tls = ssl.create_default_context(cafile=running.config.data_dir / "tls" / "ca.crt")
    if protocols:
        tls.set_alpn_protocols(protocols)
    address = f"https://{OWN[0]}:{running.config.relay.tls_port}"
    try:
        async with ClientSession(connector=TCPConnector(ssl=tls), headers={"X-Forwarded-For": "1.2.3.4"}) as client:
            async with client.get(f"{address}/") as page:
                assert await page.json() == {"X-Forwarded-For": [OWN[0]], "X-Forwarded-Proto": ["https"]}
            async with client.get(f"{address}/metrics") as figures:
                assert figures.status == 404
    finally:
        await pages.cleanup()


def test_without_a_relay_or_a_certificate_the_command_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from server import cli

    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert cli.run(["relay", "--data", str(tmp_path)]) == 78
    assert "relay.host" in capsys.readouterr().err
    monkeypatch.setenv("TONGKE_RELAY_HOST", "tongke.example.cn")
    assert cli.run(["relay", "--data", str(tmp_path)]) == 78
    assert "relay.certificate" in capsys.readouterr().err


def test_the_files_are_their_owners_only_and_stay_the_same_until_something_changes(tmp_path: Path) -> None:
    pem = tmp_path / "own.pem"
    pem.write_text("chain and key\n")
    config = load({"data_dir": tmp_path, "relay.host": "tongke.example.cn", "relay.certificate": pem}, {}).config
    folder = relay.write(config, ("192.0.2.7",), root=False)
    written = {file.name: file.stat() for file in folder.iterdir()}
    assert set(written) == {"secret", "turnserver.conf", "haproxy.cfg", "443.pem"}
    assert all(status.st_mode & 0o077 == 0 for status in written.values())
    relay.write(config, ("192.0.2.7",), root=False)
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == {
        name: status.st_mtime_ns for name, status in written.items()
    }
    relay.write(config, ("192.0.2.8",), root=False)
    assert "allowed-peer-ip=192.0.2.8\n" in (folder / "turnserver.conf").read_text()


@pytest.mark.media
@needs_programs
def test_the_doctor_tries_each_way_through_the_relay_and_says_which_works(running: Relay, tmp_path: Path) -> None:
    found = ways(running.config)
    assert [(one.level, one.values["url"]) for one in found] == [("ok", url) for url in urls(running.config.relay)]
    nobody = ways(configured(tmp_path))
    assert {one.level for one in nobody} == {"warning"}
    assert [one.says for one in ways(load({"data_dir": tmp_path}, {}).config)] == ["relay.off"]
