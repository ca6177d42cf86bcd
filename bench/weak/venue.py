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
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import av
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, Page, Playwright

from bench.browser import CHROMIUM, FLAGS
from bench.weak.intelligibility import say
from bench.weak.probe import PROBE
from classroom_client.lines.line import Conditions
from classroom_client.lines.switch import NETWORK, Order

ROOT: Final = Path(__file__).parents[2]
CLIP: Final = ROOT / "tests/footage/bigbuckbunny.mp4"
SERVER: Final = "weak-server"
LEAD, NEAR, FAR = "weak-lead", "weak-near", "weak-far"
HOSTS: Final = (SERVER, LEAD, NEAR, FAR)
HTTPS, MEDIA = "8443", "8444"
SHARED = "443"
RELAY_ENVIRON: Final = {
    "TONGKE_RELAY_HOST": f"{NETWORK}.1",
    "TONGKE_PUBLIC_ORIGINS": f"https://{NETWORK}.1",
    "TONGKE_TRUSTED_PROXIES": "127.0.0.0/8",
}
FPS: Final = 20
WIDTH, HEIGHT = 640, 360
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
    environ = {**os.environ, **(RELAY_ENVIRON if relay else {})}
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


def rungs(folder: Path, lesson: dict[str, Any], from_ms: float) -> list[str]:
    """The steps on the ladder in the lesson's log since an instant of the wall clock: whose, and onto which rung."""
    log = folder / f"data/lessons/{lesson['lesson']}/log.jsonl"
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    opened_ms = datetime.fromisoformat(lines[0]["event"]["wall"]).timestamp() * 1000
    changes = [line for line in lines if line["event"]["type"] == "rung_changed" and opened_ms + line["at"] >= from_ms]
    return [f"{line['event']['participant'][-4:]} {line['event']['rung']}" for line in changes]


def link(told: dict[str, Any], page: str, port: str = HTTPS) -> str:
    """A page's address inside the switch's network, with its token."""
    return f"https://{NETWORK}.1:{port}/{page}#token={told['token']}"


def devices(folder: Path) -> list[str]:
    """Flags that make the clip Chromium's camera, and speech the microphone (where there is none, the clip's sound)."""
    camera, microphone = folder / "camera.y4m", folder / "microphone.wav"
    with av.open(str(CLIP)) as clip, camera.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in clip.decode(video=0):
            out.write(b"FRAME\n" + frame.reformat(WIDTH, HEIGHT, "yuv420p").to_ndarray().tobytes())
    flags = [f"--use-file-for-fake-video-capture={camera}", f"--use-file-for-fake-audio-capture={microphone}"]
    if say(microphone):
        return flags
    with av.open(str(CLIP)) as clip, wave.open(str(microphone), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        resampler = av.AudioResampler("s16", "mono", 48_000)
        for frame in clip.decode(audio=0):
            for one in resampler.resample(frame):
                sound.writeframes(one.to_ndarray().tobytes())
    return flags


def trust(folder: Path) -> str:
    """The flag that makes Chromium trust the server, as devices do that have its authority: it keeps what it fetched.

    What comes from a server whose certificate is merely overlooked is never kept (Chromium's `HttpCache`).
    """
    certificate = x509.load_pem_x509_certificate((folder / "data/tls/server.crt").read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(key).digest()).decode()}"


def browser(playwright: Playwright, folder: Path, host: str, flags: list[str]) -> BrowserContext:
    """A Chromium that lives in a host's namespace."""
    inside = folder / f"{host}.sh"
    inside.write_text(f'#!/bin/sh\nexec ip netns exec {host} {shutil.which(CHROMIUM) or CHROMIUM} "$@"\n')
    inside.chmod(0o755)
    everything = [*FLAGS, *flags, trust(folder)]
    launched = playwright.chromium.launch(executable_path=str(inside), headless=True, args=everything)
    viewport = {"width": 1366, "height": 768} if host == LEAD else {"width": 960, "height": 540}
    context = launched.new_context(viewport=viewport, locale="zh-CN")  # type: ignore[arg-type]
    context.add_init_script(PROBE)
    return context


def start_class(page: Page) -> None:
    """The teacher's taps from today's lesson to class."""
    words = json.loads((ROOT / "web/src/locales/zh-CN/teacher.json").read_text())
    page.get_by_role("button", name=words["lessons"]["open"]).first.click()
    page.get_by_role("button", name=words["door"]["start"], exact=True).click()
    page.get_by_role("button", name=words["bar"]["end"], exact=True).wait_for()
