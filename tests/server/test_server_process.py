"""The server as a process: it starts, says where, answers, restarts, drains and ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.data_dir import RUNNING
from signaling.messages import VERSION

PORTS = ("--port", "0", "--https-port", "0", "--media-port", "0")
READY_WITHIN_S = 120.0
pytestmark = [pytest.mark.media, pytest.mark.timeout(300)]


@dataclass
class Running:
    """A server process of ours and the file in which it says where it serves."""

    process: asyncio.subprocess.Process
    data: Path

    def where(self) -> dict[str, Any]:
        return json.loads((self.data / RUNNING).read_bytes())

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.where()['http_port']}"

    async def serving(self, unlike: int = 0) -> int:
        """The process id of the server, once it serves and is not `unlike`."""
        async with self.soon():
            while True:
                assert self.process.returncode is None, "ended instead of serving"
                try:
                    where = self.where()
                    if where["pid"] != unlike and (await get_json(f"{self.base}/readyz")) == {"status": "ok"}:
                        return int(where["pid"])
                except (OSError, ValueError, aiohttp.ClientError):
                    pass
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        async with self.soon():
            return await self.process.wait()

    @asynccontextmanager
    async def soon(self) -> AsyncIterator[None]:
        """What must happen in time; what the server said meanwhile explains why it did not."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                yield
        except TimeoutError:
            pytest.fail((self.data / "said.txt").read_text("utf-8")[-4000:])


async def get_json(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


async def tongke(*arguments: str, data: Path, **settings: Any) -> asyncio.subprocess.Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TONGKE_")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments, "--data", str(data), env=environ | {"TONGKE_LANG": "en"}, **settings
    )


