"""The shipped configurations of nginx and Caddy, run by Debian's own, with Tongke behind them.

Only names of files and numbers of ports are replaced, for they are the machine's.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bench.ports import free_ports
from server import certificates
from server.addresses import own_addresses
from server.exchange.limits import FILE_BYTES
from server.pictures.limits import UPLOAD_BYTES
from signaling.messages import VERSION
from tests.e2e.running import Server

PROXY = Path(__file__).parents[2] / "deploy" / "proxy"
NAME = "tongke.example.cn"
READY_WITHIN_S = 15.0
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")
OUTSIDE = next((one for one in own_addresses() if ":" not in one), None)
"""An address of this machine that is not loopback: who comes from there comes from somewhere else."""
pytestmark = [pytest.mark.media, pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Behind:
    """A proxy that runs. http: its port for what is not encrypted, 0 where there is none."""

    kind: str
    https: int
    http: int
    webroot: Path
    tls: ssl.SSLContext
    server: Server

    @property
    def base(self) -> str:
        return f"https://{NAME}:{self.https}"

    @asynccontextmanager
    async def session(self, address: str = "127.0.0.1") -> AsyncIterator[aiohttp.ClientSession]:
        """Requests to the name, at one of this machine's addresses, which they also come from."""
        connector = aiohttp.TCPConnector(resolver=To(address), ssl=self.tls, local_addr=(address, 0))
        headers = {"Host": NAME}
        async with aiohttp.ClientSession(
            connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
        ) as one:
            yield one


class To(AbstractResolver):
    """Every name is at one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=self._address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return


def nginx(folder: Path, ports: list[str], behind: str, identity: certificates.Identity) -> list[str]:
    """The shipped file within the least that nginx needs around it; the command that runs it."""
    shipped = (PROXY / "nginx.conf").read_text(encoding="utf-8")
    ours = _replaced(shipped, {
        r"127\.0\.0\.1:8080": f"127.0.0.1:{behind}",
        r"listen 443": f"listen {ports[0]}", r"listen 80": f"listen {ports[1]}",
        r"/etc/letsencrypt/live/.*/fullchain\.pem": str(identity.certificate),
        r"/etc/letsencrypt/live/.*/privkey\.pem": str(identity.key), r"/var/www/html": str(folder / "webroot"),
        r"    listen \[::\]:\d+.*\n": "",
    })  # fmt: skip
    (folder / "site.conf").write_text(ours, encoding="utf-8")
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/proxy.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{kept}include {folder}/site.conf;\n}}\n"
    )
    return [str(NGINX), "-p", str(folder), "-e", str(folder / "proxy.log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, ports: list[str], behind: str, identity: certificates.Identity) -> list[str]:
    """The shipped file with a certificate of ours: the test has nobody to ask for one by ACME."""
    shipped = (PROXY / "Caddyfile").read_text(encoding="utf-8")
    ours = _replaced(shipped, {
        r"127\.0\.0\.1:8080": f"127.0.0.1:{behind}",
        rf"(?m)^{NAME} {{": f"{NAME} {{\n\ttls {identity.certificate} {identity.key}",
    })  # fmt: skip
    options = f"{{\n\tadmin off\n\thttps_port {ports[0]}\n\thttp_port {ports[1]}\n}}\n"
    (folder / "Caddyfile").write_text(options + ours, encoding="utf-8")
    return [str(CADDY), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def _replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        text, count = re.subn(old, lambda _, new=new: new, text)  # type: ignore[misc]
        assert count, f"{old} is not in the file any more"
    return text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Set up as the files say."""
    folder = tmp_path_factory.mktemp("tongke")
    http, media = free_ports(2)
    (folder / "tongke.toml").write_text(
        f'[https]\nenabled = false\n[web]\npublic_origins = ["https://{NAME}"]\ntrusted_proxies = ["127.0.0.0/8"]\n'
    )
    one = Server(
        folder / "data", ["--config", str(folder / "tongke.toml"), "--port", http, "--media-port", media], links={}
    )
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def behind(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    if (NGINX if request.param == "nginx" else CADDY) is None:
        pytest.skip(f"no {request.param} here: deploy/setup.sh dev installs it")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "webroot" / ".well-known" / "acme-challenge").mkdir(parents=True)
    identity = certificates.ensure(folder / "tls", [NAME], datetime.now(UTC))
    ports, inner = free_ports(2), server.links["http"].rpartition(":")[2]
    command = (nginx if request.param == "nginx" else caddy)(folder, ports, inner, identity)
    environ = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environ)
    try:
        asyncio.run(_listening(int(ports[0]), process, folder))
        tls = ssl.create_default_context(cafile=identity.authority)
        yield Behind(request.param, int(ports[0]), int(ports[1]), folder / "webroot", tls, server)
    finally:
        process.terminate()
        process.wait()


