"""SIGTERM ends an unattended classroom within its limit, whatever the server or the program's own parts do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports import free_ports
from classroom_client.app import EXIT_OK
from tests.e2e.running import ROOT, Server

WITHIN_S = 10.0
"""What a service manager waits (deploy/systemd/tongke-classroom.service)."""
COMES_IN_S = 60.0
LATE = "not stopped in order"

HANGS = """
import sys, threading
from classroom_client.stopping import Orders
threading.Thread(target=threading.Event().wait, name="decoder").start()
orders = Orders(0, within_s=0.1)
orders.obey(lambda: print("told", flush=True))
print("ready", flush=True)
{last}
"""


@pytest.mark.parametrize("last", ["threading.Event().wait()", "sys.exit(0)"])
def test_a_program_that_hangs_in_its_own_threads_ends_all_the_same_and_says_where(last: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", HANGS.format(last=last)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    program.terminate()
    out, told = program.communicate(timeout=COMES_IN_S)
    assert (program.returncode, out.splitlines()[0]) == (0, "told")
    assert LATE in out
    assert "in wait" in told, "a traceback of each thread"


def join(link: str, folder: Path) -> subprocess.Popen[bytes]:
    """The program without a screen, its log beside its state."""
    command = [sys.executable, "-m", "classroom_client", "join", "--headless", "--link", link]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([*command, "--state", str(folder / "state")], cwd=ROOT, stdout=log, stderr=log)


def ended_in_order(program: subprocess.Popen[bytes], folder: Path) -> None:
    program.terminate()
    try:
        code = program.wait(WITHIN_S)
    finally:
        program.kill()
    log = (folder / "log").read_text()
    assert code == EXIT_OK, log[-2000:]
    assert LATE not in log, log[-4000:]


@pytest.mark.e2e
@pytest.mark.timeout(120)
async def test_it_ends_while_a_server_takes_the_connection_and_never_answers(tmp_path: Path) -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    link = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/classroom#token=" + 43 * "a"
    program = join(link, tmp_path)
    async with asyncio.timeout(COMES_IN_S):
        await came.wait()
    await asyncio.to_thread(ended_in_order, program, tmp_path)
    gone.set()
    server.close()


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_it_ends_while_it_looks_for_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: whoever connects is refused
        link = f"http://127.0.0.1:{taken.getsockname()[1]}/classroom#token=" + 43 * "a"
        program = join(link, tmp_path)
        until_told(tmp_path, "server not reached", program)
        ended_in_order(program, tmp_path)


def until_told(folder: Path, event: str, program: subprocess.Popen[bytes], **fields: object) -> None:
    """Reads its log until it tells of `event`."""
    with subprocess.Popen(["tail", "-c", "+1", "-f", str(folder / "log")], stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        for line in tail.stdout:
            told = json.loads(line) if line.startswith(b"{") else {}
            if told.get("event") == event and fields.items() <= told.items():
                break
        tail.kill()
    assert program.poll() is None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    http, https, media = free_ports(3)
    running = Server(tmp_path / "data", ["--port", http, "--https-port", https, "--media-port", media])
    running.start()
    yield running
    running.stop()


@pytest.mark.e2e
@pytest.mark.timeout(240)
@pytest.mark.parametrize("answers", [True, False])
def test_it_ends_in_the_middle_of_a_lesson_whether_or_not_the_server_answers(
    server: Server, tmp_path: Path, answers: bool
) -> None:
    room = server.lesson["classrooms"][0]
    program = join(room["url"], tmp_path)
    until_told(tmp_path, "peer", program, state="connected")
    if not answers:
        os.kill(server.pid, signal.SIGSTOP)
    try:
        ended_in_order(program, tmp_path)
    finally:
        os.kill(server.pid, signal.SIGCONT)
