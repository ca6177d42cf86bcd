"""Where the lessons are held: namespaces on the switch, a server in one, a browser in each of the others."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, Locator, Page, Playwright

from bench.browser import CHROMIUM, FLAGS
from bench.weak import stamps
from bench.weak.intelligibility import say
from bench.weak.probe import PROBE
from classroom_client.lines.line import Conditions
from classroom_client.lines.switch import NETWORK, Order
from classroom_client.rehearsal.relay import environ as relay_environ

ROOT: Final = Path(__file__).parents[2]
CLIP: Final = ROOT / "tests/footage/bigbuckbunny.mp4"
SERVER: Final = "weak-server"
LEAD, NEAR, FAR = "weak-lead", "weak-near", "weak-far"
CLIENTS: Final = (LEAD, NEAR, FAR)
HOSTS: Final = (SERVER, *CLIENTS)
STAMPS: Final = {LEAD: 0b000111, NEAR: 0b111000, FAR: 0b101101}
"""The numbers in the stamps of their pictures."""
WITHOUT_PICTURES: Final = ("sound", "voice")
HTTPS, MEDIA = "8443", "8444"
READY_WITHIN_S: Final = 30.0
SERVERS_NICE: Final = "-15"
"""Above the browsers' graphics, which have -8."""


class NoNamespaces(Exception):
    """This machine or this user may not make network namespaces and TAP devices."""


@contextmanager
def switched() -> Iterator[subprocess.Popen[str]]:
    """The switch with all hosts on good lines.

    Raises:
        NoNamespaces: it cannot be set up here.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "classroom_client.lines.switch", *HOSTS],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stderr is not None
    if process.stdout.readline().strip() != "ready":
        raise NoNamespaces(process.stderr.read()[-500:])
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(10)


def impair(switch: subprocess.Popen[str], host: str, up: Conditions, down: Conditions) -> None:
    """Gives a host other lines from now on."""
    assert switch.stdin is not None
    switch.stdin.write(msgspec.json.encode(Order(host, up, down)).decode() + "\n")
    switch.stdin.flush()


@contextmanager
def serving(folder: Path, *, relay: bool) -> Iterator[dict[str, Any]]:
    """A server in its namespace with one demonstration lesson, and with the relay if asked for; the lesson's links."""
    data, log = folder / "data", (folder / "server.log").open("wb")
    environ = {**os.environ, **(relay_environ(f"{NETWORK}.1") if relay else {})}
    ports = ["--port", "8080", "--https-port", HTTPS, "--media-port", MEDIA]
    serve = [sys.executable, "-m", "server", "serve", "--data", str(data), "--demo", *ports]
    inside = ["ip", "netns", "exec", SERVER]
    programs = [_alone([*inside, *serve], log, environ)]
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not (data / "running.json").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        links = [sys.executable, "-m", "server", "links", "--json", "--data", str(data)]
        told = subprocess.run(links, cwd=ROOT, capture_output=True, check=True)
        if relay:
            start = [*inside, str(ROOT / "deploy/relay.sh"), "--data", str(data)]
            programs.append(_alone(start, log, environ))
        yield json.loads(told.stdout)["lessons"][0]
    finally:
        for program in reversed(programs):
            program.terminate()
            program.wait(15)
        log.close()


def _alone(command: list[str], log: IO[bytes], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """A program with the processor that it has on a machine of its own; three browsers here would leave it little.

    The kernel divides processors among sessions first, where it has autogroups (sched(7)).
    """
    program = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environ, start_new_session=True)
    group = Path(f"/proc/{program.pid}/autogroup")
    if group.exists():
        group.write_text(SERVERS_NICE)
    else:
        os.setpriority(os.PRIO_PROCESS, program.pid, int(SERVERS_NICE))
    return program


@contextmanager
def junk(per_second: int) -> Iterator[None]:
    """Senseless datagrams at the media port, from the server's own namespace: the switch is too slow for them."""
    send = [sys.executable, "-m", "classroom_client.lines.junk", f"{NETWORK}.1", MEDIA, str(per_second)]
    inside = ["ip", "netns", "exec", SERVER, *send]
    process = subprocess.Popen(inside, cwd=ROOT, stdin=subprocess.PIPE) if per_second else None
    try:
        yield
        if process is not None and process.poll() is not None:
            raise NoNamespaces(f"what sends junk ended by itself: {process.returncode}")
    finally:
        if process is not None:
            process.terminate()
            process.wait(5)