async def _listening(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            assert process.poll() is None, (folder / "said.txt").read_text()[-2000:]
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def picture(size: int) -> bytes:
    """A PNG of about so many bytes: noise, as it is."""
    width = 1000
    height = size // (3 * width)
    rows = b"".join(b"\0" + os.urandom(3 * width) for _ in range(height))
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def as_lead(behind: Behind) -> dict[str, str]:
    return {"Authorization": f"Bearer {behind.server.lesson['teacher']['token']}"}


async def test_pages_and_their_headers_come_through_and_figures_do_not(behind: Behind) -> None:
    async with behind.session() as session:
        async with session.get(f"{behind.base}/teacher") as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        async with session.get(f"{behind.base}/metrics") as response:
            assert response.status == 404
        told = {"token": behind.server.lesson["teacher"]["token"]}
        headers = {"Origin": f"https://{NAME}"}
        async with session.post(f"{behind.base}/api/enter", json=told, headers=headers) as response:
            assert response.status < 300
            assert "Secure" in response.headers["Set-Cookie"]
        async with session.post(
            f"{behind.base}/api/enter", json=told, headers={"Origin": "https://evil.cn"}
        ) as response:
            assert response.status == 403


async def test_a_lesson_is_joined_over_the_socket_and_five_megabytes_get_through(behind: Behind) -> None:
    lesson = behind.server.lesson["lesson"]
    async with behind.session() as session, session.ws_connect(f"{behind.base}/ws", headers=as_lead(behind)) as line:
        await line.send_json({"type": "hello", "version": VERSION, "lesson": lesson})
        welcome = await line.receive_json()
        assert (welcome["type"], welcome["lesson"]["id"]) == ("welcome", lesson)
        assert await _upload(session, behind, picture(5 * 1024 * 1024)) == 200
        await line.send_json({"type": "ping", "sent_ms": 7})
        while (await line.receive_json())["type"] != "pong":
            pass


async def test_whatever_tongke_takes_the_proxy_takes(behind: Behind) -> None:
    assert UPLOAD_BYTES > FILE_BYTES
    async with behind.session() as session:
        assert await _upload(session, behind, bytes(UPLOAD_BYTES - 1)) not in (413, 502)


async def _upload(session: aiohttp.ClientSession, behind: Behind, data: bytes) -> int:
    url = f"{behind.base}/api/lessons/{behind.server.lesson['lesson']}/pictures"
    async with session.post(url, data=data, headers=as_lead(behind)) as response:
        return response.status


@pytest.mark.skipif(OUTSIDE is None, reason="this machine has no network")
async def test_tongke_knows_who_asks_and_is_not_told_lies(behind: Behind) -> None:
    """Who tries too often is stopped, whatever she says of her address, and nobody else is."""

    async def tries(session: aiohttp.ClientSession, number: int) -> int:
        headers = {"Authorization": f"Bearer {base64.urlsafe_b64encode(os.urandom(32)).decode()}"}
        headers["X-Forwarded-For"] = f"198.51.100.{number}"
        async with session.get(f"{behind.base}/api/lessons", headers=headers) as response:
            return response.status

    assert OUTSIDE is not None
    async with behind.session(OUTSIDE) as guesser:
        assert [await tries(guesser, number) for number in range(12)][-2:] == [429, 429]
    async with behind.session() as other:
        assert await tries(other, 99) == 401


@pytest.mark.parametrize("behind", ["nginx"], indirect=True)  # Caddy does this by itself
async def test_acme_is_answered_by_nginx_and_everything_else_goes_to_https(behind: Behind) -> None:
    (behind.webroot / ".well-known" / "acme-challenge" / "token").write_text("token.key")
    plain = f"http://{NAME}:{behind.http}"
    async with behind.session() as session:
        async with session.get(f"{plain}/.well-known/acme-challenge/token", allow_redirects=False) as response:
            assert (response.status, await response.text()) == (200, "token.key")
        async with session.get(f"{plain}/.well-known/acme-challenge/other", allow_redirects=False) as response:
            assert response.status == 404
        async with session.get(f"{plain}/teacher", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/teacher")


@pytest.mark.skipif(CADDY is None, reason="no Caddy here: deploy/setup.sh dev installs it")
def test_caddy_takes_its_file_as_it_is_and_would_get_the_certificate(tmp_path: Path) -> None:
    environ = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    file = ["--config", str(PROXY / "Caddyfile"), "--adapter", "caddyfile"]
    assert CADDY is not None
    said = subprocess.run([CADDY, "validate", *file], capture_output=True, text=True, env=environ, check=False)
    assert said.returncode == 0, said.stderr
    assert (
        f'enabling automatic TLS certificate management","domains":["{NAME}"]' in said.stderr or "Valid" in said.stdout
    )
