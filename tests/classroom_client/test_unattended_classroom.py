"""`tongke-classroom join` as it runs on a classroom's computer: in a lesson, through a server's death, told to stop."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest

from bench.ports import free_ports
from classroom_client.entry import open_door
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.footage import encode
from classroom_client.rehearsal.participant import Participant
from classroom_client.rehearsal.sabotage import Saboteur
from signaling.messages import CallOn, StartLesson
from tests.e2e.running import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(240)]
PATIENCE_S = 60.0
LEAD = Whose(0, 0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A supervised server: killed, it is back at once."""
    http, https, media = free_ports(3)
    running = Server(tmp_path / "data", ["--port", http, "--https-port", https, "--media-port", media, "--supervise"])
    running.start()
    yield running
    running.stop()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of picture and of a tone."""
    file = tmp_path / "clip.mp4"
    with av.open(str(file), "w") as container:
        video = container.add_stream("libx264", rate=20)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(40):
            shade = np.full((270, 320), 5 * number, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(shade, format="yuv420p")))
        for number in range(94):
            tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(number * 1024, (number + 1) * 1024) / 48_000)
            block = av.AudioFrame.from_ndarray(tone.astype(np.float32)[None, :], format="fltp", layout="mono")
            block.sample_rate, block.pts = 48_000, number * 1024
            container.mux(audio.encode(block))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return file


def join(link: str, state: Path, *more: str, **environment: str) -> subprocess.Popen[bytes]:
    """The program, with its log beside its state directory."""
    command = [sys.executable, "-m", "classroom_client", "join", "--link", link, "--state", str(state), *more]
    with state.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **environment})


def received(lead: Participant, kind: str) -> int:
    """Frames or packets that are no rehearsal's: they are the classrooms' own."""
    return sum(stray.kind == kind for stray in lead.watch.strays)


async def watched(lead: Participant, kind: str, more: int) -> bool:
    """Waits until so many more have come."""
    wanted = received(lead, kind) + more
    async with asyncio.timeout(PATIENCE_S):
        while received(lead, kind) < wanted:
            await asyncio.sleep(0.05)
    return True


async def test_it_takes_part_survives_the_server_and_stops_when_told(
    server: Server, clip: Path, tmp_path: Path
) -> None:
    rooms = server.lesson["classrooms"][:2]
    hidden = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "SDL_RENDER_DRIVER": "software"}
    programs = [
        join(rooms[0]["url"], tmp_path / "first", "--headless", "--media", str(clip)),
        join(rooms[1]["url"], tmp_path / "second", "--media", str(clip), **hidden),
    ]
    door = open_door(server.links["http"], None, unchecked_on_loopback=False)
    loop = encode(*LEAD)
    saboteur = Saboteur("none", LEAD, 2)
    lead = Participant(LEAD, door, server.lesson["teacher"]["token"], loop, Book([(LEAD, loop)]), saboteur)
    taking_part = asyncio.create_task(lead.run())

    def are_in() -> bool:
        people = [lead.lesson.people.get(room["id"]) for room in rooms]
        return all(
            one is not None and one.presence == "present" and {"microphone", "camera"} <= set(one.live)
            for one in people
        )

    try:
        assert await lead.until(are_in, PATIENCE_S)
        await lead.send(StartLesson())
        await lead.send(CallOn(participant=rooms[0]["id"]))
        assert await watched(lead, "video", 40)
        assert await watched(lead, "audio", 40)

        known = lead.lesson.number
        server.kill()
        # Who comes back last hears in one breath that all went away and that both rooms are back: five events at least.
        assert await lead.until(lambda: lead.lesson.number >= known + 5 and are_in(), PATIENCE_S)
        assert await watched(lead, "video", 40)
    finally:
        taking_part.cancel()
        await asyncio.gather(taking_part, return_exceptions=True)
        for program in programs:
            program.terminate()
    assert [await asyncio.to_thread(program.wait, 30) for program in programs] == [0, 0]
    (key,) = (tmp_path / "first" / "keys").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def told(log: Path, event: str) -> int:
    """How often the program's log tells of `event`."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return sum(line["event"] == event for line in lines)


async def until_told(log: Path, event: str, times: int) -> None:
    async with asyncio.timeout(2 * PATIENCE_S):
        while not log.exists() or told(log, event) < times:
            await asyncio.sleep(0.1)


async def test_asked_from_afar_it_begins_anew_in_its_own_place_and_comes_in_again(
    server: Server, tmp_path: Path
) -> None:
    room, log = server.lesson["classrooms"][0], tmp_path / "state.log"
    program = join(room["url"], tmp_path / "state", "--headless")
    try:
        await until_told(log, "welcome", 1)
        headers = {"Authorization": f"Bearer {server.links['admin']['token']}"}
        restart = f"{server.links['http']}/api/rooms/{room['id']}/restart-page"
        async with aiohttp.ClientSession(headers=headers) as http, asyncio.timeout(PATIENCE_S):
            screens = 0
            while screens == 0:  # it is known from its first report on
                async with http.post(restart) as answer:
                    assert answer.status == 200
                    screens = (await answer.json())["screens"]
        await until_told(log, "restart asked", 1)
        await until_told(log, "welcome", 2)
        assert program.poll() is None, "the same process to whoever looks after it"
    finally:
        program.terminate()
    assert await asyncio.to_thread(program.wait, 30) == 0
    assert told(log, "restart asked") == 1


async def test_a_link_nobody_issued_ends_it_with_a_plain_code(server: Server, tmp_path: Path) -> None:
    program = join(server.links["http"] + "/classroom#token=nobodys", tmp_path / "state", "--headless")
    assert await asyncio.to_thread(program.wait, PATIENCE_S) == 77
    events = [json.loads(line) for line in (tmp_path / "state.log").read_text().splitlines()]
    assert [event["event"] for event in events] == ["not let in"]
    assert not (tmp_path / "state").exists()