Start = Callable[..., Any]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts servers in the test's own data directory and ends those that are left."""
    started: list[asyncio.subprocess.Process] = []

    async def begin(*arguments: str, **settings: Any) -> Running:
        with (tmp_path / "said.txt").open("ab") as said:
            streams = {"stdout": said, "stderr": said} | settings
            process = await tongke("serve", "--demo", *PORTS, *arguments, data=tmp_path, **streams)
        started.append(process)
        return Running(process, tmp_path)

    yield begin
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def links(data: Path) -> dict[str, Any]:
    process = await tongke("links", "--json", data=data, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(said)


async def join(session: aiohttp.ClientSession, base: str, link: dict[str, Any], lesson: str) -> Any:
    """A participant's socket and the welcome it gets."""
    headers = {"Authorization": f"Bearer {link['token']}"}
    socket_ = await session.ws_connect(f"{base}/ws", headers=headers)
    await socket_.send_json({"type": "hello", "version": VERSION, "lesson": lesson})
    return socket_, await socket_.receive_json()


async def begin_class(socket_: aiohttp.ClientWebSocketResponse, base: str, link: dict[str, Any]) -> None:
    """The lead starts the class, hears that it began, and sees it on the card."""
    await socket_.send_json({"type": "start_lesson", "record": False})
    async for message in socket_:
        told = json.loads(message.data)
        if told["type"] == "event" and told["event"]["type"] == "started":
            break
    headers = {"Authorization": f"Bearer {link['token']}"}
    async with client() as session, asyncio.timeout(READY_WITHIN_S):
        while True:
            async with session.get(f"{base}/api/lessons", headers=headers) as response:
                if [card["state"] for card in await response.json()] == ["live"]:
                    return


async def test_it_serves_pages_lessons_and_links_and_ends_in_order_on_sigterm(start: Start, tmp_path: Path) -> None:
    server = await start()
    await server.serving()
    found = await links(tmp_path)
    assert found["http"] == server.base
    (lesson,) = found["lessons"]
    async with client() as session:
        headers = {"Authorization": f"Bearer {lesson['teacher']['token']}"}
        async with session.get(f"{server.base}/api/lessons", headers=headers) as response:
            assert [card["lesson"]["id"] for card in await response.json()] == [lesson["lesson"]]
        async with session.get(f"{server.base}/metrics") as response:
            assert "tongke_rooms 0.0" in await response.text()
        for link in lesson["classrooms"]:
            async with session.get(link["url"].split("/classroom")[0] + "/healthz") as response:
                assert response.status == 200
    said = (tmp_path / "said.txt").read_text("utf-8")
    assert f"{server.base}/teacher#token=" in said
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended() == 0
    assert not (tmp_path / RUNNING).exists()
    assert "Traceback" not in (tmp_path / "said.txt").read_text("utf-8")


async def test_https_is_trusted_by_whoever_trusts_its_authority(start: Start, tmp_path: Path) -> None:
    server = await start()
    await server.serving()
    context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.crt"))
    url = f"https://localhost:{server.where()['https_port']}"
    async with client() as session:
        async with session.get(f"{url}/trust", ssl=context) as response:
            assert response.status == 200
        token = (await links(tmp_path))["lessons"][0]["teacher"]["token"]
        headers = {"Origin": url}
        async with session.post(f"{url}/api/enter", json={"token": token}, headers=headers, ssl=context) as response:
            assert "Secure" in response.headers["Set-Cookie"]


async def test_clients_are_told_when_it_goes_down_and_the_lesson_is_still_there_after(
    start: Start, tmp_path: Path
) -> None:
    server = await start()
    await server.serving()
    (lesson,) = (await links(tmp_path))["lessons"]
    async with client() as session:
        socket_, welcome = await join(session, server.base, lesson["teacher"], lesson["lesson"])
        assert (welcome["type"], welcome["you"], welcome["role"]) == ("welcome", lesson["teacher"]["id"], "lead")
        await begin_class(socket_, server.base, lesson["teacher"])
        server.process.send_signal(signal.SIGINT)
        goodbye = {}
        async for message in socket_:
            told = json.loads(message.data)
            goodbye = told if told["type"] == "goodbye" else goodbye
        assert goodbye == {"type": "goodbye", "code": "draining", "retry": True}
    assert await server.ended() == 0
    again = await start()
    await again.serving()
    (after,) = (await links(tmp_path))["lessons"]
    assert (after["lesson"], after["state"]) == (lesson["lesson"], "live")


async def test_a_supervised_server_that_is_killed_serves_the_same_lesson_again(start: Start, tmp_path: Path) -> None:
    server = await start("--supervise")
    first = await server.serving()
    (lesson,) = (await links(tmp_path))["lessons"]
    async with client() as session:
        socket_, _ = await join(session, server.base, lesson["teacher"], lesson["lesson"])
        await begin_class(socket_, server.base, lesson["teacher"])
        os.kill(first, signal.SIGKILL)
        second = await server.serving(unlike=first)
        assert second != first
        _, welcome = await join(session, server.base, lesson["teacher"], lesson["lesson"])
        assert (welcome["type"], welcome["lesson"]["id"]) == ("welcome", lesson["lesson"])
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended() == 0
    said = (tmp_path / "said.txt").read_text("utf-8")
    assert said.count("Tongke is serving") == 1
    assert "started again" in said


async def test_a_second_server_on_the_same_data_says_who_has_it(start: Start, tmp_path: Path) -> None:
    server = await start()
    pid = await server.serving()
    second = await tongke("serve", *PORTS, data=tmp_path, stderr=asyncio.subprocess.PIPE)
    _, said = await second.communicate()
    assert second.returncode == 75
    assert str(pid).encode() in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("which", ["--port", "--https-port", "--media-port"])
async def test_a_taken_port_is_named(tmp_path: Path, which: str) -> None:
    with socket.create_server(("0.0.0.0" if which != "--port" else "127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await tongke("serve", *PORTS, which, port, data=tmp_path, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
    assert process.returncode == 69
    assert port in said.decode()
    assert "Traceback" not in said.decode()


async def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    process = await tongke("serve", *PORTS, data=tmp_path / "file" / "data", stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 74
    assert str(tmp_path / "file" / "data") in said.decode()


async def test_the_service_manager_is_told_when_it_serves_and_when_it_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        environ = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", *PORTS, "--data", str(tmp_path / "data"), env=environ
        )
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(READY_WITHIN_S):
            assert await loop.sock_recv(manager, 100) == b"READY=1"
            process.send_signal(signal.SIGTERM)
            assert await loop.sock_recv(manager, 100) == b"STOPPING=1"
            assert await process.wait() == 0