@dataclass(frozen=True)
class Step:
    """A step on the ladder: when, ms of the wall clock, whose, and onto which rung."""

    ms: float
    participant: str
    rung: str


def steps(folder: Path, lesson: dict[str, Any]) -> list[Step]:
    """All steps on the ladder in the lesson's log, oldest first."""
    log = folder / f"data/lessons/{lesson['lesson']}/log.jsonl"
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    opened_ms = datetime.fromisoformat(lines[0]["event"]["wall"]).timestamp() * 1000
    changes = [line for line in lines if line["event"]["type"] == "rung_changed"]
    return [Step(opened_ms + at["at"], at["event"]["participant"], at["event"]["rung"]) for at in changes]


def paused(steps: list[Step], participant: str, span: tuple[float, float]) -> float:
    """The share of a stretch, 0 to 1, in which the ladder lets a participant have no pictures."""
    own = [Step(0, participant, "full"), *(step for step in steps if step.participant == participant)]
    ends = [*(step.ms for step in own[1:]), span[1]]
    without = [
        max(0.0, min(end, span[1]) - max(step.ms, span[0]))
        for step, end in zip(own, ends, strict=True)
        if step.rung in WITHOUT_PICTURES
    ]
    return sum(without) / (span[1] - span[0])


def link(told: dict[str, Any], page: str, port: str = HTTPS) -> str:
    """A page's address inside the switch's network, with its token."""
    return f"https://{NETWORK}.1:{port}/{page}#token={told['token']}"


def devices(folder: Path) -> Path:
    """Writes what cameras film and microphones hear, and says where the latter is: stamps in the clip, and speech."""
    microphone = folder / "microphone.wav"
    say(microphone)
    for host in CLIENTS:
        stamps.film(CLIP, STAMPS[host], folder / f"{host}.y4m")
    return microphone


def trust(folder: Path) -> str:
    """The flag that makes Chromium trust the server, as devices do that have its authority: it keeps what it fetched.

    What comes from a server whose certificate is merely overlooked is never kept (Chromium's `HttpCache`).
    """
    certificate = x509.load_pem_x509_certificate((folder / "data/tls/server.crt").read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(key).digest()).decode()}"


def browser(playwright: Playwright, folder: Path, host: str, microphone: Path) -> BrowserContext:
    """A Chromium that lives in a host's namespace, with the host's camera."""
    inside = folder / f"{host}.sh"
    inside.write_text(f'#!/bin/sh\nexec ip netns exec {host} {shutil.which(CHROMIUM) or CHROMIUM} "$@"\n')
    inside.chmod(0o755)
    camera = f"--use-file-for-fake-video-capture={folder / host}.y4m"
    everything = [*FLAGS, camera, f"--use-file-for-fake-audio-capture={microphone}", trust(folder)]
    launched = playwright.chromium.launch(executable_path=str(inside), headless=True, args=everything)
    viewport = {"width": 1366, "height": 768} if host == LEAD else {"width": 960, "height": 540}
    # Our own script reads pictures in a worker, which the pages' policy would forbid it.
    context = launched.new_context(viewport=viewport, locale="zh-CN", bypass_csp=True)  # type: ignore[arg-type]
    context.add_init_script(PROBE)
    return context


def _words() -> dict[str, Any]:
    words: dict[str, Any] = json.loads((ROOT / "web/src/locales/zh-CN/teacher.json").read_text())
    return words


def tile(page: Page, action: Literal["callOn", "returnOf"], school: str) -> Locator:
    """On the teacher's page, the tile of a class, which does this when tapped."""
    name = _words()["tile"][action].replace("{{school}}", school)
    return page.get_by_role("button", name=name, exact=True)


def start_class(page: Page) -> None:
    """The teacher's taps from today's lesson to class."""
    words = _words()
    page.get_by_role("button", name=words["lessons"]["open"]).first.click()
    page.get_by_role("button", name=words["door"]["start"], exact=True).click()
    page.get_by_role("button", name=words["bar"]["end"], exact=True).wait_for()
